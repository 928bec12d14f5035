"""The S8: status before value, and what an old one says of itself."""

import pytest

from edge.modbus_codec import PymodbusCodec
from firmware_bridge.events import Reason, Refused, Sample
from firmware_bridge.senseair_s8 import CO2, SenseairS8, faults_of
from simulators.modbus_slave import framed
from tests.firmware_bridge.vectors import vectors_of

SHEET = vectors_of("senseair-s8")


def sensor() -> SenseairS8:
    return SenseairS8(0, codec=PymodbusCodec())


def test_the_sheet() -> None:
    made = sensor()
    assert [question.wire for question in made.questions] == [SHEET["read"]]
    assert made.answered(0, SHEET["answer"], 2, 1) == [Sample(((CO2, 400.0),), 1)]


@pytest.mark.parametrize("bit", range(16))
def test_with_a_fault_there_is_no_reading(bit: int) -> None:
    status = (1 << bit).to_bytes(2, "big")
    wire = framed(b"\xfe\x04\x08" + status + bytes(4) + b"\x01\x90")
    (refused,) = sensor().answered(0, wire, 2, 1)
    assert isinstance(refused, Refused)
    assert refused.reason is Reason.SENSOR_FAULT
    assert refused.detail


def test_faults_have_names() -> None:
    assert faults_of(0x11) == "fatal error, self-diagnostics error"
    assert faults_of(0x100) == "status 0x0100"


def test_what_a_broken_one_said_is_out_of_range() -> None:
    wire = framed(b"\xfe\x04\x08" + bytes(6) + (18_899).to_bytes(2, "big"))
    (refused,) = sensor().answered(0, wire, 2, 1)
    assert isinstance(refused, Refused)
    assert refused.reason is Reason.OUT_OF_RANGE
