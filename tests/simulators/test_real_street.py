"""The street says things in real time to a real broker and real ptys, and remembers all of it."""

import json
import os
import threading
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from simulators.installation import town
from simulators.real_street import RealStreet, counting
from simulators.servers import LOOPBACK, Mosquitto
from simulators.waiting import until
from vocabulary.units import NS_PER_S

TOWN = town(gateways=1, aps_each=2, sensors_each=1)
SENSOR, AP = "air-1-1", "ap-1-1"


class Listener:
    """Hears everything on a broker."""

    def __init__(self, port: int) -> None:
        self.heard: dict[str, list[bytes]] = defaultdict(list)
        subscribed = threading.Event()
        self._mqtt = Client(CallbackAPIVersion.VERSION2, client_id="listener")
        self._mqtt.on_message = self._on_message
        self._mqtt.on_subscribe = lambda *_: subscribed.set()
        self._mqtt.connect(LOOPBACK, port)
        self._mqtt.subscribe("#", 1)
        self._mqtt.loop_start()
        assert subscribed.wait(30)

    def _on_message(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        self.heard[message.topic].append(bytes(message.payload))

    def close(self) -> None:
        """Leave."""
        self._mqtt.disconnect()
        self._mqtt.loop_stop()


@pytest.fixture
def street(tmp_path: Path) -> Iterator[RealStreet]:
    made = RealStreet(TOWN, seed=3, beat_s=0.2, directory=tmp_path)
    yield made
    made.close()
    assert not made.ports[SENSOR].plugged


@pytest.fixture
def listener(broker: Mosquitto) -> Iterator[Listener]:
    made = Listener(broker.port)
    yield made
    made.close()


@pytest.fixture
def line(street: RealStreet) -> Iterator[int]:
    fd = os.open(street.ports[SENSOR].path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    yield fd
    os.close(fd)


def test_what_it_said_is_what_was_heard(
    street: RealStreet, listener: Listener, line: int, broker: Mosquitto
) -> None:
    street.start(broker.port)
    until(lambda: len(street.statuses(AP)) >= 3, "three statuses")
    until(lambda: len(street.readings(SENSOR)) >= 2, "two readings")
    street.finish()
    said = street.statuses(AP)
    topic = street.access_points[AP].topic
    until(lambda: len(listener.heard[topic]) >= len(said), "the listener has heard all")
    heard = [json.loads(payload) for payload in listener.heard[topic]]
    assert [row["radio"]["rx"] for row in heard] == [one.rx_bytes for one in said]
    readings = street.readings(SENSOR)
    assert len(os.read(line, 10_000)) == 10 * len(readings)
    assert [one.pm2_5_tenths for one in readings] == list(range(1, len(readings) + 1))
    assert street.unheard_bytes == 0


def test_a_cut_and_its_end_are_known(
    street: RealStreet, listener: Listener, line: int, broker: Mosquitto
) -> None:
    assert line >= 0
    street.start(broker.port)
    until(lambda: bool(street.statuses(AP)), "it speaks")
    street.cut(AP)
    said = len(street.statuses(AP))
    street.walk(1.0)
    assert len(street.statuses(AP)) == said
    street.restore(AP)
    assert street.darkness == []
    until(lambda: bool(street.darkness), "it speaks again")
    street.finish()
    (dark,) = street.darkness
    assert dark.ap_id == AP
    assert dark.end_ns == street.statuses(AP)[said].sent_ns
    assert dark.end_ns - dark.start_ns > NS_PER_S
    assert street.end_ns is not None
    assert street.end_ns >= dark.end_ns
    assert listener.heard


def test_nonsense_goes_out_beside_the_truth(
    street: RealStreet, listener: Listener, line: int, broker: Mosquitto
) -> None:
    street.start(broker.port)
    street.babble("ap/x", b"nonsense")
    street.garble(SENSOR, b"\x00noise")
    until(lambda: listener.heard["ap/x"] == [b"nonsense"], "the nonsense is heard")
    street.finish()
    assert b"\x00noise" in os.read(line, 10_000)


def test_what_goes_wrong_inside_is_raised_outside(
    street: RealStreet, line: int, broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert line >= 0
    monkeypatch.setattr(street.access_points[AP], "advance", lambda _now_ns: 1 // 0)
    street.start(broker.port)
    with pytest.raises(ZeroDivisionError):
        street.walk(60)
    with pytest.raises(ZeroDivisionError):
        street.finish()


def test_a_counting_board_never_says_the_same_twice_in_two_hours() -> None:
    values = counting()
    said = [values(0) for _ in range(7_200)]
    assert len(set(said)) == len(said)
    assert all(pm2_5 <= 9_999 and pm10 <= 19_990 for pm2_5, pm10 in said)
