"""The commands of announced work, beside a running host."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.ledger import Ledger
from lamplighter.cli import run
from simulators.installation import town
from vocabulary.exit_codes import ExitCode


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[str]:
    path = tmp_path / "ledger.sqlite"
    with Ledger.open(path) as made:
        made.set_inventory(town(gateways=1, aps_each=1, sensors_each=0))
        yield str(path)


def test_a_whole_life(ledger: str, capsys: pytest.CaptureFixture[str]) -> None:
    add = ["host", "maintenance", "add", "site", "market", "--from", "2026-12-01T08:00-06:00"]
    more = ["--reason", 'new "cables"', "--ledger", ledger]
    assert run([*add, *more, "--hours", "3", "--json"]) == ExitCode.FINE
    row = json.loads(capsys.readouterr().out)
    assert row["end_ms"] - row["start_ms"] == 3 * 3_600_000
    assert run(["host", "maintenance", "list", "--ledger", ledger]) == ExitCode.FINE
    assert "2026-12-01T14:00:00.000Z to 2026-12-01T17:00:00.000Z" in capsys.readouterr().out
    assert run(["host", "maintenance", "remove", "1", "--ledger", ledger]) == ExitCode.FINE
    assert "taken back" in capsys.readouterr().out
    assert run(["host", "maintenance", "remove", "9", "--ledger", ledger]) == ExitCode.USAGE


@pytest.mark.parametrize("start", ["tomorrow", "2026-12-01T08:00"])
def test_a_time_needs_its_zone(ledger: str, start: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["host", "maintenance", "add", "site", "market", "--from", start, "--reason", "x"]
    assert run([*words, "--ledger", ledger]) == ExitCode.USAGE
    assert start in capsys.readouterr().err


def test_nothing_announced(ledger: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["host", "maintenance", "list", "--ledger", ledger]) == ExitCode.FINE
    assert "no announced work" in capsys.readouterr().out
    assert run(["host", "maintenance", "list", "--ledger", ledger, "--json"]) == ExitCode.FINE
    assert json.loads(capsys.readouterr().out) == []
