"""The PMS5003 on a desk: its units, its commands, its habits. Read by the sheet, not by us."""

from simulators.board_kinds import Start
from simulators.pms5003_board import CALM_NS, MOVING_NS, Pms5003Board, plugged_in, unit
from vocabulary.units import NS_PER_S


def run(board: Pms5003Board, seconds: int) -> list[bytes]:
    units = []
    while board.next_ns <= seconds * NS_PER_S:
        units.append(board.advance(board.next_ns))
    return units


def test_a_unit_as_the_sheet_has_it() -> None:
    made = unit([2, 10, 10, 2, 10, 10, 582, 175, 49, 22, 0, 0])
    assert made.hex().upper() == "424D001C0002000A000A0002000A000A024600AF0031001600000000970002AC"


def test_calm_and_moving_air() -> None:
    assert len(run(plugged_in(Start(0)), 60)) == 60 * NS_PER_S // CALM_NS
    moving = run(plugged_in(Start(0, 3, frozenset({"moving_air"}))), 60)
    assert 60 * NS_PER_S // CALM_NS < len(moving) < 60 * NS_PER_S // MOVING_NS


def test_passive_speaks_only_when_read() -> None:
    board = plugged_in(Start(0))
    board.receive(bytes.fromhex("424DE100000170"), 0)
    assert board.advance(0).hex().upper() == "424D0004E1000174"
    assert run(board, 30) == []
    board.receive(b"junk" + bytes.fromhex("424DE200000171"), 31 * NS_PER_S)
    assert len(board.advance(31 * NS_PER_S)) == 32
    assert board.truth.count == 1


def test_asleep_it_obeys_waking_alone() -> None:
    board = plugged_in(Start(0))
    board.receive(bytes.fromhex("424DE400000173"), 0)
    board.advance(0)
    board.receive(bytes.fromhex("424DE200000171"), 1)
    assert board.advance(9 * NS_PER_S) == b""
    board.receive(bytes.fromhex("424DE400010174"), 10 * NS_PER_S)
    run(board, 60)
    assert not board.truth.readings[0].settled
    assert board.truth.readings[-1].settled


def test_a_spoilt_command_is_not_obeyed() -> None:
    board = plugged_in(Start(0))
    board.receive(bytes.fromhex("424DE100000171"), 0)
    assert board.active


def test_its_habits() -> None:
    zeros = run(plugged_in(Start(0, 0, frozenset({"zeros"}))), 10)
    assert zeros[0][4:16] == bytes(12)
    assert zeros[3][4:16] != bytes(12)
    dirty = run(plugged_in(Start(0, 0, frozenset({"dirty"}))), 30)
    assert {one[29] for one in dirty} == {0, 2}
    assert len(run(plugged_in(Start(0, 0, frozenset({"pms3003"}))), 10)[0]) == 24
    worn = plugged_in(Start(0, 0, frozenset({"worn"})))
    assert worn.truth.count < len(run(worn, 60))
