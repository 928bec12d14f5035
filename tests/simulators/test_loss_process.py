"""The closed forms, against the design's tables and against losses drawn at random."""

import numpy as np
import pytest

from simulators.loss_process import Limits, LossProcess
from tests.simulators.beat_world import _lost

ONE_PCT = Limits(LossProcess(loss=0.01))
SHORT_BURSTS = Limits(LossProcess(loss=0.002, burst_per_s=0.004, burst_mean_s=2.0))
LONG_BURSTS = Limits(LossProcess(loss=0.002, burst_per_s=0.001, burst_mean_s=8.0))


@pytest.mark.parametrize(
    ("limits", "misses", "expected"),
    [
        (ONE_PCT, 3, 3.12),
        (SHORT_BURSTS, 3, 7.2),
        (LONG_BURSTS, 3, 1_505.0),
        (LONG_BURSTS, 5, 126.0),
    ],
)
def test_false_alarms_of_k_missed_beats(limits: Limits, misses: int, expected: float) -> None:
    assert limits.false_alarms_per_year(misses) == pytest.approx(expected, rel=0.01)


def test_how_many_beats_a_budget_takes() -> None:
    assert ONE_PCT.misses_for(0.1) == 4
    assert Limits(LossProcess(loss=0.05)).misses_for(0.1) == 6
    persistent = [Limits(LossProcess(0.01, persistence=r)).misses_for(0.1) for r in (0.1, 0.3, 0.5)]
    assert persistent == [7, 12, 19]


def test_delays_of_k_missed_beats() -> None:
    sure = Limits(LossProcess(loss=1e-9))
    assert sure.delay_mean_s(3) == pytest.approx(25.5)
    assert sure.delay_max_s(3) == pytest.approx(30.5)
    assert ONE_PCT.delay_mean_s(4) == pytest.approx(35.5, abs=0.11)


def test_the_best_delay_lies_between_two_whole_numbers_of_beats() -> None:
    best = ONE_PCT.best_delay_mean_s(0.1)
    assert ONE_PCT.delay_mean_s(3) < best < ONE_PCT.delay_mean_s(4)
    exact = ONE_PCT.false_alarms_per_year(3)
    assert ONE_PCT.best_delay_mean_s(exact) == pytest.approx(ONE_PCT.delay_mean_s(3))
    assert LONG_BURSTS.best_delay_mean_s(0.1) == pytest.approx(103.9, abs=0.1)


def test_merged_streams() -> None:
    means = [ONE_PCT.group_delay_mean_s(n / 10, 0.02) for n in (5, 20, 50)]
    assert means == pytest.approx([9.4, 2.9, 1.5], abs=0.05)
    assert ONE_PCT.group_misses_for(2.0, 0.02) == 5


@pytest.mark.parametrize("limits", [ONE_PCT, SHORT_BURSTS, LONG_BURSTS])
def test_runs_of_losses_are_as_long_as_said(limits: Limits) -> None:
    seed, beats = 7, 2_000_000
    rng = np.random.default_rng(seed)
    lost = _lost(rng, limits.process, np.arange(beats, dtype=np.float64) * 10)
    for misses in (1, 2):
        run = ~lost[: -misses - 1]
        for k in range(1, misses + 1):
            run = run & lost[k : k - misses - 1 or None][: run.size]
        expected = limits.runs_per_beat(misses) * beats
        assert abs(run.sum() - expected) < 4 * expected**0.5, (seed, misses)


def test_an_empty_window_is_three_losses_in_a_row() -> None:
    expected = 31_557_600 / 30 * 1e-6
    assert ONE_PCT.window_false_alarms_per_year(3) == pytest.approx(expected, rel=1e-4)
