"""Boards of `boards_fleet.py`: one screen each, few queries, the way to the others."""

import pytest

from dashboards.board import Board
from dashboards.boards_fleet import BOARDS
from tests.dashboards.board_rules import hold_for


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.uid)
def test_a_board_is_one_screen(board: Board) -> None:
    hold_for(board)
