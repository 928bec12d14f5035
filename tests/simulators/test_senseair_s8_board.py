"""The S8 on a desk: status, concentration, and what an old one says."""

from simulators.board_kinds import Start
from simulators.modbus_slave import framed
from simulators.senseair_s8_board import BROKEN_PPM, FAULT, SenseairS8Board, plugged_in
from vocabulary.units import NS_PER_S


def words(board: SenseairS8Board, second: int = 0) -> list[int]:
    board.receive(framed(bytes.fromhex("FE0400000004")), second * NS_PER_S)
    answer = board.advance((second + 1) * NS_PER_S)
    return [int.from_bytes(answer[ix : ix + 2], "big") for ix in (3, 5, 7, 9)]


def test_what_it_says_is_its_truth() -> None:
    board = plugged_in(Start(0))
    status, _, _, ppm = words(board)
    assert (status, board.truth.readings[0].values) == (0, (("air/co2_ppm", float(ppm)),))


def test_beyond_its_registers_it_refuses() -> None:
    board = plugged_in(Start(0))
    board.receive(framed(bytes.fromhex("FE04001F0002")), 0)
    assert board.advance(NS_PER_S)[1] == 0x84


def test_its_habits() -> None:
    faulty = plugged_in(Start(0, 0, frozenset({"faulty"})))
    assert [words(faulty, second)[0] for second in range(3)] == [0, 0, FAULT]
    broken = plugged_in(Start(0, 0, frozenset({"broken"})))
    assert words(broken)[3] == BROKEN_PPM
    assert not broken.truth.readings[0].settled
