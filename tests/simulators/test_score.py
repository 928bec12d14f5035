"""The harness: what it refuses, what it adds up, and the closed forms through all of it."""

import msgspec
import pytest

from simulators.baselines.table import BASELINES
from simulators.loss_process import Limits, LossProcess
from simulators.score import DETECTORS, DetectorUnknown, Score, check, score_cell
from simulators.score_metrics import Context, figures
from simulators.seeds import TUNING_SEEDS, SeedRefused
from tests.simulators.beat_world import Plan
from tests.simulators.score_cases import LOSSY, cell, outs_of, small_score, still, world_of


def test_tuning_seeds_are_refused() -> None:
    tuned = msgspec.structs.replace(cell(100), seed=TUNING_SEEDS.stop - 1)
    with pytest.raises(SeedRefused):
        score_cell(tuned, world_of(LOSSY), ("3-miss",), still)


def test_detectors_are_in_the_order_of_reports_and_known() -> None:
    assert check(()) == DETECTORS
    assert check(("oracle", "ours")) == ("ours", "oracle")
    assert set(BASELINES) < set(DETECTORS)
    with pytest.raises(DetectorUnknown) as unknown:
        check(("ours", "theirs"))
    assert "theirs" in str(unknown.value)
    assert "3-miss" in unknown.value.remedy


def test_every_detector_hears_the_same_and_is_judged() -> None:
    plan = LOSSY._replace(outs=outs_of(("ap", "gateway"), 6, 1_500.0))
    scored = score_cell(cell(10_800), world_of(plan), DETECTORS, still)
    assert [row.detector for row in scored.tallies] == list(DETECTORS)
    assert len({row.reading_count for row in scored.tallies}) == 1
    assert all(len(row.found) == 6 for row in scored.tallies)
    ours = scored.tallies[0]
    assert ours.child_false_down == 0
    assert all(row.delay_ms is not None for row in ours.found)


def test_without_losses_there_is_no_oracle() -> None:
    world = world_of(Plan())

    def lossless(one: object) -> object:
        return world(one)._replace(process=None)  # type: ignore[arg-type]

    scored = score_cell(cell(500), lossless, ("3-miss", "oracle"), still)  # type: ignore[arg-type]
    assert [row.detector for row in scored.tallies] == ["3-miss"]


@pytest.mark.parametrize(
    ("process", "days"),
    [
        (LossProcess(loss=0.05), 3),
        (LossProcess(loss=0.002, burst_per_s=0.001, burst_mean_s=8.0), 2),
    ],
)
def test_three_missed_beats_give_the_designs_false_alarms(process: LossProcess, days: int) -> None:
    """About 375 and 1500 a year and access point, through detector, harness and figures."""
    plan = Plan(gateways=10, process=process)
    scored = score_cell(cell(days * 86_400), world_of(plan), ("3-miss",), still)
    figure = figures(scored.tallies[0], Context(None))["false_per_ap_year"]
    expected = Limits(process).false_alarms_per_year(3)
    assert figure.low <= expected <= figure.high, (scored.cell.seed, figure, expected)


def test_delays_of_three_missed_beats_are_those_of_the_closed_form() -> None:
    plan = Plan(gateways=4, process=LossProcess(loss=0.001), outs=outs_of(("ap",), 150, 600.0))
    scored = score_cell(cell(95_000), world_of(plan), ("3-miss",), still)
    made = figures(scored.tallies[0], Context(None))
    limits = Limits(plan.process)
    figure = made["delay_mean_s.ap"]
    assert figure.low <= limits.delay_mean_s(3) <= figure.high, (scored.cell.seed, figure)
    assert made["delay_p99_s.ap"].value <= limits.delay_max_s(3)


def test_cells_add_up() -> None:
    made = Score("quick", 1, cells_planned=2)
    for number in range(2):
        one = cell(3_000, number=number)
        made.add(score_cell(one, world_of(LOSSY), ("3-miss", "ours"), still))
    assert made.cells_done == 2
    assert made.scenarios() == ["s1"]
    assert [row.detector for row in made.of("s1")] == ["ours", "3-miss"]
    assert [row.runs for row in made.tallies] == [2, 2]


def test_costs_are_counted_by_the_clock_that_is_given() -> None:
    ticks = iter(range(10**9))
    scored = score_cell(cell(500), world_of(LOSSY), ("3-miss",), lambda: next(ticks))
    assert scored.tallies[0].cost_ns > 0


def test_the_small_score_is_whole() -> None:
    made = small_score()
    assert made.timeline is not None
    assert made.scenarios() == ["causes", "s1b"]
