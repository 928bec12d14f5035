"""up == 0 for 5 minutes: pending at the first failed scrape, firing ten scrapes later."""

from simulators.baselines.prometheus import PrometheusUp
from tests.simulators.detector_cases import every, told, watched


def test_it_fires_when_it_has_held_for_five_minutes() -> None:
    seconds = [*every(10.0, 100.0), *every(10.0, 700.0, start=600.0)]
    said = told(PrometheusUp(watched()), seconds, 690.0)
    assert said == [("down", 120.0 + 300.0, 120.0), ("up", 600.0, 600.0)]


def test_one_good_scrape_begins_again() -> None:
    seconds = [*every(10.0, 100.0), 355.0]
    said = told(PrometheusUp(watched()), seconds, 800.0)
    assert said == [("down", 390.0 + 300.0, 390.0)]
