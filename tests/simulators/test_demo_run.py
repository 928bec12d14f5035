"""One virtual run from options to summary."""

from pathlib import Path

import pytest

from simulators.demo_options import DemoOptions
from simulators.demo_run import places, run_virtual


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nothing_lost_nothing_doubled_everything_found(tmp_path: Path, seed: int) -> None:
    told: list[float] = []
    options = DemoOptions(minutes=6, seed=seed, virtual=True, out=tmp_path)
    summary = run_virtual(options, told.append)
    assert summary.is_clean, (seed, summary)
    assert summary.readings_produced > 10_000
    assert [line.found_cause for line in summary.outages] == ["access_point", "backhaul", "feeder"]
    for line in summary.outages:
        assert line.found_start_s is not None
        assert line.found_end_s is not None
        assert abs(line.found_start_s - line.true_start_s) <= 10, (seed, line)
        assert abs(line.found_end_s - line.true_end_s) <= 10, (seed, line)
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_the_same_seed_gives_the_same_run(tmp_path: Path) -> None:
    first, second = (
        run_virtual(
            DemoOptions(minutes=5, seed=11, virtual=True, out=tmp_path / name), lambda _share: None
        )
        for name in ("a", "b")
    )
    assert first.outages == second.outages
    points = [(tmp_path / name / "points.lp").read_bytes() for name in ("a", "b")]
    assert points[0] == points[1]


def test_a_second_run_in_one_place_begins_anew(tmp_path: Path) -> None:
    (tmp_path / "points.lp").write_text("left over\n")
    places(DemoOptions(out=tmp_path)).sink.close()
    assert not (tmp_path / "points.lp").exists()
