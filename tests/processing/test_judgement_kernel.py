"""When an access point is called DOWN: soon if probes confirm it, late if nobody can be asked."""

import numpy as np

from processing.changes import NodeState
from processing.evidence import Ground
from processing.intervals import Reason
from processing.records import K_DECLARED, K_MISSES, K_REFUTED, ApState
from processing.settings import Settings
from tests.processing.asked_street import ASKED, Spans, run, town_of
from tests.processing.street import START_NS, Told
from vocabulary.units import NS_PER_S

CITY = town_of(gateways=2, aps=10)


def downs(told: Told, node: str) -> list[float]:
    """Seconds at which it was called down."""
    return [
        (change.at_ns - START_NS) / NS_PER_S
        for change in told.changes
        if change.node == node and change.state is NodeState.DOWN
    ]


def test_a_crash_is_confirmed_within_seconds() -> None:
    off: Spans = {"g0-a3": [(3_000.0, 3_400.0)]}
    told, state, _ = run(CITY, 3_600.0, off=off)
    (at_s,) = downs(told, "g0-a3")
    assert 3_000.0 < at_s < 3_000.0 + 10.5 + 12.0  # hardly anything was learned yet
    assert told.states("g0-a3")[-2:] == ["down", "up"]
    (row,) = [row for row in told.standing("g0-a3") if row.state == "down"]
    assert row.reason is Reason.NO_ANSWER
    assert abs(row.start_ms - (START_NS // 10**6 + 3_000_000)) <= 5_300
    assert row.end_ms is not None
    assert abs(row.end_ms - (START_NS // 10**6 + 3_400_000)) <= 10_000
    assert state.known[K_DECLARED] == 1
    grounds = [line.ground for outcome in told.outcomes for line in outcome.evidence]
    assert grounds == [Ground.NO_ANSWER, Ground.REBOOTED]


def test_a_lost_beat_that_a_probe_answers_is_nothing() -> None:
    told, state, witness = run(CITY, 600.0, lost={"g0-a3": [(300.0, 309.0)]})
    assert told.states("g0-a3") == ["up", "suspect", "up"]
    assert len(witness.requests) == 1
    assert state.known[K_MISSES] == 1  # one gap of one beat, all was well
    assert told.incidents == []


def test_where_nobody_can_be_asked_silence_alone_takes_longer() -> None:
    off: Spans = {"g0-a3": [(300.0, 700.0)]}
    settings = Settings(pause_ms=0, probes=False)
    told, _, witness = run(CITY, 800.0, off=off, settings=settings)
    (at_s,) = downs(told, "g0-a3")
    assert 345.0 < at_s < 400.0
    assert witness.requests == []


def test_a_city_that_allows_more_false_alarms_hears_sooner() -> None:
    off: Spans = {"g0-a3": [(300.0, 700.0)]}
    patient = Settings(pause_ms=0, probes=False, false_alarms_per_ap_year=0.01)
    hasty = Settings(pause_ms=0, probes=False, false_alarms_per_ap_year=100.0)
    (late_s,) = downs(run(CITY, 800.0, off=off, settings=patient)[0], "g0-a3")
    (soon_s,) = downs(run(CITY, 800.0, off=off, settings=hasty)[0], "g0-a3")
    assert soon_s <= late_s - 20.0


def test_one_that_ran_all_the_while_refutes_us() -> None:
    """Its beats were lost and its probes too; its uptime says that nothing was wrong with it."""
    away = {"g0-a3": [(300.0, 500.0)]}
    told, state, _ = run(CITY, 700.0, lost=away, deaf=away)
    assert len(downs(told, "g0-a3")) == 1
    assert state.known[K_REFUTED] == 1
    assert [row.state for row in told.standing("g0-a3") if row.state == "down"] == []


def test_the_city_learns_how_its_links_stall() -> None:
    """After a hundred stalls of ten seconds, one of ten seconds is not called an outage."""
    stalls = {
        f"g{g}-a{k}": [(100.0 + 60 * n + 7 * k, 112.0 + 60 * n + 7 * k) for n in range(20)]
        for g in range(2)
        for k in range(10)
    }
    told, _, _ = run(CITY, 1_400.0, lost=stalls, deaf=stalls)
    said = [c.at_ns for c in told.changes if c.state is NodeState.DOWN]
    late = [at for at in said if at > START_NS + 700 * NS_PER_S]
    assert late == []


def test_a_short_outage_is_written_though_nobody_was_told() -> None:
    settings = Settings(pause_ms=0, probes=False)
    told, _, _ = run(CITY, 500.0, off={"g0-a3": [(300.0, 368.0)]}, settings=settings)
    assert downs(told, "g0-a3") == []
    assert [row.state for row in told.standing("g0-a3")] == ["down"]
    assert told.incidents == []


def test_on_and_off_again_is_one_incident() -> None:
    spans = [(3_000.0 + 90 * n, 3_055.0 + 90 * n) for n in range(5)]
    told, _, _ = run(CITY, 3_900.0, off={"g0-a3": spans})
    assert len(downs(told, "g0-a3")) >= 2
    assert len(told.latest_incidents()) == 1


def test_nobody_else_is_touched() -> None:
    off: Spans = {"g0-a3": [(300.0, 700.0)]}
    told, state, _ = run(CITY, 800.0, off=off)
    touched = {c.node for c in told.changes if c.state not in (NodeState.UP, NodeState.UNKNOWN)}
    assert touched == {"g0-a3"}
    assert np.all(state.aps["state"] == ApState.UP)
    assert ASKED.probes
