"""The command: what it prints, and with what it ends."""

from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from simulators.cli import simulate
from simulators.conformance import cases
from simulators.conformance.stage import Recording


def played(recording: Recording, monkeypatch: pytest.MonkeyPatch, *words: str) -> tuple[int, str]:
    async def drive(directory: Path) -> Recording:
        assert directory.is_dir()
        return recording

    monkeypatch.setattr(cases, "drive", drive)
    done = CliRunner().invoke(simulate, ["conformance", *words])
    return done.exit_code, done.stdout


def test_it_prints_the_counts(recording: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    code, shown = played(recording, monkeypatch)
    assert code == 0
    assert "fail              0" in shown
    code, shown = played(recording, monkeypatch, "--table")
    assert "tck-id-topics-nbirth-topic: " in shown


def test_it_fails_on_any_fail(recording: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    lame = Recording(recording.log, [])
    code, shown = played(lame, monkeypatch, "--json")
    assert code == 2
    assert "no occasion" in msgspec.json.decode(shown)["faults"][0]
