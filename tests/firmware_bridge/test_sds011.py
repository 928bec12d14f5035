"""The SDS011: its sheet, every broken bit, its bad habits, and how it falls silent."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge import sds011_commands as commands
from firmware_bridge.events import NEVER_NS, Answer, Event, Reason, Refused, Sample, Silent
from firmware_bridge.sds011 import BAUD, PM2_5, PM10, UNIT_BYTES, Sds011
from firmware_bridge.unit_scanner import REFUSED_BYTES_MAX
from firmware_bridge.wire_time import wire_ns as line_ns
from simulators.cable import Cable, Faults
from simulators.sds011_board import Sds011Board
from tests.firmware_bridge.vectors import SDS011
from vocabulary.metrics import CATALOGUE
from vocabulary.units import NS_PER_MS, NS_PER_S

READ_NS = 10 * NS_PER_S


def wire_ns(count_bytes: int) -> int:
    return line_ns(count_bytes, BAUD)


READING = SDS011["reading"].wire
SENSOR = ("sensor_id", 0xA160)
DECODED = {
    "reading": Sample(((PM2_5, 123.6), (PM10, 261.8)), READ_NS - wire_ns(10)),
    "reading_field": Sample(((PM2_5, 14.0), (PM10, 14.8)), READ_NS - wire_ns(10)),
    "mode_active": Answer("mode", (("set", 0), ("on_query", 0), SENSOR), READ_NS - wire_ns(10)),
    "mode_query": Answer("mode", (("set", 1), ("on_query", 1), SENSOR), READ_NS - wire_ns(10)),
    "id": Answer("id", (("sensor_id", 0xA001),), READ_NS - wire_ns(10)),
    "asleep": Answer("power", (("set", 1), ("working", 0), SENSOR), READ_NS - wire_ns(10)),
    "working": Answer("power", (("set", 1), ("working", 1), SENSOR), READ_NS - wire_ns(10)),
    "firmware": Answer(
        "firmware", (("year", 15), ("month", 7), ("day", 10), SENSOR), READ_NS - wire_ns(10)
    ),
    "period": Answer("period", (("set", 1), ("minutes", 1), SENSOR), READ_NS - wire_ns(10)),
}


def unit(command: int, *data: int) -> bytes:
    """A well-formed unit from sensor A160."""
    body = bytes((*data, 0xA1, 0x60))
    return bytes((0xAA, command)) + body + bytes((sum(body) & 0xFF, 0xAB))


def air(pm2_5_tenths: int, pm10_tenths: int) -> bytes:
    """A reading."""
    return unit(0xC0, *pm2_5_tenths.to_bytes(2, "little"), *pm10_tenths.to_bytes(2, "little"))


def samples(events: list[Event]) -> list[Sample]:
    return [event for event in events if isinstance(event, Sample)]


@pytest.mark.parametrize("name", [name for name, v in SDS011.items() if v.way == "out"])
def test_the_sheet(name: str) -> None:
    assert Sds011(0).receive(SDS011[name].wire, READ_NS) == [DECODED[name]]


@pytest.mark.parametrize("name", DECODED)
def test_every_wrong_bit_is_refused(name: str) -> None:
    wire = SDS011[name].wire
    for bit in range(8 * UNIT_BYTES):
        broken = bytearray(wire)
        broken[bit // 8] ^= 1 << bit % 8
        decoder = Sds011(0)
        events = decoder.receive(bytes(broken) + air(1, 2), READ_NS)
        assert samples(events) == [Sample(((PM2_5, 0.1), (PM10, 0.2)), READ_NS - wire_ns(10))]
        assert isinstance(events[0], Refused)
        assert decoder.counters.frames == 1
        assert (decoder.counters.resyncs, decoder.counters.bytes_skipped) == (1, 10)


def pairs_the_sum_cannot_see(wire: bytes) -> int:
    """Two bits of one weight whose changes cancel: in the data one up, one down, or both bit 7;
    one in the data and one in the sum, both up or both down. Nothing else, since a sum that is
    wrong by two different powers of two is wrong.
    """
    count = 0
    for weight in range(8):
        data = [wire[ix] >> weight & 1 for ix in range(2, 8)]
        ones = sum(data)
        zeros = len(data) - ones
        total = wire[8] >> weight & 1
        cancels = ones * zeros + (ones if total else zeros)
        everything = len(data) * (len(data) + 1) // 2
        count += everything if weight == 7 else cancels
    return count


def test_how_many_pairs_of_wrong_bits_pass_the_sum() -> None:
    passed = believed = 0
    for pair in combinations(range(8 * UNIT_BYTES), 2):
        broken = bytearray(READING)
        for bit in pair:
            broken[bit // 8] ^= 1 << bit % 8
        decoder = Sds011(0)
        events = decoder.receive(bytes(broken), READ_NS)
        if broken[1] == 0xC5:  # the one pair that turns a reading into an answer, unknown to us
            assert events == [Refused(Reason.UNKNOWN_MESSAGE, UNIT_BYTES)]
            continue
        passed += decoder.counters.frames
        believed += len(samples(events))
    # Of 3160 pairs. The range check takes away what is too large; the rest is luck.
    assert passed == pairs_the_sum_cannot_see(READING) == 93
    assert believed == 92


@given(st.binary(min_size=1, max_size=40))
def test_itself_after_garbage(garbage: bytes) -> None:
    decoder = Sds011(0)
    events = decoder.receive(garbage + READING + READING, READ_NS)
    # Garbage that ends like the beginning of a unit may take one good unit with it, never two.
    assert samples(events)[-1:] == [DECODED["reading"]]
    assert decoder.counters.bytes_skipped + UNIT_BYTES * decoder.counters.frames == len(
        garbage + READING + READING
    )


@pytest.mark.parametrize("count", range(1, 41))
@pytest.mark.parametrize("byte", [0x00, 0xAA, 0xAB, 0xC0, 0xFF])
def test_itself_after_plain_garbage(byte: int, count: int) -> None:
    decoder = Sds011(0)
    events = decoder.receive(bytes((byte,)) * count + READING, READ_NS)
    assert events == [Refused(Reason.STRAY, count), DECODED["reading"]]
    assert decoder.counters.resyncs == 1


def test_a_unit_that_begins_inside_a_broken_one_is_found() -> None:
    decoder = Sds011(0)
    events = decoder.receive(READING[:4] + READING, READ_NS)
    assert events == [Refused(Reason.CHECKSUM, 4), DECODED["reading"]]
    assert decoder.counters.crc_errors == 1


@given(st.integers(0), st.floats(0, 0.02), st.integers(1, 40))
def test_chunking_matters_only_to_the_time(seed: int, likelihood: float, count: int) -> None:
    faults = Faults(likelihood, likelihood, likelihood, likelihood)
    chunks = Cable(seed, faults=faults, chunk_bytes_max=20).carry(READING * count)
    whole, pieces = Sds011(0), Sds011(0)
    at_once = whole.receive(b"".join(chunks), READ_NS)
    in_turn = [event for chunk in chunks for event in pieces.receive(chunk, READ_NS)]
    assert [e[:1] if isinstance(e, Sample) else e for e in at_once] == [
        e[:1] if isinstance(e, Sample) else e for e in in_turn
    ]
    assert whole.counters == pieces.counters


@given(st.lists(st.binary(max_size=60), max_size=30))
def test_it_keeps_less_than_a_unit(chunks: list[bytes]) -> None:
    decoder = Sds011(0)
    for chunk in chunks:
        decoder.receive(chunk, READ_NS)
        assert decoder._scanner.rest_bytes < UNIT_BYTES


def test_a_long_run_of_garbage_is_told_in_pieces() -> None:
    decoder = Sds011(0)
    events = decoder.receive(bytes(3 * REFUSED_BYTES_MAX) + READING, READ_NS)
    assert events == [Refused(Reason.STRAY, REFUSED_BYTES_MAX)] * 3 + [DECODED["reading"]]
    assert decoder.counters.resyncs == 1


def test_time_is_when_the_unit_began_on_the_wire() -> None:
    assert wire_ns(UNIT_BYTES) == 10_416_666
    events = Sds011(0).receive(READING + READING + READING[:3], READ_NS)
    first, second = samples(events)
    assert second.mono_ns == READ_NS - wire_ns(UNIT_BYTES + 3)
    assert first.mono_ns == READ_NS - wire_ns(2 * UNIT_BYTES + 3)


@pytest.mark.parametrize(
    ("tenths", "values", "refused_count"),
    [
        ((0, 0), ((PM2_5, 0.0), (PM10, 0.0)), 0),
        ((9_999, 9_999), ((PM2_5, 999.9), (PM10, 999.9)), 0),
        ((10_000, 9_999), ((PM10, 999.9),), 1),
        ((50, 65_535), ((PM2_5, 5.0),), 1),
        ((65_535, 65_535), (), 2),
    ],
)
def test_what_the_sensor_cannot_measure_is_refused_alone(
    tenths: tuple[int, int], values: tuple[tuple[str, float], ...], refused_count: int
) -> None:
    decoder = Sds011(0)
    events = decoder.receive(air(*tenths), READ_NS)
    assert [sample.values for sample in samples(events)] == ([values] if values else [])
    refused = [event for event in events if isinstance(event, Refused)]
    assert [one.reason for one in refused] == [Reason.OUT_OF_RANGE] * refused_count
    assert decoder.counters.out_of_range == refused_count


def test_what_the_sensor_can_measure_the_catalogue_takes() -> None:
    for name in Sds011.metric_names:
        assert CATALOGUE[name].low <= 0
        assert CATALOGUE[name].high >= 999.9


def test_an_answer_we_do_not_know() -> None:
    decoder = Sds011(0)
    assert decoder.receive(unit(0xC5, 3, 0, 0, 0), READ_NS) == [Refused(Reason.UNKNOWN_MESSAGE, 10)]
    assert decoder.counters.unknown_messages == 1
    assert decoder.heard_ns == READ_NS  # it lives


def test_silence_is_said_once_after_three_intervals() -> None:
    decoder = Sds011(0)
    decoder.receive(READING, READ_NS)
    assert decoder.deadline_ns == READ_NS + 3 * NS_PER_S
    assert decoder.tick(READ_NS + 3 * NS_PER_S - 1) == []
    assert decoder.tick(READ_NS + 4 * NS_PER_S) == [Silent(4 * NS_PER_S)]
    assert decoder.deadline_ns == NEVER_NS
    assert decoder.tick(READ_NS + 400 * NS_PER_S) == []
    decoder.receive(b"not a unit", READ_NS + 401 * NS_PER_S)
    assert decoder.deadline_ns == NEVER_NS  # noise is no life
    decoder.receive(READING, READ_NS + 500 * NS_PER_S)
    assert decoder.tick(READ_NS + 503 * NS_PER_S) == [Silent(3 * NS_PER_S)]
    assert decoder.counters.silences == 2


def test_a_slower_rhythm_is_waited_for() -> None:
    decoder = Sds011(0, interval_ns=10 * NS_PER_S)
    assert decoder.deadline_ns == 30 * NS_PER_S
    decoder.receive(SDS011["period"].wire, READ_NS)  # one reading a minute
    assert decoder.deadline_ns == READ_NS + 180 * NS_PER_S
    decoder.receive(unit(0xC5, 8, 1, 0, 0), READ_NS)
    assert decoder.deadline_ns == READ_NS + 30 * NS_PER_S


def test_a_cut_port_forgets_the_half_unit() -> None:
    decoder = Sds011(0)
    decoder.receive(READING[:7], READ_NS)
    decoder.cut()
    assert decoder.receive(READING[7:], READ_NS) == []
    assert samples(decoder.receive(READING, READ_NS)) == [DECODED["reading"]]
    assert decoder.counters.bytes_skipped == UNIT_BYTES


class Desk:
    """A board and a decoder on one good line, in virtual time."""

    def __init__(self) -> None:
        self.now_ns = 0
        self.board = Sds011Board(0, lambda now_ns: (now_ns // NS_PER_S % 9_999, 400))
        self.decoder = Sds011(0)
        self.events: list[Event] = []

    def command(self, wire: bytes) -> None:
        self.board.receive(wire, self.now_ns)

    def run(self, duration_s: int) -> list[Event]:
        """Everything heard in the next seconds."""
        before = len(self.events)
        end_ns = self.now_ns + duration_s * NS_PER_S
        while (due_ns := min(self.board.next_ns, self.decoder.deadline_ns)) <= end_ns:
            self.now_ns = max(self.now_ns, due_ns)
            wire = self.board.advance(self.now_ns)
            heard_ns = self.now_ns + 11 * NS_PER_MS
            if wire:
                self.events += self.decoder.receive(wire, heard_ns)
            self.events += self.decoder.tick(self.now_ns)
        self.now_ns = end_ns
        return self.events[before:]


def test_every_sample_was_sent_and_none_is_missing() -> None:
    desk = Desk()
    heard = samples(desk.run(120))
    assert [sample.values for sample in heard] == [
        ((PM2_5, sent.pm2_5_tenths / 10), (PM10, sent.pm10_tenths / 10)) for sent in desk.board.sent
    ]
    assert len(heard) == 120


def test_asleep_is_not_silent_and_waking_takes_half_a_minute() -> None:
    desk = Desk()
    desk.run(5)
    desk.command(commands.set_power(working=False))
    assert [event.reason for event in desk.run(600) if not isinstance(event, Sample)] == ["answer"]
    assert desk.decoder.deadline_ns == NEVER_NS
    desk.command(commands.set_power(working=True))
    heard = desk.run(60)
    assert desk.decoder.counters.warming_up > 25
    settled = [sent for sent in desk.board.sent if sent.settled][5:]
    assert len(samples(heard)) == len(settled)
    assert samples(heard)[0].mono_ns - 605 * NS_PER_S >= 30 * NS_PER_S


def test_a_sensor_that_wakes_unasked_is_not_believed_at_once() -> None:
    decoder = Sds011(0)
    decoder.receive(SDS011["asleep"].wire, READ_NS)
    assert decoder.receive(READING, READ_NS) == [Refused(Reason.WARMING_UP, UNIT_BYTES)]
    late_ns = READ_NS + 30 * NS_PER_S
    assert len(samples(decoder.receive(READING, late_ns))) == 1


def test_work_said_to_a_working_sensor_costs_nothing() -> None:
    decoder = Sds011(0)
    decoder.receive(READING, READ_NS)
    decoder.receive(SDS011["working"].wire, READ_NS)
    assert len(samples(decoder.receive(READING, READ_NS))) == 1
    fresh = Sds011(0)
    fresh.receive(unit(0xC5, 6, 0, 1, 0), READ_NS)  # only asked
    assert len(samples(fresh.receive(READING, READ_NS))) == 1
    fresh = Sds011(0)
    fresh.receive(SDS011["working"].wire, READ_NS)  # set, and never heard before
    assert fresh.receive(READING, READ_NS) == [Refused(Reason.WARMING_UP, UNIT_BYTES)]


def test_a_period_is_no_silence() -> None:
    desk = Desk()
    desk.command(commands.set_period(2))
    heard = desk.run(600)
    assert len(samples(heard)) == 5
    assert not [event for event in heard if isinstance(event, Silent)]


def test_a_sensor_that_answers_only_when_asked_falls_silent() -> None:
    desk = Desk()
    desk.command(commands.set_mode(on_query=True))
    assert [event.reason for event in desk.run(60) if not isinstance(event, Sample)] == [
        "answer",
        "silent",
    ]
    desk.command(commands.query())
    assert len(samples(desk.run(1))) == 1
