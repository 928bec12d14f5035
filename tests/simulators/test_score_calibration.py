"""Calibration: predictions where a closed form has one, beside what was counted."""

import pytest

from simulators.loss_process import LossProcess
from simulators.score import Score
from simulators.score_calibration import calibration
from simulators.score_metrics import YEAR_MS
from simulators.score_tally import Tally


def scored(detector: str, alarms: int, process: LossProcess | None) -> Score:
    made = Score("quick", 1, processes={"s1": process})
    made.tallies = [Tally(detector, "s1", healthy_ap_ms=round(YEAR_MS), false_ap_alarms=alarms)]
    return made


def test_a_count_that_fits_and_one_that_does_not() -> None:
    (good,) = calibration(scored("3-miss", 3, LossProcess(loss=0.01)))
    assert good.predicted == pytest.approx(3.12, abs=0.01)
    assert good.within
    (bad,) = calibration(scored("3-miss", 30, LossProcess(loss=0.01)))
    assert not bad.within


def test_nothing_is_predicted_without_a_form_or_a_process() -> None:
    assert calibration(scored("openwisp", 3, LossProcess(loss=0.01))) == []
    assert calibration(scored("3-miss", 3, None)) == []
