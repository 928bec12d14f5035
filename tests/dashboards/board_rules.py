"""What must hold for every board, whichever file it is in."""

import json
from typing import Any

from dashboards.board import QUERIES_MAX, VARIABLES_MAX, Board
from dashboards.provisioning import board_json
from vocabulary.measurements import MEASUREMENTS

NO_UNIT_ON_A_WHOLE = {"table", "geomap", "state-timeline"}
ROW_PX, SCREEN_ROWS_MAX = 30, 33


def hold_for(board: Board) -> None:
    """Every rule of a board."""
    made = board_json(board)
    assert made["uid"] == board.uid
    assert board.uid.startswith("lamplighter-")
    assert len(board.uid) <= 40
    assert board.queries <= QUERIES_MAX
    assert len(board.choices) <= VARIABLES_MAX
    assert made["refresh"] == "1m"
    assert "Owner: " in made["description"]
    assert sum(height for height, _row in board.rows) <= SCREEN_ROWS_MAX, "more than a screen"
    (link,) = made["links"]
    assert link["keepTime"]
    assert link["includeVars"]
    titles = [panel["title"] for panel in made["panels"]]
    assert len(set(titles)) == len(titles)
    for panel in made["panels"]:
        _panel_holds(panel)


def _panel_holds(panel: dict[str, Any]) -> None:
    assert panel["description"].endswith("."), panel["title"]
    defaults = panel["fieldConfig"]["defaults"]
    assert panel["type"] in NO_UNIT_ON_A_WHOLE or defaults["unit"], panel["title"]
    for target in panel["targets"]:
        assert target["measurement"] in MEASUREMENTS
        assert target["rawQuery"]
        assert "*" not in target["query"].replace("100 * (", "")
    for url in links_of(panel):
        assert url.startswith(("/d/lamplighter-", "/public/lamplighter/"))
        assert "/d/" not in url or "${__url_time_range}" in url


def links_of(panel: dict[str, Any]) -> list[str]:
    """Every address that a panel leads to."""
    found: list[str] = []

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if isinstance(node.get("url"), str):
                found.append(node["url"])
            for child in node.values():
                walk(child)
        elif isinstance(node, list):
            for child in node:
                walk(child)

    walk(json.loads(json.dumps(panel)))
    return found
