"""The commands: what there is, what is built, what a database answers, pictures."""

import json
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from dashboards.cli import dashboards
from dashboards.provisioning import files
from lamplighter.cli import run
from tests.dashboards.conftest import SmallCity
from vocabulary.exit_codes import ExitCode
from vocabulary.measurements import MEASUREMENTS
from vocabulary.measurements_page import page


def test_every_field_is_listed_for_people() -> None:
    said = CliRunner().invoke(dashboards, ["fields"])
    assert said.exit_code == 0
    lines = said.output.splitlines()
    assert "wifi_check by ap, area, gateway, site" in lines
    assert len(lines) == len(MEASUREMENTS) + sum(len(row.fields) for row in MEASUREMENTS.values())


def test_every_field_is_listed_for_programs() -> None:
    said = CliRunner().invoke(dashboards, ["fields", "--json"])
    listed = json.loads(said.output)
    assert {name: row["fields"] for name, row in listed.items()} == {
        name: row.fields for name, row in MEASUREMENTS.items()
    }


def test_the_page_is_printed() -> None:
    assert CliRunner().invoke(dashboards, ["fields", "--markdown"]).output == page()


def test_boards_are_built(tmp_path: Path) -> None:
    said = CliRunner().invoke(dashboards, ["build", "--out", str(tmp_path)])
    assert said.exit_code == 0
    assert len(said.output.splitlines()) == len(files())


@pytest.fixture
def story(city: SmallCity, tmp_path: Path) -> str:
    path = tmp_path / "story.json"
    path.write_bytes(msgspec.json.encode(city.story))
    return str(path)


def test_a_check_says_what_it_found(
    city: SmallCity, story: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["dashboards", "check", "--influx", city.url, "--database"]
    code = run([*words, city.database, "--story", story, "--json"])
    told = json.loads(capsys.readouterr().out)
    slow = [row for row in told["rows"] if row["verdict"] == "SLOW"]
    assert code == (ExitCode.DEGRADED if slow else ExitCode.FINE)
    assert told["figures"]["load_s_p95_3d"] > 0
    assert run([*words, "nowhere", "--story", story]) == ExitCode.DEGRADED
    assert "REFUSED" in capsys.readouterr().out
    assert run(["dashboards", "check", "--influx", "http://127.0.0.1:9"]) == ExitCode.UNAVAILABLE


def test_a_picture_is_drawn(city: SmallCity, story: str, tmp_path: Path) -> None:
    words = ["dashboards", "preview", "--influx", city.url, "--database", city.database]
    words += ["--story", story, "--png", str(tmp_path / "out"), "--board", "lamplighter-equity"]
    assert run(words) == ExitCode.FINE
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["equity.png"]
