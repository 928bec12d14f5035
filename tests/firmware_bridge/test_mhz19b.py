"""The MH-Z19B: its sheet, its check, and three minutes of patience."""

import pytest

from firmware_bridge import mhz19b
from firmware_bridge.events import Reason, Refused, Sample
from firmware_bridge.mhz19b import CO2, Mhz19b
from firmware_bridge.unit_scanner import BROKEN, MORE, NOT_A_UNIT
from tests.firmware_bridge import naive_units
from tests.firmware_bridge.vectors import vectors_of
from vocabulary.units import NS_PER_S

SHEET = vectors_of("mhz19b")


def test_the_sheet() -> None:
    assert mhz19b.read() == SHEET["read"]
    assert mhz19b.calibrate_zero() == SHEET["zero"]
    assert mhz19b.set_self_calibration(on=True) == SHEET["self_calibration_on"]
    assert mhz19b.set_self_calibration(on=False) == SHEET["self_calibration_off"]
    assert mhz19b.set_range(2_000) == SHEET["range_2000"]
    assert mhz19b.set_range(5_000) == SHEET["range_5000"]


@pytest.mark.parametrize(("name", "ppm"), [("answer", 544), ("answer_with_rest", 608)])
def test_answers(name: str, ppm: int) -> None:
    sensor = Mhz19b(0, warm_up_ns=0)
    assert sensor.answered(0, SHEET[name], 9, 7) == [Sample(((CO2, ppm),), 7)]
    assert sensor.heard_ns == 9


def test_every_wrong_bit_is_refused() -> None:
    for bit in range(72):
        broken = bytearray(SHEET["answer"])
        broken[bit // 8] ^= 1 << bit % 8
        assert mhz19b.judge(bytes(broken), 0) in (NOT_A_UNIT, BROKEN)
        assert naive_units.mhz19b(bytes(broken), 0) == 0


def test_half_an_answer_waits() -> None:
    for size in range(1, 9):
        assert mhz19b.judge(SHEET["answer"][:size], 0) == MORE
    assert mhz19b.judge(SHEET["answer"], 0) == 9


def test_nothing_is_believed_for_three_minutes_after_power() -> None:
    sensor = Mhz19b(0)
    (refused,) = sensor.answered(0, SHEET["answer"], 9, 179 * NS_PER_S)
    assert refused == Refused(Reason.WARMING_UP, 9)
    assert isinstance(sensor.answered(0, SHEET["answer"], 9, 180 * NS_PER_S)[0], Sample)
    sensor.powered(200 * NS_PER_S)
    assert isinstance(sensor.answered(0, SHEET["answer"], 9, 379 * NS_PER_S)[0], Refused)


def test_more_than_it_can_measure_is_refused() -> None:
    body = bytes((0xFF, 0x86, 0x13, 0x89, 0, 0, 0, 0))
    wire = body + bytes((-sum(body[1:]) & 0xFF,))
    sensor = Mhz19b(0, warm_up_ns=0)
    (refused,) = sensor.answered(0, wire, 0, 0)
    assert isinstance(refused, Refused)
    assert refused.detail == "air/co2_ppm 5001 is not within 0 to 5000"
