"""What time alone does: nobody is blamed for our own pauses, nor for what nobody saw."""

import numpy as np

from processing.changes import NodeState
from processing.columns import CueKind, cues_of
from processing.records import K_FADE_NS, K_GAPS, K_MISSES
from processing.settings import Settings
from processing.sweep_kernel import FADE, FADE_NS
from tests.processing.asked_street import Spans, run, told_by_gateways, town_of
from tests.processing.street import START_NS, at_ns
from vocabulary.units import NS_PER_S

CITY = town_of(gateways=2, aps=10)


def test_a_pause_of_ours_makes_nobody_down() -> None:
    rows = [
        row for row in told_by_gateways(CITY, 400.0) if not at_ns(200) < row.arrival_ns < at_ns(230)
    ]
    told, _, _ = run(CITY, 400.0, rows=rows, settings=Settings(pause_ms=2_000))
    assert not [c for c in told.changes if c.state is NodeState.DOWN]
    assert told.incidents == []


def test_a_broker_that_is_away_makes_nobody_down() -> None:
    rows = [
        row for row in told_by_gateways(CITY, 400.0) if not at_ns(200) < row.arrival_ns < at_ns(240)
    ]
    cues = cues_of([(at_ns(200), 0, CueKind.DEAF), (at_ns(211), 0, CueKind.HEARING)])
    told, _, _ = run(CITY, 400.0, rows=rows, cues=cues)
    assert not [c for c in told.changes if c.state is NodeState.DOWN]


def test_an_access_point_behind_a_gateway_that_is_gone_is_unobserved() -> None:
    gone: Spans = {"g0": [(300.0, 390.0)]}
    told, _, _ = run(CITY, 500.0, off={"g0-a3": [(310.0, 350.0)]}, gone=gone)
    assert told.states("g0-a3") == ["up", "unobserved", "up"]
    assert told.states("g1-a3") == ["up"]


def test_what_was_learned_fades_in_a_week() -> None:
    _, state, _ = run(CITY, 100.0, lost={"g0-a3": [(50.0, 59.0)]})
    known = state.known
    gaps, misses = known[K_GAPS], known[K_MISSES]
    assert misses == 1
    known[K_FADE_NS] = START_NS + 100 * NS_PER_S  # due at the next sweep
    run(CITY, 101.0, rows=[], state=state)
    assert known[K_MISSES] == misses * FADE
    assert known[K_GAPS] < gaps
    assert known[K_FADE_NS] >= START_NS + FADE_NS
    assert np.isclose(FADE**7, 0.5)
