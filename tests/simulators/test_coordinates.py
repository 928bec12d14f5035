"""Swapped coordinates are found where anything can tell, and right ones are left alone."""

import pytest

from simulators import coordinates

TOWN = [(41.88, -87.63), (41.95, -87.70), (41.75, -87.55), (41.80, -87.60)]


@pytest.mark.parametrize("position", [*TOWN, (-33.9, 18.4), (-54.8, -68.3), (78.2, 15.6)])
def test_places_where_people_live(position: tuple[float, float]) -> None:
    assert coordinates.fault(*position) is None


@pytest.mark.parametrize(
    ("lat", "lon", "wrong"),
    [
        (-87.63, 41.88, "lat"),
        (139.7, 35.7, "lat"),
        (35.7, 239.7, "lon"),
        (0.0, 0.0, "lat"),
        (89.0, 10.0, "lat"),
    ],
)
def test_places_that_cannot_be(lat: float, lon: float, wrong: str) -> None:
    found = coordinates.fault(lat, lon)
    assert found is not None
    assert found[0] == wrong


def test_one_swapped_pair_among_others() -> None:
    europe = [(52.5, 13.4), (52.4, 13.3), (13.5, 52.6), (52.6, 13.5)]
    assert coordinates.swapped_among(europe) == [2]
    assert coordinates.swapped_among(TOWN) == []
    assert coordinates.swapped_among([(52.5, 13.4), (13.5, 52.6)]) == []


def test_a_far_place_is_no_swapped_one() -> None:
    assert coordinates.swapped_among([*TOWN, (48.8, 2.3)]) == []
