"""The committed files are those that the code makes, and none is left over."""

import json
from pathlib import Path

import pytest

from dashboards.provisioning import BOARDS, files, write
from tests.house.tree import HOUSE

COMMITTED = HOUSE / "deploy" / "grafana"
MADE = files()


@pytest.mark.parametrize("name", MADE)
def test_a_committed_file_is_current(name: str) -> None:
    said = "run: lamplighter dashboards build --out deploy/grafana"
    assert (COMMITTED / name).read_text("utf-8") == MADE[name], said


def test_nothing_else_is_committed() -> None:
    there = {path.relative_to(COMMITTED).as_posix() for path in COMMITTED.rglob("*.*")}
    assert {name for name in there if not name.endswith(".md")} == set(MADE)


def test_uids_are_there_once() -> None:
    assert len({board.uid for board in BOARDS}) == len(BOARDS) == 10


def test_a_board_that_is_no_longer_made_is_removed(tmp_path: Path) -> None:
    old = tmp_path / "boards" / "lamplighter-of-yesterday.json"
    old.parent.mkdir()
    old.write_text("{}")
    assert len(write(tmp_path)) == len(MADE)
    assert not old.exists()


def test_dollars_reach_grafana_as_they_are_meant() -> None:
    rules = MADE["provisioning/alerting/lamplighter.yaml"]
    assert "$$labels.site" in rules
    assert "${LAMPLIGHTER_DOCS}/docs/operate/" in rules
    sources = json.loads(MADE["provisioning/datasources/lamplighter.yaml"])
    assert [row["jsonData"]["dbName"] for row in sources["datasources"]] == [
        "${LAMPLIGHTER_INFLUX_DATABASE}",
        "${LAMPLIGHTER_INFLUX_DATABASE}_usage",
        "${LAMPLIGHTER_INFLUX_DATABASE}_hours",
    ]
