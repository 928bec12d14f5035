"""The gateway without a shell: what comes in, what is kept, and who never appears."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.access_point_message import Reason
from edge.metrics_page import snapshot
from edge.spool_record import Record
from edge.uplink_session import UplinkSession
from edge.vitals import node_metrics
from simulators.access_point import SimulatedAccessPoint
from simulators.sds011_board import Sds011Board
from tests.edge.one_gateway import AP, AP_TOPIC, START, OneGateway, settings
from tests.edge.reference_host import Heard
from vocabulary.moment import Moment
from vocabulary.topics import Verb
from vocabulary.units import NS_PER_S

SENSOR = "air-one"
ADDRESS = re.compile(rb"(?i)(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}")
BEAT = {"wifi/ok", "wifi/seq"}


def told(gateway: OneGateway, seconds: float) -> list[Heard]:
    """All data of so many seconds, connected and answered."""
    for _second in range(round(seconds)):
        gateway.wait(1)
        gateway.host_commits()
    return [one for one in gateway.host.heard if one.verb in (Verb.NDATA, Verb.DDATA)]


def born() -> OneGateway:
    gateway = OneGateway()
    gateway.connect()
    gateway.host_commits(0)
    return gateway


def test_a_message_is_one_record_with_its_beat() -> None:
    gateway = born()
    gateway.read(3)
    (heard,) = gateway.say()
    assert heard.device == AP
    values = {name: value for name, (value, _ms) in heard.readings.items()}
    assert values == {"wifi/ok": True, "wifi/seq": 0, "wifi/clients": 3, "wifi/rx_bytes": 3_000}


def test_more_messages_than_beats_are_kept_without_a_beat() -> None:
    gateway = born()
    gateway.read(3)
    gateway.now = gateway.now.later(1)
    gateway.read(4)
    first, second = gateway.say()
    assert set(first.readings) - set(second.readings) == BEAT


def test_a_silent_access_point_fails_every_beat_and_numbers_go_on() -> None:
    gateway = born()
    gateway.read(3)
    fails = [
        one for one in told(gateway, 60) if one.device == AP and one.values.get("wifi/ok") is False
    ]
    assert [one.values["wifi/seq"] for one in fails] == [1, 2, 3, 4, 5]
    assert [set(one.readings) for one in fails] == [BEAT] * 5
    times = [one.readings["wifi/ok"][1] for one in fails]
    assert times == [START.wall_ms + 10_500 + 10_000 * beat for beat in range(5)]


def test_a_heartbeat_every_five_seconds_and_vitals_every_minute() -> None:
    gateway = born()
    own = [one for one in told(gateway, 121) if one.device == ""]
    assert len(own) == 25
    full = [one for one in own if "spool/backlog_records" in one.readings]
    assert len(full) in (2, 3)  # with the heartbeat that follows, so not to the second
    assert all(set(one.readings) <= set(node_metrics()) for one in own)
    assert own[-1].readings["gateway/uplink_ok"][0] is True


def test_after_a_pause_one_heartbeat_then_the_rhythm() -> None:
    gateway = born()
    gateway.wait(10)
    before = len(gateway.generated)
    gateway.now = gateway.now.later(3_600)
    gateway.wait(4)
    assert len([key for key in gateway.generated if key[1] >= before]) <= 2


def test_nothing_is_due_in_the_past_once_it_was_done() -> None:
    gateway = OneGateway()
    for _turn in range(200):
        gateway.agent.tick(gateway.now)
        due_ns = gateway.agent.deadline_ns(gateway.now)
        assert due_ns > gateway.now.mono_ns
        gateway.now = gateway.now.later((due_ns - gateway.now.mono_ns) / NS_PER_S)


def test_a_retained_message_is_neither_reading_nor_life() -> None:
    gateway = OneGateway()
    gateway.agent.local_message(AP_TOPIC, b'{"radio":{"rx":1}}', gateway.now, retained=True)
    assert gateway.agent.counts == {Reason.RETAINED: 1}
    assert gateway.spool.next_offset == 0


def test_a_topic_nobody_configured_is_counted() -> None:
    gateway = OneGateway()
    gateway.agent.local_message("ap/stranger", b"{}", gateway.now, retained=False)
    assert gateway.agent.counts == {"ap_topic_unknown": 1}


@pytest.mark.parametrize("payload", [b"", b"nonsense", b"[" * 60_000, b"\xff" * 70_000, b"{}"])
def test_bad_messages_are_counted_and_keep_nobody_alive(payload: bytes) -> None:
    gateway = OneGateway()
    gateway.agent.local_message(AP_TOPIC, payload, gateway.now, retained=False)
    assert gateway.agent.counts.total() >= 1
    assert gateway.spool.next_offset == 0


def test_serial_bytes_become_readings_dated_when_they_were_sampled() -> None:
    gateway = born()
    board = Sds011Board(gateway.now.wall_ns, lambda _ns: (123, 456))
    wire = b""
    while not wire:
        wire = board.advance(board.next_ns)
    gateway.agent.serial_bytes(SENSOR, wire, gateway.now.mono_ns, gateway.now)
    (heard,) = gateway.say()
    assert heard.device == SENSOR
    values = {name: value for name, (value, _ms) in heard.readings.items()}
    assert values == {"air/pm2_5_ugm3": 12.3, "air/pm10_ugm3": 45.6}
    (ts_ms,) = {ms for _value, ms in heard.readings.values()}
    assert ts_ms is not None
    assert gateway.now.wall_ms - 100 < ts_ms <= gateway.now.wall_ms


@given(st.lists(st.binary(max_size=60), max_size=20))
def test_garbage_on_the_line_is_counted_and_stops_nothing(pieces: list[bytes]) -> None:
    gateway = OneGateway()
    for piece in pieces:
        gateway.now = gateway.now.later(0.1)
        gateway.agent.serial_bytes(SENSOR, piece, gateway.now.mono_ns, gateway.now)
    gateway.read(1)
    assert gateway.spool.next_offset >= 1


def test_two_topics_of_one_access_point_share_its_beat() -> None:
    rest = f"""
        [[source]]
        ap_id = "{AP}"
        topic = "ap/{AP}/other"
        format = "plain"
        metrics = [{{ name = "wifi/channel_utilisation_pct" }}]
    """
    gateway = OneGateway(settings(rest=rest))
    assert gateway.agent.local_filters == ["ap/#"]  # what is watched holds both
    gateway.connect()
    gateway.read(1)
    gateway.agent.local_message(f"ap/{AP}/other", b"12.5", gateway.now, retained=False)
    first, second = gateway.say()
    assert set(first.readings) >= BEAT
    assert second.readings["wifi/channel_utilisation_pct"][0] == 12.5
    assert not BEAT & set(second.readings)


def test_a_message_of_several_times_is_several_records_and_one_beat() -> None:
    rest = """
        [[source]]
        ap_id = "ap-lines"
        topic = "telegraf/ap-lines/#"
        format = "influx"
        metrics = [{ name = "wifi/rx_bytes", path = "net rx" }]
    """
    gateway = OneGateway(settings(rest=rest))
    gateway.connect()
    wall_ns = gateway.now.wall_ns
    lines = f"net rx=5i {wall_ns - 10**10}\nnonsense\nnet rx=6i {wall_ns}".encode()
    gateway.agent.local_message("telegraf/ap-lines/net", lines, gateway.now, retained=False)
    first, second = gateway.say()
    assert first.readings["wifi/rx_bytes"] == (5, wall_ns // 10**6 - 10_000)
    assert second.readings["wifi/rx_bytes"] == (6, wall_ns // 10**6)
    assert set(first.readings) >= BEAT
    assert not BEAT & set(second.readings)
    assert gateway.agent.counts == {"ap_line_bad": 1}


def test_a_gateway_that_boots_in_the_past_samples_at_once() -> None:
    gateway = OneGateway()
    gateway.now = Moment(gateway.now.mono_ns, 0)
    gateway.read(1)
    assert gateway.spool.next_offset == 1


# Privacy


def everything_kept(gateway: OneGateway) -> bytes:
    """All bytes of the card, and all that a person or a program can see."""
    disk = gateway.disk
    names = [f"{folder}/{name}" for folder in ("", "spool") for name in disk.names(folder)]
    names += [f"records/{name}" for name in disk.names("records")]
    kept = b"".join(
        disk.read_at(name.lstrip("/"), 0, disk.size_bytes(name.lstrip("/"))) for name in names
    )
    shown: list[Any] = [
        snapshot(gateway.agent, gateway.now, connects=1, attempts=1),
        gateway.agent.counts,
        gateway.agent.uplink.counts,
        gateway.agent._collector.latest,
    ]
    return kept + repr(shown).encode()


def test_no_address_of_a_client_is_kept_or_sent() -> None:
    gateway = OneGateway(settings())
    point = SimulatedAccessPoint(AP, seed=4, beat_s=10.0, start_ns=START.wall_ns)
    sent: list[bytes] = []
    planted: set[bytes] = set()
    uplink: UplinkSession = gateway.agent.uplink
    uplink.will(gateway.now)
    uplink.connected(gateway.now)
    for _beat in range(200):
        gateway.now = Moment(point.next_ns, point.next_ns)
        message = point.advance(point.next_ns)
        assert message is not None
        planted |= set(ADDRESS.findall(message))
        gateway.agent.local_message(AP_TOPIC, message, gateway.now, retained=False)
        broken = message[: len(message) // 2]  # and a torn one, whose refusal must not quote it
        gateway.agent.local_message(AP_TOPIC, broken, gateway.now, retained=False)
        gateway.agent.tick(gateway.now)
        while (outgoing := uplink.next(gateway.now)) is not None:
            sent.append(outgoing.topic.encode() + outgoing.payload)
            uplink.sent(outgoing)
    assert len(planted) > 100
    assert len(sent) > 200
    everything = b"".join(sent) + everything_kept(gateway)
    assert len(everything) > 20_000
    assert not ADDRESS.search(everything)
    assert not re.search(rb"(?i)02005e[0-9a-f]{2}00", everything)
    raw = {bytes.fromhex(address.replace(b":", b"").decode()) for address in planted}
    assert not raw & set(re.findall(rb"\x02\x00\x5e[\x00-\xff]{3}", everything))


def test_the_spool_holds_only_numbers() -> None:
    gateway = born()
    gateway.read(2)
    found = gateway.spool.read(0)
    assert isinstance(found, Record)
    assert b"wifi" not in found.body
