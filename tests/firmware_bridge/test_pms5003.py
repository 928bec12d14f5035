"""The PMS5003: its sheet, what cannot be true, the product it is not, and its sleep."""

import pytest

from firmware_bridge import pms5003_commands as commands
from firmware_bridge.events import Answer, Event, Reason, Refused, Sample
from firmware_bridge.pms5003 import PM2_5, PM10, Pms5003
from simulators.board_kinds import Start
from simulators.pms5003_board import Pms5003Board, street_air, unit
from tests.firmware_bridge.vectors import vectors_of
from vocabulary.units import NS_PER_MS, NS_PER_S

SHEET = vectors_of("pms5003")
READ_NS = 100 * NS_PER_S


@pytest.mark.parametrize(
    ("name", "pm2_5", "pm10"),
    [("smoke", 10, 10), ("zeros", 0, 0), ("city", 46, 60), ("room", 5, 8)],
)
def test_the_sheet(name: str, pm2_5: int, pm10: int) -> None:
    (sample,) = Pms5003(0).receive(SHEET[name], READ_NS)
    assert sample == Sample(((PM2_5, pm2_5), (PM10, pm10)), READ_NS - 33_333_333)


@pytest.mark.parametrize("name", ["smoke", "zeros", "city", "room"])
def test_every_wrong_bit_is_refused(name: str) -> None:
    wire = SHEET[name]
    for bit in range(8 * len(wire)):
        broken = bytearray(wire)
        broken[bit // 8] ^= 1 << bit % 8
        sensor = Pms5003(0)
        assert not values(sensor.receive(bytes(broken) + bytes(40), READ_NS)), bit


def values(events: list[Event]) -> list[tuple[float, ...]]:
    return [tuple(v for _, v in one.values) for one in events if isinstance(one, Sample)]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ([1, 2, 3, 1, 2, 3, 50, 40, 41, 3, 2, 1], Reason.INCONSISTENT),
        ([1, 2, 3, 1, 9, 3, 50, 40, 30, 3, 2, 1], Reason.INCONSISTENT),
        ([1, 2, 3, 5, 4, 6, 50, 40, 30, 3, 2, 1], Reason.INCONSISTENT),
    ],
)
def test_what_cannot_be_true_together_is_refused_whole(words: list[int], reason: Reason) -> None:
    sensor = Pms5003(0)
    (refused,) = sensor.receive(unit(words), READ_NS)
    assert isinstance(refused, Refused)
    assert refused.reason is reason
    assert sensor.counters.inconsistent == 1


def test_too_much_is_refused_and_its_mate_kept() -> None:
    wire = unit([1, 2, 3, 1, 1_000, 1_001, 9_000, 800, 70, 6, 5, 4])
    sample, refused = Pms5003(0).receive(wire, READ_NS)
    assert isinstance(sample, Sample)
    assert [value for _, value in sample.values] == [1_000]
    assert isinstance(refused, Refused)
    assert refused.reason is Reason.OUT_OF_RANGE
    assert "1001 is not within 0 to 1000" in refused.detail


def test_an_error_code_is_a_fault_of_the_sensor() -> None:
    wire = unit([1, 2, 3, 1, 2, 3, 50, 40, 30, 3, 2, 1], error=2)
    (refused,) = Pms5003(0).receive(wire, READ_NS)
    assert isinstance(refused, Refused)
    assert (refused.reason, refused.detail) == (Reason.SENSOR_FAULT, "its error code is 0x02")


def board(*habits: str, seed: int = 1) -> Pms5003Board:
    return Pms5003Board(Start(0, seed, frozenset(habits)), street_air)


def heard(device: Pms5003Board, sensor: Pms5003, from_s: int, to_s: int) -> list[Event]:
    events: list[Event] = []
    now_ns = from_s * NS_PER_S
    while (due_ns := max(device.next_ns, now_ns)) <= to_s * NS_PER_S:
        now_ns = due_ns
        events += sensor.receive(device.advance(now_ns), now_ns + 40 * NS_PER_MS)
    return events


def test_the_older_product_is_refused_by_its_name() -> None:
    events = heard(board("pms3003"), Pms5003(0), 0, 10)
    assert events
    assert all(isinstance(event, Refused) and "PMS3003" in event.detail for event in events)


@pytest.mark.parametrize("habit", ["zeros", "moving_air", "dirty", "worn"])
def test_each_habit_costs_readings_and_never_truth(habit: str) -> None:
    device, sensor = board(habit), Pms5003(0)
    found = values(heard(device, sensor, 0, 300))
    sent = [tuple(v for _, v in reading.values) for reading in device.truth.readings]
    assert found == sent
    assert len(found) > 50


def test_asleep_is_not_silent_and_waking_takes_half_a_minute() -> None:
    device, sensor = board(), Pms5003(0)
    heard(device, sensor, 0, 10)
    device.receive(commands.set_power(working=False), 10 * NS_PER_S)
    (answer,) = heard(device, sensor, 10, 100)
    assert isinstance(answer, Answer)
    assert answer.about == "power"
    assert sensor.tick(90 * NS_PER_S) == []
    device.receive(commands.set_power(working=True), 100 * NS_PER_S)
    found = heard(device, sensor, 100, 160)
    warming = [e for e in found if isinstance(e, Refused) and e.reason is Reason.WARMING_UP]
    assert len(warming) >= 12
    settled = [reading for reading in device.truth.readings if reading.ts_ns > 100 * NS_PER_S]
    told = [tuple(v for _, v in one.values) for one in settled if one.settled]
    assert set(values(found)) <= set(told)


def test_an_answer_we_do_not_know() -> None:
    head = b"BM\x00\x04\x99\x00"
    (refused,) = Pms5003(0).receive(head + sum(head).to_bytes(2, "big"), READ_NS)
    assert refused == Refused(Reason.UNKNOWN_MESSAGE, 8)
