"""The whole host on a real Mosquitto, beside a bare paho client that counts and does nothing else.

The broker and the flood run in processes of their own; both receivers are given the same bytes.
Of several rounds the fastest counts, for either: what else runs on the machine only slows, and a
host of two threads more than a client of one. The processor's time of both is told beside.
"""

import random
import subprocess
import sys
import threading
from collections.abc import Callable
from time import clock_gettime_ns, perf_counter_ns, pthread_getcpuclockid, sleep, thread_time_ns
from typing import Final, NamedTuple

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from bench.figure import Figure
from bench.host_lines import WITHOUT_LINES, replaced
from bench.host_messages import APS, BEAT_MS, MESSAGES, READINGS_PER_MESSAGE, START_MS, fresh
from ingest.broker_connection import BrokerConnection
from ingest.configuration import BrokerPlace
from ingest.host_process import GATHER_S
from processing.changes import NodeState
from simulators.servers import LOOPBACK, Mosquitto
from vocabulary import topics
from vocabulary.inventory import Inventory
from vocabulary.units import NS_PER_MS, NS_PER_S

SWEEP_S: Final = 0.25
WAIT_S_MAX: Final = 60.0
ROUNDS: Final = 3
TARGET: Final = 0.8


class _Clock:
    """Runs as ours does, from the moment at which the fresh host last heard of everybody.

    Later, and everything would have gone dark in between: that is another benchmark.
    """

    def __init__(self) -> None:
        self._ahead_ns = (START_MS + 2 * BEAT_MS) * NS_PER_MS - perf_counter_ns()

    def now_ns(self) -> int:
        """UTC nanoseconds."""
        return self._ahead_ns + perf_counter_ns()


class Rate(NamedTuple):
    """Messages a second, and what one cost the processor, by thread."""

    per_s: float
    network_ns: float
    own_ns: float = 0.0


def _thread_ns(ident: int) -> int:
    """The processor's time of another thread of ours."""
    return clock_gettime_ns(pthread_getcpuclockid(ident))


def _flood(port: int) -> None:
    subprocess.run([sys.executable, "-m", "bench.broker_flood", str(port)], check=True)


def _rate(begun_ns: int) -> float:
    return MESSAGES * NS_PER_S / (perf_counter_ns() - begun_ns)


def paho_alone(broker: Mosquitto, _inventory: Inventory) -> Rate:
    """Messages a second, from the first one to the last."""
    begun_ns, cpu_ns, count = 0, 0, 0
    ready, done = threading.Event(), threading.Event()
    rate = Rate(0.0, 0.0)

    def on_message(_client: Client, _userdata: object, _message: MQTTMessage) -> None:
        nonlocal begun_ns, cpu_ns, count, rate
        if not count:
            begun_ns, cpu_ns = perf_counter_ns(), thread_time_ns()
        count += 1
        if count == MESSAGES:
            rate = Rate(_rate(begun_ns), (thread_time_ns() - cpu_ns) / MESSAGES)
            done.set()

    client = Client(CallbackAPIVersion.VERSION2, client_id="bare")
    client.on_message = on_message
    client.on_subscribe = lambda *_arguments: ready.set()
    client.connect(LOOPBACK, broker.port)
    client.loop_start()
    client.subscribe(topics.host_filters("bare"))
    assert ready.wait(WAIT_S_MAX)
    _flood(broker.port)
    assert done.wait(WAIT_S_MAX), f"{count} of {MESSAGES} came"
    client.disconnect()
    client.loop_stop()
    return rate


def whole_host(broker: Mosquitto, inventory: Inventory) -> Rate:
    """The same until the last reading is in the processor's state, lines made."""
    host, clock = fresh(inventory), _Clock()
    up = threading.Event()
    connection = BrokerConnection(
        BrokerPlace(broker.url),
        "host",
        clock=clock,
        changed=lambda event, _reason: up.set() if event == "broker_up" else None,
        arrivals_max=10 * MESSAGES,
        rng=random.Random(1),
    )
    connection.start()
    assert up.wait(WAIT_S_MAX)
    flood = threading.Thread(target=_flood, args=(broker.port,))
    flood.start()
    thread = connection._thread.ident
    assert thread is not None
    network_ns, own_ns = _thread_ns(thread), thread_time_ns()
    wanted = (APS + MESSAGES) * READINGS_PER_MESSAGE
    begun_ns, stop_ns = 0, perf_counter_ns() + round(WAIT_S_MAX * NS_PER_S)
    while host.intake.readings < wanted:
        assert perf_counter_ns() < stop_ns, f"{host.intake.readings} of {wanted} came"
        connection.news.wait(SWEEP_S)
        connection.news.clear()
        arrivals = connection.arrivals
        if arrivals:
            begun_ns = begun_ns or perf_counter_ns()
        sleep(GATHER_S)  # as the running host does
        host.receive_all([arrivals.popleft() for _ in range(len(arrivals))])
        host.advance(clock.now_ns())
    rate = Rate(
        _rate(begun_ns),
        (_thread_ns(thread) - network_ns) / MESSAGES,
        (thread_time_ns() - own_ns) / MESSAGES,
    )
    flood.join()
    connection.stop()
    assert {one.state for one in host.nodes.values()} <= {NodeState.UP}, "something went dark"
    return rate


def to_state_only(broker: Mosquitto, inventory: Inventory) -> Rate:
    """The whole host but for the lines."""
    with replaced(*WITHOUT_LINES):
        return whole_host(broker, inventory)


def share_of_paho(inventory: Inventory) -> Figure:
    """All in turn on one broker, the fastest of some rounds."""
    ways: tuple[Callable[[Mosquitto, Inventory], Rate], ...] = (
        paho_alone,
        whole_host,
        to_state_only,
    )
    with Mosquitto() as broker:
        rounds = [[way(broker, inventory) for way in ways] for _ in range(ROUNDS)]
    alone, ours, bare = (max(rates) for rates in zip(*rounds, strict=True))
    return Figure(
        name="host.share_of_paho",
        value=ours.per_s / alone.per_s,
        unit="share",
        better="higher",
        beside={
            "target": TARGET,
            "paho_messages_per_s": alone.per_s,
            "host_messages_per_s": ours.per_s,
            "without_lines": bare.per_s / alone.per_s,
            "paho_cpu_ns": alone.network_ns,
            "client_cpu_ns": ours.network_ns,
            "host_cpu_ns": ours.own_ns,
            "host_cpu_ns_without_lines": bare.own_ns,
        },
    )
