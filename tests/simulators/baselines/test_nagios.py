"""Three failed checks, and unreachable behind a gateway that is not up."""

import pytest

from processing.columns import NO_CUES, readings_of
from simulators.baselines.nagios import NagiosParents
from simulators.detectors import heard, joined
from tests.simulators.beat_world import ns
from tests.simulators.detector_cases import Said, every, reading, said_of, watched


def told(aps: list[float], gateways: list[float], until: float) -> tuple[list[Said], list[Said]]:
    rows = [reading(s) for s in aps] + [reading(s, 1) for s in gateways]
    rows.sort(key=lambda row: row.arrival_ns)
    detector = NagiosParents(watched())
    parts = [
        detector.feed(heard(watched(), readings_of(rows[:7]), NO_CUES, rows[6].arrival_ns)),
        detector.feed(heard(watched(), readings_of(rows[7:]), NO_CUES, ns(until))),
        detector.finish(ns(until)),
    ]
    decisions = joined(parts)
    return said_of(decisions), said_of(decisions, 1)


def test_a_child_alone_is_down_at_the_third_check() -> None:
    child, parent = told(every(10.0, 100.0), every(5.0, 400.0), 400.0)
    assert child == [("down", 240.0, 120.0)]
    assert parent == []


def test_a_child_behind_a_dead_parent_is_unreachable() -> None:
    back = 600.0
    child, parent = told(
        [*every(10.0, 100.0), *every(10.0, 900.0, start=back)],
        [*every(5.0, 100.0), *every(5.0, 900.0, start=back)],
        900.0,
    )
    assert parent == [("down", 240.0, 120.0), ("up", back, back)]
    assert [row[:2] for row in child] == [("unseen", 240.0), ("up", back)]


def test_a_child_that_stays_away_is_down_when_its_parent_is_back() -> None:
    child, _ = told(
        every(10.0, 100.0), [*every(5.0, 100.0), *every(5.0, 900.0, start=601.0)], 900.0
    )
    assert [row[:2] for row in child] == [("unseen", 240.0), ("down", 660.0)]


def test_there_is_no_checkpoint() -> None:
    with pytest.raises(NotImplementedError):
        NagiosParents(watched()).to_bytes()
