"""DATA to readings: what is believed, what is not, when it was, and who is missed."""

from firmware_bridge.board_counters import BoardCounters
from firmware_bridge.board_events import StreamSilent
from firmware_bridge.descriptor import Descriptor, encode, parse
from firmware_bridge.events import Reason, Refused, Sample
from firmware_bridge.messages import Data
from firmware_bridge.readings import RATE_MAX, Readings
from firmware_bridge.time_map import TimeMap
from tests.firmware_bridge.vectors import DESCRIPTOR
from vocabulary.units import NS_PER_MS, NS_PER_S

GOOD = bytes.fromhex("40E2010098093012818D0100AC0C")


def made(encoded: bytes = DESCRIPTOR) -> Readings:
    """Of the example board."""
    descriptor = parse(encoded)
    assert isinstance(descriptor, Descriptor)
    return Readings(descriptor, BoardCounters(), 0)


def clock() -> TimeMap:
    """Both clocks alike."""
    known = TimeMap(floor_ns=0)
    known.add(sent_ns=0, read_ns=0, rx_us=0, tx_us=0)
    return known


def test_a_reading_is_scaled_timed_and_its_diagnostics_stay_here() -> None:
    readings = made()
    (sample,) = readings.take(Data(1, 0, 4_000, GOOD), clock(), 5 * NS_PER_S)
    assert isinstance(sample, Sample)
    assert dict(sample.values) == {
        "env/temperature_c": 24.56,
        "env/humidity_pct": 46.56,
        "env/pressure_hpa": 1017.61,
        "power/voltage_v": 3.244,
    }
    assert (sample.mono_ns, sample.on_board_clock) == (4 * NS_PER_S, True)
    assert readings.diagnostics == {"_count": 123_456}


def test_a_value_out_of_range_or_missing_is_dropped_alone() -> None:
    readings = made()
    raw = bytes.fromhex("40E20100" + "FF7F" + "FFFF" + "818D0100" + "AC0C")  # 327.67 degrees
    events = readings.take(Data(1, 0, 0, raw), clock(), 0)
    assert [type(one) for one in events] == [Sample, Refused]
    assert isinstance(events[0], Sample)
    assert [name for name, _ in events[0].values] == ["env/pressure_hpa", "power/voltage_v"]
    assert events[1] == Refused(Reason.OUT_OF_RANGE, 2)
    assert readings._counters.missing_values == 1


def test_without_a_clock_the_time_is_the_arrival() -> None:
    readings = made()
    (sample,) = readings.take(Data(1, 0, 4_000, GOOD), TimeMap(), 77)
    assert isinstance(sample, Sample)
    assert (sample.mono_ns, sample.on_board_clock) == (77, False)
    assert readings._counters.by_arrival == 1


def test_a_tick_that_goes_back_is_not_believed_unless_it_was_stored() -> None:
    readings, known = made(), clock()
    readings.take(Data(1, 0, 9_000, GOOD), known, 10 * NS_PER_S)
    (back,) = readings.take(Data(1, 0, 500, GOOD), known, 11 * NS_PER_S)
    assert isinstance(back, Sample)
    assert back.mono_ns == 11 * NS_PER_S
    (stored,) = readings.take(Data(1, 16, 400, GOOD), known, 12 * NS_PER_S)
    assert isinstance(stored, Sample)
    assert stored.mono_ns == 400 * NS_PER_MS
    (far,) = readings.take(Data(1, 16, 2**31, GOOD), known, 13 * NS_PER_S)
    assert isinstance(far, Sample)
    assert far.mono_ns == 13 * NS_PER_S


def test_fifty_a_second_and_no_more() -> None:
    readings, known = made(), clock()
    for ms in range(0, 4_000, 5):  # 200 a second
        readings.take(Data(1, 0, ms, GOOD), known, ms * NS_PER_MS)
    taken = 800 - readings._counters.too_fast
    assert 4 * RATE_MAX <= taken <= 5 * RATE_MAX + 1


def test_a_stream_is_missed_after_three_intervals_once() -> None:
    slow = {0: "b", 1: {1: ["a", 5_000, [["_x", "B", 0]]], 2: ["b", 0, [["_y", "B", 0]]]}}
    readings = made(encode(slow))
    assert readings.deadline_ns == 15 * NS_PER_S
    assert readings.tick(15 * NS_PER_S - 1) == []
    assert readings.tick(15 * NS_PER_S) == [StreamSilent("a", 15 * NS_PER_S)]
    assert readings.tick(99 * NS_PER_S) == []
    readings.take(Data(1, 0, 0, b"\1"), clock(), 100 * NS_PER_S)
    assert readings.deadline_ns == 115 * NS_PER_S
    readings.resumed(200 * NS_PER_S)
    assert readings.deadline_ns == 215 * NS_PER_S
