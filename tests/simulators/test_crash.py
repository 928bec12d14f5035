"""Real processes are killed and frozen; the account of a short run is clean."""

import json
from pathlib import Path

import pytest

from simulators.crash import Summary, run
from simulators.crash_account import Figures
from simulators.crash_plan import Kind, Victim
from simulators.spool_harvest import Harvest

SEED = 20_261_123
CYCLES = 4  # each part is killed once


def summary(**changed: object) -> Summary:
    made = Summary(1, 2, cycles=2, figures=Figures(produced=5, stored=5), settled=True)
    for name, value in changed.items():
        setattr(made, name, value)
    return made


def test_a_whole_run_without_findings_is_clean() -> None:
    assert summary().is_clean


@pytest.mark.parametrize(
    "changed",
    [
        {"cycles": 1},
        {"settled": False},
        {"figures": Figures()},
        {"figures": Figures(produced=5, findings=["something"])},
    ],
)
def test_anything_less_is_not_clean(changed: dict[str, object]) -> None:
    assert not summary(**changed).is_clean


@pytest.mark.story
def test_nothing_is_lost_or_doubled_whoever_is_killed(tmp_path: Path) -> None:
    print(f"seed {SEED}")  # noqa: T201 - pytest shows it when the story fails
    said: list[str] = []
    made = run(CYCLES, SEED, say=said.append, out=tmp_path)
    assert made.figures.findings == []
    assert made.is_clean
    assert {
        victim: by_kind[Kind.KILLED] for victim, by_kind in made.kills.items()
    } == dict.fromkeys(Victim, 1)
    assert made.kills_of(Kind.KILLED) == CYCLES
    assert len(said) == CYCLES + 1

    figures = made.figures
    assert figures.produced == figures.stored > 4 * figures.records / 2
    assert figures.said > figures.unheard
    logs = [path.read_text() for path in tmp_path.glob("*/log.txt")]
    assert len(logs) == 6
    starts = [
        json.loads(line) for log in logs for line in log.splitlines() if '"gateway_started"' in line
    ]
    assert len(starts) == 3  # two gateways, and one of them once more
    kept = [path.parents[1] for path in tmp_path.glob("*/spool/spool/cursor*")]
    assert kept
    harvest = Harvest("gw", kept[0])
    harvest.look()
    assert harvest.bodies


@pytest.mark.story
def test_a_run_that_is_asked_to_end_gives_the_account_of_what_was_done() -> None:
    made = run(CYCLES, SEED, say=lambda _line: None, interrupted=lambda: True)
    assert (made.cycles, made.kills_of(Kind.KILLED)) == (0, 0)
    assert made.settled
    assert made.figures.findings == []
    assert not made.is_clean
