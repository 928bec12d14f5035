"""Half an hour of failed checks, five minutes apart."""

from simulators.baselines.openwisp import OpenWisp
from tests.simulators.detector_cases import every, told, watched


def test_the_alert_comes_half_an_hour_after_the_first_failed_check() -> None:
    said = told(OpenWisp(watched()), every(10.0, 100.0), 2_500.0)
    assert said == [("down", 300.0 + 1_800.0, 300.0)]


def test_an_outage_of_half_an_hour_may_pass_unnoticed() -> None:
    seconds = [*every(10.0, 301.0), *every(10.0, 3_000.0, start=2_395.0)]
    assert told(OpenWisp(watched()), seconds, 3_000.0) == []
