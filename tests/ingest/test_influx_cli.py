"""The commands around the database: set up, and count."""

import json
from pathlib import Path

import pytest

from lamplighter.cli import run
from simulators.servers import InfluxDb
from tests.house.tree import HOUSE
from vocabulary.exit_codes import ExitCode

SAMPLE = HOUSE / "deploy"


def configuration(directory: Path, url: str) -> str:
    for name in ("host.toml", "inventory.toml"):
        text = (SAMPLE / name).read_text("utf-8").replace("http://127.0.0.1:8086", url)
        (directory / name).write_text(text, "utf-8")
    return str(directory / "host.toml")


def test_setup_twice(influx: InfluxDb, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = configuration(tmp_path, influx.url)
    assert run(["host", "influx", "setup", "--config", path]) == ExitCode.FINE
    assert "lamplighter_hours        kept  1827 days  made" in capsys.readouterr().out
    assert run(["host", "influx", "setup", "--config", path, "--json"]) == ExitCode.FINE
    rows = json.loads(capsys.readouterr().out)
    assert [row["done"] for row in rows] == ["was right"] * 3


def test_setup_without_a_database(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = configuration(tmp_path, "http://127.0.0.1:9")
    assert run(["host", "influx", "setup", "--config", path]) == ExitCode.UNAVAILABLE
    assert "what to do:" in capsys.readouterr().err


def test_cardinality(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = configuration(tmp_path, "http://127.0.0.1:9")
    assert run(["host", "influx", "cardinality", "--config", path]) == ExitCode.FINE
    assert "wifi_usage                   1" in capsys.readouterr().out
    assert run(["host", "influx", "cardinality", "--config", path, "--json"]) == ExitCode.FINE
    assert {"measurement": "detector", "series": 1} in json.loads(capsys.readouterr().out)
