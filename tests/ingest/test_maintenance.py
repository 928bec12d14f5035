"""Announced work holds for everything below, silences, and does not count."""

import pytest

from ingest.maintenance import Window, Works, covered
from processing.incidents import Incident
from processing.intervals import Cause, Level
from simulators.installation import town

CITY = town(gateways=2, aps_each=2, sensors_each=0)
BELOW = covered(CITY)


def window(level: str, node: str, start: int, end: int, removed: int | None = None) -> Window:
    return Window(1, level, node, start, end, "cables", 0, removed)


def incident(level: Level, node: str, *members: str) -> Incident:
    return Incident("x", 1, level, node, Cause.GATEWAY, 10, None, 10, members)


@pytest.mark.parametrize(
    ("level", "node", "count"),
    [("area", "riverside", 6), ("site", "market", 6), ("gateway", "gw-1", 3), ("ap", "ap-1-1", 1)],
)
def test_work_holds_for_everything_below(level: str, node: str, count: int) -> None:
    assert len(BELOW[level, node]) == count
    works = Works([window(level, node, 10, 20)], BELOW)
    assert sum(works.at(one, 15) for one in BELOW["area", "riverside"]) == count
    assert not any(works.at(one, 20) for one in BELOW["area", "riverside"])


def test_an_incident_is_silenced_only_as_a_whole() -> None:
    works = Works([window("gateway", "gw-1", 10, 20)], BELOW)
    assert works.silences(incident(Level.GATEWAY, "gw-1", "ap-1-1", "ap-1-2"), 15)
    assert not works.silences(incident(Level.GATEWAY, "gw-1", "ap-1-1", "ap-2-1"), 15)
    assert not works.silences(incident(Level.GATEWAY, "gw-1", "ap-1-1"), 25)
    assert works.silences(incident(Level.FEEDER, "fd", "ap-1-1"), 15)


def test_its_time_does_not_count() -> None:
    works = Works([window("ap", "ap-1-1", 10, 20), window("site", "market", 15, 30)], BELOW)
    assert works.spans("ap-1-1") == [(10, 30)]
    assert works.counted_ms("ap-1-1", 0, 100) == 80
    assert works.counted_ms("ap-2-1", 0, 20) == 15


def test_taken_back_it_ends_then() -> None:
    assert window("ap", "ap-1-1", 10, 20, 15).span == (10, 15)
    before = Works([window("ap", "ap-1-1", 10, 20, 5)], BELOW)
    assert before.spans("ap-1-1") == []
    assert not window("ap", "a", 1, 2, 1).stands
