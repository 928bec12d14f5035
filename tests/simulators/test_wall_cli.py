"""The fill as a command: lines in the database, a story beside it, the ledger of the same month."""

import json
from pathlib import Path

import pytest

from ingest.ledger_reader import LedgerReader
from lamplighter.cli import run
from simulators.servers import InfluxDb
from simulators.wall_story import WallStory
from vocabulary.exit_codes import ExitCode


def test_a_small_month(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    story, ledger = tmp_path / "story.json", tmp_path / "ledger.sqlite"
    with InfluxDb() as influx:
        words = ["simulate", "wall", "--influx", influx.url, "--access-points", "8", "--days", "1"]
        words += ["--raw-s", "3600", "--story", str(story), "--ledger", str(ledger)]
        assert run(words) == ExitCode.FINE
    assert " lines, " in capsys.readouterr().out
    truth = WallStory(aps=8, days=1, seed=1)
    assert json.loads(story.read_bytes())["start_ms"] == truth.start_ms
    with LedgerReader(ledger) as reader:
        assert [row.incident for row in reader.incidents()] == [
            one.incident.incident for one in truth.told
        ]
        down = [row for row in truth.intervals if row.state == "down"]
        assert len(reader.outages()) == len(down)


def test_nobody_there(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["simulate", "wall", "--influx", "http://127.0.0.1:9", "--access-points", "4"]
    assert run([*words, "--days", "1"]) == ExitCode.UNAVAILABLE
    assert "the fill halted" in capsys.readouterr().err
