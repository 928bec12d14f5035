"""``lamplighter simulate crash``, as its user types and interrupts it."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from simulators.cli import simulate
from simulators.crash import Summary
from simulators.crash_account import Figures
from simulators.crash_cli import in_words
from simulators.crash_plan import Kind, Victim

KILLS = {victim: {Kind.KILLED: 2, Kind.FROZEN: 1} for victim in Victim}


def test_the_help_has_an_example() -> None:
    shown = CliRunner().invoke(simulate, ["crash", "--help"])
    assert shown.exit_code == 0
    assert "lamplighter simulate crash --cycles 50 --seed 1 --json" in shown.output


@pytest.mark.parametrize("words", [["--cycles", "0"], ["--cycles", "many"], ["--seed", "x"]])
def test_nonsense_is_refused_before_anything_starts(words: list[str]) -> None:
    assert CliRunner().invoke(simulate, ["crash", *words]).exit_code == 2


def test_a_summary_in_words() -> None:
    figures = Figures(said=9, unheard=1, records=8, produced=20, stored=19, missing=1)
    figures.find("recorded and not stored: that one")
    text = in_words(Summary(7, 8, 8, KILLS, figures, settled=True, wall_s=61.4))
    assert "8 of 8 cycles in 61 s, seed 7" in text
    assert "gateway 2 + 1, broker 2 + 1" in text
    assert "19 stored, 1 missing, 0 stored twice, 0 declared lost, 0 false outages" in text
    assert text.endswith("FOUND recorded and not stored: that one")


def test_a_summary_without_an_account_says_so() -> None:
    assert "no account" in in_words(Summary(7, 8))


@pytest.mark.story
def test_ctrl_c_leaves_the_account_of_what_was_done(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "lamplighter", "simulate", "crash"]
    command += ["--cycles", "50", "--seed", "3", "--json", "--out", str(tmp_path)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        first = process.stderr.readline()
        process.send_signal(signal.SIGINT)
        printed, _progress = process.communicate()
    assert first.startswith("cycle   1 of 50: ")
    assert process.returncode == 130
    made = json.loads(printed)
    assert made["cycles"] in {1, 2}
    assert made["settled"]
    assert made["figures"]["findings"] == []
    assert made == json.loads((tmp_path / "summary.json").read_text())
