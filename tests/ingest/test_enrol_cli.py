"""``lamplighter host ca`` and ``host enrol``: what operations type, and what it changes."""

import json
from pathlib import Path

import pytest

from lamplighter.cli import run
from vocabulary.exit_codes import ExitCode


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "pass").write_text("a passphrase of some length\n", "utf-8")
    words = ["--city", "town", "--passphrase-file", str(tmp_path / "pass")]
    assert host("ca", "init", *words, place=tmp_path / "ca") == ExitCode.FINE
    return tmp_path / "ca"


def host(*words: str, place: Path) -> int:
    return run(["host", *words, "--directory", str(place)])


def add(place: Path, name: str = "gw-1") -> int:
    return host("enrol", "add", name, "--site", "library", "--district", "north", place=place)


def test_a_life(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert add(place) == ExitCode.FINE
    assert "code " in capsys.readouterr().out
    steps = [
        (["enrol", "move", "gw-1", "--site", "park"], ExitCode.FINE),
        (["enrol", "reopen", "gw-1"], ExitCode.BAD_DATA),
        (["enrol", "replace", "gw-1"], ExitCode.FINE),
        (["enrol", "retire", "gw-1"], ExitCode.FINE),
        (["enrol", "retire", "gw-1"], ExitCode.BAD_DATA),
        (["enrol", "reopen", "gw-1"], ExitCode.FINE),
        (["enrol", "retire", "gw-2"], ExitCode.BAD_DATA),
        (["enrol", "retire", "GW 2"], ExitCode.USAGE),
    ]
    for words, expected in steps:
        assert host(*words, place=place) == expected, words
    capsys.readouterr()
    assert host("enrol", "list", "--json", place=place) == ExitCode.FINE
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["state"], row["generation"], row["site_id"]) == ("expected", 3, "park")
    assert host("enrol", "audit", "--json", place=place) == ExitCode.FINE
    events = [one["event"] for one in json.loads(capsys.readouterr().out)]
    assert events == ["expected", "moved", "replaced", "retired", "reopened"]
    assert host("enrol", "list", place=place) == host("enrol", "audit", place=place) == 0
    shown = capsys.readouterr().out
    assert "gw-1  expected  generation 3  park" in shown


def test_no_authority_here(tmp_path: Path) -> None:
    assert add(tmp_path / "nothing") == ExitCode.UNAVAILABLE
