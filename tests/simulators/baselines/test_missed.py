"""k missed beats: delay within ((k-1)T+m, kT+m], and false alarms as the formula says."""

import numpy as np
import pytest

from simulators.baselines.missed import Missed
from simulators.detectors import View, heard
from simulators.loss_process import YEAR_S, Limits, LossProcess
from simulators.score_intervals import rate
from tests.simulators.beat_world import Plan, run_of
from tests.simulators.detector_cases import every, told, watched


@pytest.mark.parametrize("misses", [1, 3, 5])
def test_down_after_so_many_beats_and_up_at_the_first(misses: int) -> None:
    seconds = [*every(10.0, 100.0), 300.0]
    last, deadline = 90.0, 90.0 + 10.0 * misses + 0.5
    said = told(Missed(watched(), misses), seconds, 305.0)
    assert said == [("down", deadline, last), ("up", 300.0, 300.0)]


def test_a_gateway_beats_twice_as_often() -> None:
    said = told(Missed(watched(), 3), every(5.0, 50.0), 100.0, stream_ix=1)
    assert said == [("down", 45.0 + 15.5, 45.0)]


@pytest.mark.parametrize(
    ("process", "ap_years"),
    [
        (LossProcess(loss=0.01), 8),
        (LossProcess(loss=0.05), 1),
        (LossProcess(loss=0.002, burst_per_s=0.004, burst_mean_s=2.0), 8),
        (LossProcess(loss=0.002, burst_per_s=0.001, burst_mean_s=8.0), 1),
    ],
)
def test_false_alarms_are_those_of_the_closed_form(process: LossProcess, ap_years: int) -> None:
    seed, aps = 2_027, 50
    duration_s = int(ap_years * YEAR_S / aps)
    run = run_of(Plan(gateways=5, process=process), seed, duration_s, cut_every=2_000_000)
    detector = Missed(run.watched, 3)
    count = 0
    for piece in run.pieces:
        said = detector.feed(heard(run.watched, *piece))
        count += int(((said.view == View.DOWN) & (said.stream_ix < aps)).sum())
    counted = rate(count, ap_years)
    assert counted is not None
    expected = Limits(process).false_alarms_per_year(3)
    assert counted.low <= expected <= counted.high, (seed, counted, expected)


def test_the_delay_is_uniform_over_a_beat() -> None:
    seed, limits = 11, Limits(LossProcess(loss=1e-9))
    rng = np.random.default_rng(seed)
    delays = []
    for failure in rng.uniform(100.0, 200.0, 300):
        (_, at, _), *_ = told(Missed(watched(), 3), every(10.0, failure), failure + 60.0)
        delays.append(at - failure)
    assert limits.delay_max_s(3) - 10.0 <= min(delays), seed
    assert max(delays) <= limits.delay_max_s(3), seed
    assert np.mean(delays) == pytest.approx(limits.delay_mean_s(3), abs=3 * 10 / 12**0.5 / 300**0.5)
