"""Every board can be drawn from its JSON and real answers; an empty city and odd names too."""

from pathlib import Path

import pytest

from dashboards.asking import Asking
from dashboards.board import Board
from dashboards.check import Check
from dashboards.preview import KINDS, _alone, draw
from dashboards.provisioning import BOARDS, board_json
from tests.dashboards.conftest import SmallCity

PNG = b"\x89PNG\r\n\x1a\n"


def test_every_kind_of_panel_can_be_drawn() -> None:
    for board in BOARDS:
        assert {panel["type"] for panel in board_json(board)["panels"]} <= KINDS


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.uid)
def test_a_board_is_drawn(city: SmallCity, board: Board, tmp_path: Path) -> None:
    made, path = board_json(board), tmp_path / "board.png"
    with Asking(city.url) as asking:
        check = Check(asking, city.database, city.story)
        answers = check.answers(made, city.story.span)
    assert any(answer.points for held in answers.values() for _question, answer in held)
    draw(made, city.story.span, answers, path)
    assert path.read_bytes().startswith(PNG)


def test_an_empty_board_says_so(city: SmallCity, tmp_path: Path) -> None:
    path = tmp_path / "empty.png"
    draw(board_json(BOARDS[0]), city.story.span, {}, path)
    assert path.read_bytes().startswith(PNG)


def test_a_point_between_gaps_is_seen() -> None:
    gap = float("nan")
    assert _alone([gap, 1.0, gap, 2.0, 3.0, gap, 4.0]) == [1, 6]
    assert _alone([5.0]) == [0]
    assert _alone([]) == []
