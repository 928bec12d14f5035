"""``lamplighter demo``, as a newcomer types it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from simulators.demo_cli import demo


def test_the_help_has_examples() -> None:
    shown = CliRunner().invoke(demo, ["--help"])
    assert shown.exit_code == 0
    assert "lamplighter demo --virtual --minutes 60 --seed 1 --json" in shown.output


def test_a_virtual_run_as_json(tmp_path: Path) -> None:
    words = ["--virtual", "--minutes", "5", "--seed", "4", "--json", "--out", str(tmp_path)]
    done = CliRunner().invoke(demo, words)
    assert done.exit_code == 0, done.output
    summary = json.loads(done.stdout)
    assert summary["readings_missing"] == 0
    assert summary["outages_found"] == 3


def test_a_virtual_run_in_words(tmp_path: Path) -> None:
    words = ["--virtual", "--minutes", "5", "--out", str(tmp_path)]
    done = CliRunner().invoke(demo, words)
    assert done.exit_code == 0, done.output
    assert "0 lost" in done.stdout
    assert "3 true, 3 found, 0 false" in done.stdout


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--virtual", "--broker", "mqtt://127.0.0.1"], "leave out --broker"),
        (["--virtual", "--forever"], "leave out --forever"),
        (["--minutes", "1"], "at least 5"),
        (["--virtual", "--speed", "-1"], "speed"),
    ],
)
def test_what_cannot_be_done_is_said(words: list[str], why: str) -> None:
    done = CliRunner().invoke(demo, words)
    assert done.exit_code != 0
    assert why in done.output
