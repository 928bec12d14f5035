"""People come by the hour of their own town's week; clocks and holidays move them, beats never."""

from itertools import pairwise

import numpy as np
import pytest

from simulators import people, scenario
from simulators.people import SLOT_S, demand, kind_ix, level_of, local_times, weather
from simulators.scenario import Calendar, People, Scenario
from simulators.town import KINDS
from vocabulary.units import S_PER_DAY

DAY_SLOTS = S_PER_DAY // SLOT_S
MONDAY = Calendar(start="2027-01-11T06:00:00+00:00")  # midnight in Chicago


def of(
    name: str, scene: Scenario, days: float = 7
) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    made = demand(scene, 1, days * S_PER_DAY)[kind_ix(name)]
    return np.asarray(made, dtype=np.float64)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_busy_hours_and_quiet_ones(kind: str) -> None:
    week = of(kind, Scenario(calendar=MONDAY, people=People(weather=False)))[: 7 * DAY_SLOTS]
    assert week.max() >= 0.7
    assert week.min() < week.max()


def test_a_school_is_empty_at_the_weekend_and_on_a_holiday() -> None:
    calendar = Calendar(start=MONDAY.start, holidays=("2027-01-13",))
    week = of("school", Scenario(calendar=calendar))[: 7 * DAY_SLOTS].reshape(7, -1)
    noon = week[:, 24]
    assert np.all(noon[[0, 1, 3, 4]] > 1.0)
    assert np.all(noon[[2, 5, 6]] < 0.1)


def test_a_night_without_anybody() -> None:
    scene = Scenario(calendar=MONDAY, people=People(night_from_h=22.0, night_h=8.0))
    day = of("housing", scene, 1)[:DAY_SLOTS]
    assert np.all(day[:12] == 0)
    assert np.all(day[12:44] > 0)
    assert np.all(day[44:] == 0)


def test_the_clock_change_moves_people_by_an_hour() -> None:
    scene = scenario.load("s19")
    times = local_times(scene, 2 * DAY_SLOTS)
    steps = {
        (after.replace(tzinfo=None) - before.replace(tzinfo=None)).seconds
        for before, after in pairwise(times)
    }
    assert steps == {SLOT_S, 3 * SLOT_S}  # two o'clock becomes three


def test_a_day_has_its_weather_for_ever() -> None:
    assert (
        weather(1, ["2027-01-01", "2027-01-02"])["2027-01-02"]
        == weather(1, ["2027-01-02"])["2027-01-02"]
    )
    drawn = np.array(list(weather(1, [f"day-{ix}" for ix in range(300)]).values()))
    assert 0.3 <= drawn.min() < drawn.max() <= 1.3
    dry = of("library", Scenario(calendar=MONDAY))
    assert np.array_equal(
        dry, of("library", Scenario(calendar=MONDAY, people=People(weather=False)))
    )


def test_levels_are_those_of_real_fleets() -> None:
    levels = np.array([level_of(7, f"ap-{ix}") for ix in range(2_000)])
    median, p90, p99 = np.quantile(levels, [0.5, 0.9, 0.99])
    assert 1.8 < median < 2.2, "seed 7"
    assert 6.5 < p90 < 9.5, "seed 7"
    assert 18 < p99 < 30, "seed 7"
    assert levels.max() <= people.LEVEL_MAX


def test_strange_kinds_share_a_row() -> None:
    assert kind_ix("harbour") == kind_ix("castle") == len(KINDS)
