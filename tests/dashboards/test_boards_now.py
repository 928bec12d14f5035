"""Boards of `boards_now.py`: one screen each, few queries, the way to the others."""

import pytest

from dashboards.board import Board
from dashboards.boards_now import BOARDS, CITY_NOW
from dashboards.provisioning import board_json
from tests.dashboards.board_rules import hold_for, links_of


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.uid)
def test_a_board_is_one_screen(board: Board) -> None:
    hold_for(board)


def test_an_incident_leads_to_its_board_and_its_runbook() -> None:
    made = board_json(CITY_NOW)
    (panel,) = [one for one in made["panels"] if one["title"] == "Open incidents"]
    urls = links_of(panel)
    assert any(url.startswith("/d/lamplighter-incident?") for url in urls)
    assert any("runbooks" in url for url in urls)


def test_open_incidents_are_asked_for_whenever_they_began() -> None:
    made = board_json(CITY_NOW)
    (panel,) = [one for one in made["panels"] if one["title"] == "Open incidents"]
    assert "$timeFilter" not in panel["targets"][0]["query"]
