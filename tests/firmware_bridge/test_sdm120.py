"""The SDM120: floats with the high word first, two blocks, nothing that no mains has."""

import struct

import pytest

from edge.modbus_codec import PymodbusCodec
from firmware_bridge.events import Reason, Refused, Sample
from firmware_bridge.sdm120 import ENERGY, FREQUENCY, VOLTAGE, Sdm120, number
from simulators.modbus_slave import framed
from tests.firmware_bridge.vectors import vectors_of

SHEET = vectors_of("sdm120")


def words_of(value: float) -> tuple[int, int]:
    high, low = struct.unpack(">HH", struct.pack(">f", value))
    return int(high), int(low)


def meter() -> Sdm120:
    return Sdm120(0, codec=PymodbusCodec())


def test_the_sheet() -> None:
    codec = PymodbusCodec()
    words = codec.registers(SHEET["voltage"])
    assert isinstance(words, tuple)
    assert number(words, 0) == pytest.approx(230.2, abs=1e-4)


def test_both_blocks() -> None:
    made = meter()
    first = [0] * 0x20
    first[0:2] = words_of(230.5)
    first[6:8], first[0x0C:0x0E], first[0x1E:0x20] = words_of(2.5), words_of(-550), words_of(0.95)
    (sample,) = made.values(0, tuple(first), 5)
    assert isinstance(sample, Sample)
    assert [round(value, 3) for _, value in sample.values] == [230.5, 2.5, -550.0, 0.95]
    (sample,) = made.values(1, (*words_of(50.0), *words_of(1.25)), 5)
    assert sample == Sample(((FREQUENCY, 50.0), (ENERGY, 1_250.0)), 5)


def test_the_wrong_order_of_words_is_no_voltage() -> None:
    high, low = words_of(230.2)
    first = [0] * 0x20
    first[0:2] = low, high
    events = meter().values(0, tuple(first), 0)
    refused = [event for event in events if isinstance(event, Refused)]
    assert refused
    assert not any(isinstance(e, Sample) and VOLTAGE in dict(e.values) for e in events)


def test_not_a_number_is_no_value() -> None:
    (refused, other) = meter().values(1, (*words_of(float("nan")), *words_of(-1.0)), 0)
    assert {refused.reason, other.reason} == {Reason.OUT_OF_RANGE}  # type: ignore[union-attr]


def test_a_refusal_is_an_answer() -> None:
    made = meter()
    (refused,) = made.answered(0, framed(b"\x01\x84\x02"), 9, 8)
    assert isinstance(refused, Refused)
    assert (refused.reason, refused.detail) == (Reason.EXCEPTION, "illegal data address (2)")
    assert (made.heard_ns, made.counters.exceptions) == (9, 1)
