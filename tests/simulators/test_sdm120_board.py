"""The SDM120 on a wall, and two readers of Modbus that are not ours."""

import struct

import pytest
from pymodbus.framer import FramerRTU
from pymodbus.pdu import DecodePDU

from simulators.board_kinds import Start
from simulators.modbus_slave import framed
from simulators.sdm120_board import Sdm120Board, plugged_in
from vocabulary.units import NS_PER_S


def registers(board: Sdm120Board, first: int, count: int) -> list[int]:
    body = bytes((1, 4)) + first.to_bytes(2, "big") + count.to_bytes(2, "big")
    board.receive(framed(body), 0)
    wire = board.advance(NS_PER_S)
    used, pdu = FramerRTU(DecodePDU(is_server=False)).handleFrame(wire, 1, 0)
    assert pdu is not None
    assert used == len(wire)
    return list(pdu.registers)


def test_floats_have_their_high_word_first() -> None:
    board = plugged_in(Start(0))
    high, low = registers(board, 0, 2)
    (volts,) = struct.unpack(">f", struct.pack(">HH", high, low))
    assert 200 < volts < 250
    ((name, value),) = board.truth.readings[0].values
    assert name == "power/voltage_v"
    assert value == pytest.approx(volts)


def test_what_was_asked_is_what_was_said() -> None:
    board = plugged_in(Start(0))
    registers(board, 0, 0x20)
    registers(board, 0x46, 4)
    first, second = board.truth.readings
    assert [name for name, _ in first.values] == [
        "power/voltage_v",
        "power/current_a",
        "power/active_power_w",
        "power/power_factor",
    ]
    assert [name for name, _ in second.values] == ["power/frequency_hz", "power/energy_wh"]


@pytest.mark.parametrize(("first", "count"), [(0, 61), (0, 0), (0x158, 60)])
def test_too_much_in_one_question_is_refused(first: int, count: int) -> None:
    board = plugged_in(Start(0))
    body = bytes((1, 4)) + first.to_bytes(2, "big") + count.to_bytes(2, "big")
    board.receive(framed(body), 0)
    assert board.advance(NS_PER_S)[:3] == b"\x01\x84\x02"
