"""Whose fault it is: one node's, its gateway's, its backhaul's, its feeder's, or our own."""

import pytest

from processing.changes import NodeState
from processing.columns import cues_of
from processing.intervals import Cause, Level
from tests.processing.asked_street import Spans, run, town_of
from tests.processing.street import START_NS, Told
from vocabulary.units import NS_PER_S

CITY = town_of(gateways=6, aps=12, backhauls=2, feeder_every=4)
"""Feeder f0 has a0 to a3 of every gateway, and so on: 24 members each."""


def blamed(told: Told) -> list[tuple[str, str]]:
    """(level, node) of each incident, as declared."""
    first = [row for row in told.incidents if row.version == 1]
    return [(row.level.value, row.node) for row in first]


def first_down_s(told: Told) -> float:
    return min((c.at_ns - START_NS) / NS_PER_S for c in told.changes if c.state is NodeState.DOWN)


def test_a_gateway_alone() -> None:
    told, _, _ = run(CITY, 900.0, gone={"g0": [(600.0, 800.0)]})
    assert blamed(told) == [("gateway", "g0")]
    assert 600.0 < first_down_s(told) <= 606.0
    assert {c.state.value for c in told.changes if c.node.startswith("g0-")} == {"up", "unobserved"}


def test_all_gateways_of_a_backhaul_are_one_incident() -> None:
    gone: Spans = {f"g{g}": [(600.0, 800.0)] for g in (0, 2, 4)}
    told, _, _ = run(CITY, 900.0, gone=gone)
    assert blamed(told) == [("backhaul", "b0")]
    assert first_down_s(told) <= 606.0
    (row,) = told.latest_incidents().values()
    assert row.cause is Cause.BACKHAUL
    assert row.end_ms is not None
    assert len(row.members) == 3 + 36


def test_a_feeder_is_blamed_at_once() -> None:
    off: Spans = {f"g{g}-a{k}": [(600.0, 900.0)] for g in range(6) for k in range(4)}
    told, _, _ = run(CITY, 1_000.0, off=off)
    assert blamed(told) == [("feeder", "f0")]
    assert first_down_s(told) <= 625.0  # hardly anything was learned yet
    (row,) = told.latest_incidents().values()
    assert len(row.members) == 24


def test_one_of_a_feeder_is_its_own_fault() -> None:
    told, _, witness = run(CITY, 1_000.0, off={"g1-a1": [(600.0, 900.0)]})
    assert blamed(told) == [("ap", "g1-a1")]
    asked = {CITY.node_ids[row[1]] for row in witness.requests}
    assert len(asked) > 1  # others of its feeder were asked, and answered


def test_three_strangers_and_a_gateway_within_seconds_are_four_causes() -> None:
    """The design's coincidence: whoever sees a pattern here sees too much."""
    off: Spans = {
        "g1-a1": [(601.0, 900.0)],
        "g3-a6": [(603.0, 900.0)],
        "g5-a10": [(605.0, 900.0)],
    }
    told, _, _ = run(CITY, 1_000.0, off=off, gone={"g0": [(600.0, 900.0)]})
    assert sorted(blamed(told)) == [
        ("ap", "g1-a1"),
        ("ap", "g3-a6"),
        ("ap", "g5-a10"),
        ("gateway", "g0"),
    ]


def test_nobody_behind_a_silent_gateway_is_called_down() -> None:
    off: Spans = {"g0-a1": [(605.0, 900.0)]}
    told, _, _ = run(CITY, 700.0, off=off, gone={"g0": [(600.0, 800.0)]})
    down = {c.node for c in told.changes if c.state is NodeState.DOWN}
    assert down == {"g0"}


def test_the_whole_city_silent_is_our_own_doing() -> None:
    gone: Spans = {f"g{g}": [(600.0, 612.0)] for g in range(6)}
    told, _, _ = run(CITY, 700.0, gone=gone)
    assert told.incidents == []
    assert not [c for c in told.changes if c.state is NodeState.DOWN]


def test_a_will_is_believed_after_its_grace() -> None:
    gone: Spans = {"g0": [(600.0, 800.0)]}
    told, _, _ = run(CITY, 900.0, gone=gone, cues=cues_of([(START_NS + 600 * NS_PER_S, 0, 1)]))
    assert blamed(told) == [("gateway", "g0")]
    assert 603.0 <= first_down_s(told) <= 604.0


def test_a_feeder_with_its_gateway() -> None:
    """A gateway without a battery falls silent with the members that others see."""
    inventory_city = town_of(gateways=3, aps=12, feeder_every=6)
    off: Spans = {f"g{g}-a{k}": [(600.0, 900.0)] for g in range(3) for k in range(6)}
    told, _, _ = run(inventory_city, 1_000.0, off=off)
    assert blamed(told) == [("feeder", "f0")]


@pytest.mark.parametrize("gap_s", [1.5, 2.5])
def test_a_short_stall_of_a_gateway_is_no_outage(gap_s: float) -> None:
    told, _, _ = run(CITY, 700.0, gone={"g0": [(600.0, 600.0 + gap_s)]})
    assert told.incidents == []


def test_levels_have_names() -> None:
    assert Level.BACKHAUL == "backhaul"
