"""A month of a city is one truth, and what was planted in it is there."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.truth import TrueLevel, joined
from simulators.wall_story import (
    EMPTY_SITE,
    HOUR_MS,
    ODD_NAMES,
    WallStory,
    minus,
    selections,
)
from vocabulary.inventory import relations


@pytest.fixture(scope="module")
def story() -> WallStory:
    return WallStory(aps=60, days=3, seed=1, start="2026-10-31T00:00:00+00:00")


def test_the_same_seed_is_the_same_month(story: WallStory) -> None:
    again = WallStory(aps=60, days=3, seed=1, start="2026-10-31T00:00:00+00:00")
    assert again.truth == story.truth
    assert again.told == story.told
    assert again.intervals == story.intervals


def test_the_city_is_odd_and_consistent(story: WallStory) -> None:
    inventory = story.town.inventory
    assert relations(inventory) == []
    assert {site.name for site in inventory.site} > set(ODD_NAMES)
    assert EMPTY_SITE not in {ap.site_id for ap in inventory.access_point}


def test_faults_are_planted(story: WallStory) -> None:
    for level in (TrueLevel.AP, TrueLevel.FEEDER, TrueLevel.BACKHAUL, TrueLevel.GATEWAY):
        assert story.planted(level).truth.level is level
    still = [one for one in story.told if one.incident.end_ms is None]
    assert {one.muted for one in still} == {True, False}
    gateway = story.planted(TrueLevel.GATEWAY)
    assert gateway.lost_device_ms == 0  # nobody saw, but residents had service


def test_an_hour_comes_twice_when_clocks_go_back(story: WallStory) -> None:
    sunday = [hour for day, hour in story.local if day == 7]
    assert len(sunday) == 25
    assert sunday.count(1) == 2


def test_rows_of_one_access_point_never_overlap(story: WallStory) -> None:
    for ap in story.town.inventory.access_point:
        rows = sorted(
            (row.start_ms, row.end_ms or story.end_ms)
            for row in story.intervals
            if row.node == ap.ap_id
        )
        assert all(a[1] <= b[0] for a, b in itertools.pairwise(rows))
        held = story.hourly_ms(story.down(ap.ap_id)) + story.hourly_ms(story.unobserved(ap.ap_id))
        assert held.max(initial=0) <= HOUR_MS


def test_what_to_expect_is_told(story: WallStory) -> None:
    told = selections(story)
    assert told["rules"]["access-point-down"]
    assert not told["rules"]["feeder-down"]
    assert [one["empty"] for one in told["boards"]["lamplighter-site"]] == [[], ["*"]]


spans = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=6).map(joined)


@given(spans, spans)
def test_minus_is_what_lies_outside(
    some: list[tuple[int, int]], less: list[tuple[int, int]]
) -> None:
    def instants(rows: list[tuple[int, int]]) -> set[int]:
        return {at for start, end in rows for at in range(start, end)}

    assert instants(minus(some, less)) == instants(some) - instants(less)
