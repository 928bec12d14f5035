"""Replay: the same bytes give the same incidents, other settings show what would have changed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from processing.incidents import Incident
from processing.intervals import Cause, Level
from processing.settings import Settings
from simulators import replay
from simulators.arrivals import Arrivals
from simulators.full_path import scratch_directory
from simulators.play_virtual import play
from simulators.replay import Found, compare, difference, latest
from simulators.scenario import Kind, Link, Scenario
from tests.simulators.town_worlds import SEED, once, run_of


@pytest.fixture(scope="module")
def tape() -> Iterator[Path]:
    trouble = (
        once(Kind.AP_CRASH, "ap-00000-001", 200, 200),
        once(Kind.BACKHAUL_CUT, "bh-0000", 600, 90),
    )
    run: Arrivals = run_of(Scenario(link=Link(loss=0.03), trouble=trouble), seconds=900)
    with scratch_directory() as scratch:
        path = Path(scratch)
        report, _truth = play(
            run, path / "ledger.sqlite", progress=lambda _share: None, record=path / "tape"
        )
        assert sum(report.found_incidents.values()) == 2, f"seed {SEED}"
        yield path / "tape"


def test_the_same_settings_change_nothing(tape: Path) -> None:
    made = difference(tape)
    assert (made.recorded, made.replayed, made.same) == (2, 2, 2)
    assert (made.added, made.removed, made.moved) == ((), (), ())
    assert not made.cut_off
    assert made.against == "recording"
    assert replay.text(made).endswith("2 the same, 0 added, 0 removed, 0 moved")


def test_a_nervous_detector_finds_more(tape: Path) -> None:
    made = difference(tape, Settings(misses_down=1))
    assert len(made.added) > 10
    assert made.replayed == made.recorded + len(made.added) - len(made.removed)
    assert replay.text(made).count("\n+ ") + replay.text(made).startswith("+ ") == len(made.added)


def test_a_deaf_detector_finds_less(tape: Path) -> None:
    made = difference(tape, Settings(misses_down=100, gateway_misses=100))
    assert [one.node for one in made.removed] == ["ap-00000-001"]  # the other left its will
    assert made.added == ()


def test_a_recording_that_was_cut_off_is_compared_with_itself(tape: Path, tmp_path: Path) -> None:
    data = tape.read_bytes()
    (tmp_path / "cut").write_bytes(data[: len(data) // 2])
    made = difference(tmp_path / "cut")
    assert made.cut_off
    assert made.against == "replay"
    assert made.same == made.recorded == 1
    assert "cut off" in replay.text(made)


def incident(version: int, start_ms: int, end_ms: int | None, merged: str = "") -> Incident:
    return Incident(
        "i", version, Level.AP, "ap-1", Cause.ACCESS_POINT, start_ms, end_ms, 9, ("ap-1",), merged
    )


def test_the_last_version_counts_and_merged_ones_do_not() -> None:
    assert latest([incident(2, 5, 10), incident(1, 5, None)]) == [
        Found("ap", "ap-1", "access_point", 5, 10, ("ap-1",))
    ]
    assert latest([incident(1, 5, None), incident(2, 5, 10, "other")]) == []


def found(node: str, start_ms: int, end_ms: int | None = 900_000, cause: str = "x") -> Found:
    return Found("ap", node, cause, start_ms, end_ms, (node,))


@pytest.mark.parametrize(
    ("after", "moved"),
    [
        (found("a", 500), False),
        (found("a", 5_000), True),
        (found("a", 0, None), True),
        (found("a", 0, 950_000), True),
        (found("a", 0, cause="y"), True),
    ],
)
def test_what_has_moved(after: Found, moved: bool) -> None:
    made = compare([found("a", 0)], [after], messages=0, cut_off=False, against="x")
    assert len(made.moved) == moved
    assert made.same == (not moved)


def test_far_apart_they_are_two() -> None:
    made = compare(
        [found("a", 0), found("b", 0)],
        [found("a", 500_000)],
        messages=0,
        cut_off=False,
        against="x",
    )
    assert [one.node for one in made.removed] == ["a", "b"]
    assert [one.node for one in made.added] == ["a"]
