"""The words between harness and detectors: columns, periods, joining."""

from processing.columns import NO_CUES, readings_of
from simulators.baselines.table import BASELINES
from simulators.detectors import NO_DECISIONS, Detector, View, decisions_of, heard, joined
from tests.simulators.beat_world import START_NS, Plan, watched_of
from tests.simulators.detector_cases import reading, watched
from vocabulary.units import NS_PER_S


def test_periods_are_those_of_the_streams() -> None:
    periods = watched_of(Plan(gateways=2, aps_per_gateway=3)).periods_ns()
    assert (periods // NS_PER_S).tolist() == [10] * 6 + [5] * 2


def test_pieces_carry_their_proofs() -> None:
    piece = heard(watched(), readings_of([reading(1.0)]), NO_CUES, START_NS)
    assert piece.proofs.stream_ix.tolist() == [0]


def test_joining_sorts_by_stream_and_time_and_keeps_the_order_of_equals() -> None:
    late = decisions_of([(9, 0, View.UP, 9, -1), (3, 1, View.DOWN, 1, -1)])
    early = decisions_of([(2, 0, View.DOWN, 1, -1), (9, 0, View.DOWN, 9, -1)])
    merged = joined([late, early])
    assert merged.at_ns.tolist() == [2, 9, 9, 3]
    assert merged.view.tolist() == [View.DOWN, View.UP, View.DOWN, View.DOWN]
    assert joined([]) is NO_DECISIONS


def test_every_baseline_is_a_detector() -> None:
    made: list[Detector] = [make(watched()) for make in BASELINES.values()]
    assert [detector.name for detector in made] == list(BASELINES)
    assert all(detector.usage() is None for detector in made)
