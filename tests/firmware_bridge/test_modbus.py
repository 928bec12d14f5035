"""Modbus questions and what answers them: against pymodbus, and against what it lets pass."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.framer import FramerRTU

from edge.modbus_codec import PymodbusCodec
from firmware_bridge.modbus import ModbusSensor, ReadInputs, Refusal
from firmware_bridge.unit_scanner import BROKEN, MORE, NOT_A_UNIT
from simulators.modbus_slave import crc16, framed
from tests.firmware_bridge.vectors import SENSORS, vectors_of

CODEC = PymodbusCodec()
ASKED = ReadInputs(CODEC, 1, 0, 10, any_address=0xF8)
PZEM = vectors_of("pzem004t")


def test_the_check_value() -> None:
    assert crc16(b"123456789") == bytes.fromhex("374B")


def test_the_questions_of_the_sheets() -> None:
    assert ReadInputs(CODEC, 1, 0, 10).question().wire == PZEM["read"]
    assert ReadInputs(CODEC, 0xF8, 0, 10).question().wire == PZEM["read_any"]
    assert ReadInputs(CODEC, 1, 0, 2).question().wire == vectors_of("sdm120")["read_voltage"]
    assert ReadInputs(CODEC, 1, 0x156, 2).question().wire == vectors_of("sdm120")["read_total"]
    assert ReadInputs(CODEC, 0xFE, 0, 4).question().wire == vectors_of("senseair-s8")["read"]
    assert ReadInputs(CODEC, 0xFE, 3, 1).question().wire == vectors_of("senseair-s8")["read_co2"]


def test_every_frame_of_the_sheets_has_a_right_sum_by_two_reckonings() -> None:
    modbus = [one for one in SENSORS if one.kind in ("senseair-s8", "sdm120", "pzem004t")]
    assert len(modbus) >= 20
    for one in modbus:
        body, told = one.wire[:-2], one.wire[-2:]
        right = FramerRTU.compute_CRC(body).to_bytes(2, "big")
        assert crc16(body) == right, one.name
        assert (told == right) == (one.way != "refuse"), one.name


def test_answers_and_refusals() -> None:
    assert ASKED.judge(PZEM["answer"], 0) == 25
    assert ASKED.judge(PZEM["refusal"], 0) == 5
    assert CODEC.registers(PZEM["refusal"]) == Refusal(2)
    assert str(Refusal(2)) == "illegal data address (2)"
    assert str(Refusal(99)) == "exception (99)"


@pytest.mark.parametrize("name", ["answer", "refusal"])
def test_every_wrong_bit_is_refused(name: str) -> None:
    for bit in range(8 * len(PZEM[name])):
        broken = bytearray(PZEM[name])
        broken[bit // 8] ^= 1 << bit % 8
        assert ASKED.judge(bytes(broken) + bytes(30), 0) in (NOT_A_UNIT, BROKEN), bit


def test_the_questions_crc_in_an_answer_is_refused() -> None:
    asked = ReadInputs(CODEC, 0xFE, 3, 1, any_address=0xFE)
    assert asked.judge(vectors_of("senseair-s8")["requests_crc"], 0) == BROKEN
    assert asked.judge(vectors_of("senseair-s8")["answer_co2"], 0) == 7


def test_an_answer_of_another_address_function_or_count_is_none() -> None:
    words = bytes(20)
    assert ASKED.judge(framed(b"\x01\x04\x14" + words), 0) == 25
    assert ASKED.judge(framed(b"\x02\x04\x14" + words), 0) == NOT_A_UNIT
    assert ASKED.judge(framed(b"\x01\x03\x14" + words), 0) == NOT_A_UNIT
    assert ASKED.judge(framed(b"\x01\x04\x12" + words[:18]), 0) == NOT_A_UNIT
    assert ASKED.judge(framed(b"\x01\x83\x02"), 0) == NOT_A_UNIT


def test_who_is_asked_as_anybody_may_answer_with_a_name() -> None:
    anybody = ReadInputs(CODEC, 0xF8, 0, 10, any_address=0xF8)
    for address in (0xF8, 0x01, 0xF7):
        assert anybody.judge(framed(bytes((address, 4, 20)) + bytes(20)), 0) == 25
    assert anybody.judge(framed(b"\x00\x04\x14" + bytes(20)), 0) == NOT_A_UNIT


def test_our_own_question_is_no_answer() -> None:
    for first, count in ((0, 10), (0x46, 4), (0, 0x20), (0x156, 2)):
        asked = ReadInputs(CODEC, 1, first, count)
        assert asked.judge(asked.question().wire, 0) == NOT_A_UNIT


def test_a_part_waits() -> None:
    for size in range(1, 25):
        assert ASKED.judge(PZEM["answer"][:size], 0) == MORE


@given(st.binary(min_size=1, max_size=60), st.integers(0, 59))
def test_no_bytes_raise(stream: bytes, ix: int) -> None:
    assert ASKED.judge(stream, ix % len(stream)) in (MORE, NOT_A_UNIT, BROKEN, 5, 25)


@given(st.integers(1, 247), st.lists(st.integers(0, 65_535), min_size=1, max_size=60))
def test_our_simulators_frames_are_read_by_the_library(address: int, words: list[int]) -> None:
    data = b"".join(word.to_bytes(2, "big") for word in words)
    frame = framed(bytes((address, 4, len(data))) + data)
    assert CODEC.registers(frame) == tuple(words)
    assert ReadInputs(CODEC, address, 0, len(words)).judge(frame, 0) == len(frame)


def test_blocks_of_one_length_would_mistake_a_late_answer() -> None:
    class Twins(ModbusSensor):
        blocks = ((0, 2), (70, 2))

    with pytest.raises(AssertionError):
        Twins(0, codec=CODEC, address=1, baud=9_600, interval_ns=1)
