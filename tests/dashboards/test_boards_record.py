"""Boards of `boards_record.py`: one screen each, few queries, the way to the others."""

import pytest

from dashboards.board import Board
from dashboards.boards_record import BOARDS
from tests.dashboards.board_rules import hold_for


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.uid)
def test_a_board_is_one_screen(board: Board) -> None:
    hold_for(board)


def test_no_area_is_compared_with_another() -> None:
    (equity,) = [one for one in BOARDS if one.uid == "lamplighter-equity"]
    assert '"area"' not in "".join(
        target.query.text
        for _height, row in equity.rows
        for panel in row
        for target in panel.targets
    )
