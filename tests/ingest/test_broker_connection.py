"""The host's line to a real broker: who hears of us, what we hear, and what happens in between."""

import json
import random
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from ingest.broker_connection import BrokerConnection
from ingest.commands import Publication
from ingest.configuration import BrokerPlace
from simulators.clock import EPOCH_NS, VirtualClock
from simulators.servers import Mosquitto, free_port
from tests.ingest.mqtt_peer import PATIENCE_S, Heard, Peer
from vocabulary.units import NS_PER_MS, NS_PER_S

BIRTH = "spBv1.0/north/NBIRTH/gw-1"
START_MS = EPOCH_NS // NS_PER_MS


class Hasty(random.Random):
    """Chance that hardly waits."""

    def uniform(self, a: float, b: float) -> float:
        return min(b, max(a, 0.02))


class Line:
    """A connection with everything it reported; a context manager."""

    def __init__(self, url: str, name: str, *, arrivals_max: int = 1_000, **place: Any) -> None:
        self.name = name
        self.clock = VirtualClock()
        self.said: list[tuple[str, str]] = []
        self._news = threading.Condition()
        self.connection = BrokerConnection(
            BrokerPlace(url, **place),
            name,
            clock=self.clock,
            changed=self._changed,
            arrivals_max=arrivals_max,
            rng=Hasty(1),
        )

    def _changed(self, event: str, reason: str) -> None:
        with self._news:
            self.said.append((event, reason))
            self._news.notify_all()

    def until(self, what: Callable[[list[str]], bool]) -> None:
        """Wait until ``what`` is true of the names of all events."""
        with self._news:
            done = self._news.wait_for(
                lambda: what([event for event, _reason in self.said]), PATIENCE_S
            )
            assert done, self.said

    def until_arrived(self, count: int) -> None:
        """Wait until ``count`` messages lie ready or were dropped."""
        connection = self.connection
        while len(connection.arrivals) + connection.dropped < count:
            assert connection.news.wait(PATIENCE_S)
            connection.news.clear()

    def __enter__(self) -> Self:
        self.connection.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.connection.stop()


def up(names: list[str]) -> bool:
    return names[-1:] == ["broker_up"]


def states(heard: list[Heard], name: str) -> list[tuple[bool, int]]:
    """What was said of a host: online or not, with which time."""
    told = [json.loads(one.payload) for one in heard if one.topic == f"spBv1.0/STATE/{name}"]
    return [(one["online"], one["timestamp"]) for one in told]


@pytest.mark.parametrize(("mqtt", "host"), [("3.1.1", "host-1"), ("5", "host-55")])
def test_it_says_online_with_the_wills_time_and_offline_with_the_present(
    broker: Mosquitto, mqtt: str, host: str
) -> None:
    with Peer(broker.port, "watch-1", f"spBv1.0/STATE/{host}") as peer:
        with Line(broker.url, host, mqtt=mqtt) as line:
            line.until(up)
            line.clock.set(EPOCH_NS + 9 * NS_PER_S)
            peer.until(lambda heard: len(states(heard, host)) == 1)
        peer.until(lambda heard: len(states(heard, host)) == 2)
        assert states(peer.heard, host) == [(True, START_MS), (False, START_MS + 9_000)]
    with Peer(broker.port, "watch-2", f"spBv1.0/STATE/{host}") as later:
        later.until(lambda heard: len(heard) == 1)
        assert later.heard[0].retain
        assert states(later.heard, host) == [(False, START_MS + 9_000)]  # and it stays said


def test_what_arrives_is_stamped_and_kept(broker: Mosquitto) -> None:
    with Peer(broker.port, "says-1") as peer, Line(broker.url, "host-2") as line:
        line.until(up)
        line.clock.set(EPOCH_NS + 5)
        for topic in (BIRTH, "spBv1.0/north/DDATA/gw-1/ap-1", "spBv1.0/north/NDEATH/gw-1"):
            peer.say(topic, b"\0\xff")
        peer.say("spBv1.0/north/NCMD/gw-1", b"not for us")
        peer.say("ap/ap-1/status", b"nor this")
        peer.say("spBv1.0/north/NDATA/gw-1", b"last")
        line.until_arrived(4)
        arrivals = list(line.connection.arrivals)
        assert [one.payload for one in arrivals] == [b"\0\xff"] * 3 + [b"last"]
        assert arrivals[0] == (BIRTH, b"\0\xff", EPOCH_NS + 5, False)


def test_what_is_retained_is_marked(broker: Mosquitto) -> None:
    with Peer(broker.port, "says-2") as peer:
        peer.say("spBv1.0/old/NBIRTH/gw-1", b"stale", retain=True)
        with Line(broker.url, "host-3") as line:
            line.until_arrived(1)
            assert line.connection.arrivals[0].retain
        peer.say("spBv1.0/old/NBIRTH/gw-1", b"", retain=True)


def test_a_full_queue_drops_and_counts(broker: Mosquitto) -> None:
    with Peer(broker.port, "says-3") as peer, Line(broker.url, "host-4", arrivals_max=10) as line:
        line.until(up)
        for ix in range(50):
            peer.say(BIRTH, bytes([ix]))
        peer.say("spBv1.0/STATE/host-4", b'{"online": false, "timestamp": 5}')
        peer.until(lambda heard: states(heard, "host-4")[-2:] == [(False, 5), (True, START_MS)])
        assert [one.payload[0] for one in line.connection.arrivals] == list(range(10))
        assert line.connection.dropped == 40


def test_seeing_itself_offline_it_contradicts_with_the_same_time(broker: Mosquitto) -> None:
    filters = ("spBv1.0/STATE/host-5",)
    with Peer(broker.port, "see-5", *filters) as peer, Line(broker.url, "host-5") as line:
        line.until(up)
        peer.until(lambda heard: len(states(heard, "host-5")) == 1)
        peer.say("spBv1.0/STATE/host-5", b'{"online": false, "timestamp": 5}', retain=True)
        peer.until(lambda heard: len(states(heard, "host-5")) >= 3)
        told = states(peer.heard, "host-5")
        assert told[:3] == [(True, START_MS), (False, 5), (True, START_MS)]
        assert not line.connection.arrivals


def test_thrown_out_its_will_speaks_and_it_comes_back(broker: Mosquitto) -> None:
    filters = ("spBv1.0/STATE/host-6",)
    with Peer(broker.port, "see-6", *filters) as peer, Line(broker.url, "host-6") as line:
        line.until(up)
        peer.until(lambda heard: len(states(heard, "host-6")) == 1)
        line.clock.set(EPOCH_NS + NS_PER_S)
        intruder = Client(CallbackAPIVersion.VERSION2, client_id="host-6")
        intruder.connect("127.0.0.1", broker.port)
        intruder.loop_start()
        line.until(lambda names: names[:2] == ["broker_up", "broker_lost"])
        intruder.disconnect()
        intruder.loop_stop()
        line.until(up)
        peer.until(lambda heard: (True, START_MS + 1_000) in states(heard, "host-6"))
        assert (False, START_MS) in states(peer.heard, "host-6")


def test_the_broker_may_be_killed_and_return() -> None:
    with Mosquitto() as server, Line(server.url, "host1") as line:
        line.until(up)
        server.kill()
        line.until(lambda names: "broker_lost" in names)
        assert not line.connection.connected
        assert not line.connection.publish(Publication("a", b""))
        server.start()
        line.until(lambda names: up(names) and len(names) > 2)
        with Peer(server.port) as peer:
            peer.say(BIRTH, b"x")
            line.until_arrived(1)  # it has subscribed again
            assert line.connection.publish(Publication("spBv1.0/north/NCMD/gw-1", b"y"))
            peer.until(lambda heard: any(one.payload == b"y" for one in heard))
        reasons = [one for one in line.said if one[0] == "broker_lost"]
        assert len(reasons) == len(set(reasons)) <= 3  # once a reason, not once an attempt


def test_a_broker_that_is_not_there_yet_is_waited_for() -> None:
    port = free_port()
    server = Mosquitto()
    server.port = port
    with Line(f"mqtt://127.0.0.1:{port}", "host1") as line:
        line.until(lambda names: names == ["broker_lost"])
        with server:
            line.until(up)
            assert [event for event, _reason in line.said] == ["broker_lost", "broker_up"]


def test_a_secret_that_is_missing_is_said_and_waited_for(broker: Mosquitto, tmp_path: Path) -> None:
    secret = tmp_path / "password"
    with Line(broker.url, "host-7", username="me", password_file=str(secret)) as line:
        line.until(lambda names: names == ["broker_lost"])
        assert line.said[0][1] == f"{secret}: No such file or directory"
        secret.write_bytes(b"\xff\xfe")
        line.until(lambda names: len(names) == 2)
        assert "UnicodeDecodeError" in line.said[1][1]
        secret.write_text("s3cret\n")
        line.until(up)
    assert "s3cret" not in repr(line.said)


def test_a_host_name_that_cannot_be_is_said_and_not_the_end() -> None:
    with Line(f"mqtt://{'x' * 70}", "host-8") as line:
        line.until(lambda names: names == ["broker_lost"])


def test_a_refusal_is_said_once() -> None:
    with Mosquitto(("allow_anonymous false",)) as server:
        line = Line(server.url, "host1")
        attempts = threading.Semaphore(0)

        class Counting(Hasty):
            def uniform(self, a: float, b: float) -> float:
                attempts.release()
                return super().uniform(a, b)

        line.connection._rng = Counting(1)
        with line:
            for _ in range(5):
                assert attempts.acquire(timeout=PATIENCE_S)
            assert [event for event, _reason in line.said] == ["broker_refused"]
            assert "uthor" in line.said[0][1]


def test_subscriptions_that_are_not_granted_are_a_refusal(broker: Mosquitto) -> None:
    line = Line(broker.url, "host-9")
    client = Client(CallbackAPIVersion.VERSION2)
    granted = ReasonCode(PacketTypes.SUBACK, identifier=0)
    denied = ReasonCode(PacketTypes.SUBACK, identifier=128)
    line.connection._on_subscribe(client, None, 1, [granted, denied], None)
    assert line.connection._refusal
    assert not line.connection.connected
    assert line.said == []  # said when the connection has ended


@pytest.mark.parametrize("started", [False, True])
def test_it_can_be_stopped_before_it_ever_connected(started: bool) -> None:
    line = Line(f"mqtt://127.0.0.1:{free_port()}", "host1")
    if started:
        line.connection.start()
        line.until(lambda names: names == ["broker_lost"])
    line.connection.stop()
    assert not line.connection._thread.is_alive()
