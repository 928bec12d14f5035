"""The whole host on a real Mosquitto, beside a bare paho client that counts and does nothing else.

The broker and the flood run in processes of their own; both receivers are given the same bytes.
"""

import random
import subprocess
import sys
import threading
from collections.abc import Callable
from statistics import median
from time import perf_counter_ns, sleep
from typing import Final

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from bench.figure import Figure
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


def _flood(port: int) -> None:
    subprocess.run([sys.executable, "-m", "bench.broker_flood", str(port)], check=True)


def _rate(begun_ns: int) -> float:
    return MESSAGES * NS_PER_S / (perf_counter_ns() - begun_ns)


def paho_alone(broker: Mosquitto, _inventory: Inventory) -> float:
    """Messages a second, from the first one to the last."""
    begun_ns, count = 0, 0
    ready, done = threading.Event(), threading.Event()
    rate = 0.0

    def on_message(_client: Client, _userdata: object, _message: MQTTMessage) -> None:
        nonlocal begun_ns, count, rate
        begun_ns = begun_ns or perf_counter_ns()
        count += 1
        if count == MESSAGES:
            rate = _rate(begun_ns)
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


def whole_host(broker: Mosquitto, inventory: Inventory) -> float:
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
    rate = _rate(begun_ns)
    flood.join()
    connection.stop()
    assert {one.state for one in host.nodes.values()} <= {NodeState.UP}, "something went dark"
    return rate


def share_of_paho(inventory: Inventory) -> Figure:
    """Both in turn on one broker, the median of some rounds."""
    ways: tuple[Callable[[Mosquitto, Inventory], float], ...] = (paho_alone, whole_host)
    rates: dict[str, list[float]] = {way.__name__: [] for way in ways}
    with Mosquitto() as broker:
        for _ in range(ROUNDS):
            for way in ways:
                rates[way.__name__].append(way(broker, inventory))
    alone, ours = (median(rates[way.__name__]) for way in ways)
    return Figure(
        name="host.share_of_paho",
        value=ours / alone,
        unit="share",
        better="higher",
        beside={"target": TARGET, "paho_messages_per_s": alone, "host_messages_per_s": ours},
    )
