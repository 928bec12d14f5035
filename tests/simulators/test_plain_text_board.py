"""A board of one's own."""

from simulators.board_kinds import Start
from simulators.plain_text_board import PlainTextBoard, plugged_in
from vocabulary.units import NS_PER_S


def lines(*habits: str, seconds: int = 42, checked: bool = True) -> tuple[PlainTextBoard, bytes]:
    board = PlainTextBoard(Start(0, 0, frozenset(habits)), checked=checked)
    return board, b"".join(board.advance(second * NS_PER_S) for second in range(seconds + 1))


def test_a_line_a_second_with_its_check() -> None:
    board, wire = lines(seconds=3)
    assert wire.split(b"\r\n")[0] == b"T:15.1 H:41*2F" or wire.count(b"*") == 3
    assert wire.count(b"\r\n") == board.truth.count == 3
    assert b"*" not in lines(seconds=3, checked=False)[1]
    assert plugged_in(Start(0)).next_ns == NS_PER_S


def test_its_habits() -> None:
    assert b"logger" in lines("banner", seconds=0)[1]
    for habit, mark in (
        ("chatty", b"[dbg]"),
        ("endless", b"x" * 600),
        ("no_sensor", b"T:nan"),
        ("overheated", b"T:850.0"),
    ):
        board, wire = lines(habit)
        assert mark in wire
        assert board.truth.count < board.lines
