"""Truth against what was found: each planted outage once, and whatever else is invented."""

import msgspec
import pytest

from processing.incidents import Incident
from processing.intervals import Cause, Level
from simulators.demo_summary import OutageLine, Summary, compare, latest
from simulators.neighbourhood import TrueOutage

START_MS = 1_000_000
TRUE = TrueOutage("ap", "ap-1", 100.0, 200.0, ("ap-1",))


def incident(node: str, start_s: float, end_s: float | None, **changes: object) -> Incident:
    made = Incident(
        incident=f"{node}@{start_s}",
        version=1,
        level=Level.AP,
        node=node,
        cause=Cause.ACCESS_POINT,
        start_ms=START_MS + round(start_s * 1_000),
        end_ms=None if end_s is None else START_MS + round(end_s * 1_000),
        declared_ms=0,
        members=(node,),
    )
    return msgspec.structs.replace(made, **changes)


def test_only_the_last_version_counts_and_merged_ones_do_not() -> None:
    first = incident("ap-1", 100, None)
    second = msgspec.structs.replace(first, version=2, end_ms=START_MS + 5)
    merged = incident("ap-2", 100, 110, merged_into=first.incident)
    assert latest([second, first, merged]) == [second]


def test_a_found_outage_with_its_times() -> None:
    (line,), false = compare([TRUE], [incident("ap-1", 104.5, 199.5)], start_ms=START_MS)
    assert line == OutageLine("ap", "ap-1", 100.0, 200.0, 104.5, 199.5, "access_point", 1)
    assert false == []


def test_one_that_is_still_open_has_no_end() -> None:
    (line,), false = compare([TRUE], [incident("ap-1", 104, None)], start_ms=START_MS)
    assert (line.found_start_s, line.found_end_s) == (104, None)
    assert false == []


@pytest.mark.parametrize(
    "found",
    [
        incident("ap-2", 104, 190),
        incident("ap-1", 200, 300),
        incident("ap-1", 10, 100),
        incident("ap-1", 104, 190, level=Level.GATEWAY),
    ],
)
def test_another_node_level_or_time_is_not_it(found: Incident) -> None:
    (line,), false = compare([TRUE], [found], start_ms=START_MS)
    assert line.found_start_s is None
    assert line.found_cause == ""
    assert false == [found]


def test_one_incident_explains_one_outage() -> None:
    found = [incident("ap-1", 100, 140), incident("ap-1", 150, 200)]
    lines, false = compare([TRUE], found, start_ms=START_MS)
    assert [line.found_end_s for line in lines] == [140]
    assert false == found[1:]  # flapping is not what happened
    lines, false = compare([TRUE, TRUE], found[:1], start_ms=START_MS)
    assert [line.found_start_s for line in lines] == [100, None]


CLEAN = Summary(1, 60.0, 10, 8, 2, 0, 2, 0, 3, 3, 0, (), 1.0, 1.0)


@pytest.mark.parametrize(
    "changes",
    [
        {"readings_missing": 3},
        {"readings_missing": 1},
        {"readings_stored_twice": 1},
        {"outages_found": 2},
        {"outages_false": 1},
    ],
)
def test_clean_means_nothing_lost_doubled_missed_or_invented(changes: dict[str, int]) -> None:
    assert CLEAN.is_clean
    assert not msgspec.structs.replace(CLEAN, **changes).is_clean


def test_found_missed_and_invented() -> None:
    missed = TRUE._replace(node="ap-2", affected=("ap-2",))
    found = [incident("ap-1", 104, 199), incident("ap-3", 104, 199)]
    lines, false = compare([TRUE, missed], found, start_ms=START_MS)
    assert [line.found_start_s for line in lines] == [104, None]
    assert [row.node for row in false] == ["ap-3"]


def test_the_right_node_at_another_time_is_no_find() -> None:
    early = incident("ap-1", 10, 99)
    (line,), false = compare([TRUE], [early], start_ms=START_MS)
    assert line.found_start_s is None
    assert false == [early]


def test_three_access_points_are_not_their_feeder() -> None:
    aps = ("ap-1", "ap-2", "ap-3")
    feeder = TrueOutage("feeder", "feeder-1", 100.0, 200.0, aps)
    alone = [incident(ap, 100, 200) for ap in aps]
    (line,), false = compare([feeder], alone, start_ms=START_MS)
    assert line.found_start_s is None
    assert false == alone
    whole = incident("feeder-1", 100, 200, level=Level.FEEDER, cause=Cause.FEEDER, members=aps)
    (line,), false = compare([feeder], [whole], start_ms=START_MS)
    assert (line.found_cause, line.affected, false) == ("feeder", 3, [])
