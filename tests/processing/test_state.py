"""Checkpoints: whole, by id, and refused when they are not ours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processing.columns import NO_CUES, NO_READINGS
from processing.errors import CheckpointForeign, Flaw
from processing.records import ApState, GatewayState
from processing.state import State, new_state, resume
from processing.step import step
from tests.processing.street import SETTINGS, START_NS, Told, at_ns, beat, city_of, play_on, stream

CITY = city_of([("a0", "g0", "pole"), ("a1", "g0", None), ("a2", "g1", "pole")])


def lived(until: int = 200) -> State:
    """a0 is down; g1 is dark, so a2 is unobserved."""
    state = new_state(CITY, SETTINGS, START_NS)
    rows = stream(
        CITY,
        until,
        answers=lambda ap, t: not (ap == "a0" and t >= 60),
        sends=lambda g, t: g != "g1" or t < 120,
    )
    play_on(state, CITY, rows, until)
    return state


def test_a_round_trip_changes_nothing() -> None:
    state = lived()
    blob = state.to_bytes(CITY)
    assert State.from_bytes(blob, CITY, SETTINGS, at_ns(200)).to_bytes(CITY) == blob


def test_nodes_are_found_again_by_id() -> None:
    blob = lived().to_bytes(CITY)
    moved = city_of([("new", "g1", None), ("a2", "g1", "pole"), ("a0", "g1", "pole")], gateways=3)
    state = State.from_bytes(blob, moved, SETTINGS, at_ns(200))
    assert state.aps["state"].tolist() == [ApState.NEVER_SEEN, ApState.BLIND, ApState.DOWN]
    assert state.gateways["state"].tolist() == [
        GatewayState.HEARD,
        GatewayState.DARK,
        GatewayState.NEVER_SEEN,
    ]
    assert set(state.book.troubles) == {"a0", "a2"}
    assert set(state.book.unseen) == {"ap/new", "gateway/g2"}


def test_a_node_that_changed_its_gateway_starts_a_fresh_period() -> None:
    blob = lived().to_bytes(CITY)
    moved = city_of([("a1", "g1", None)], gateways=2)
    state = State.from_bytes(blob, moved, SETTINGS, at_ns(200))
    assert state.aps[0]["mark_ns"] == state.gateways[1]["seen_ns"]


def test_it_goes_on_where_it_was() -> None:
    rows = [row for row in stream(CITY, 320) if row.arrival_ns > at_ns(200)]
    one, blob = lived(), lived().to_bytes(CITY)
    two = State.from_bytes(blob, CITY, SETTINGS, START_NS)
    a, b = (Told(play_on(state, CITY, rows, 320)) for state in (one, two))
    assert a.changes == b.changes
    assert a.intervals == b.intervals
    assert a.incidents == b.incidents
    assert [row.state for row in a.changes if row.node == "a0"] == ["up"]


@given(st.binary(max_size=200))
def test_strange_bytes_are_refused(noise: bytes) -> None:
    with pytest.raises(CheckpointForeign):
        State.from_bytes(noise, CITY, SETTINGS, START_NS)


@given(st.data())
def test_a_damaged_checkpoint_is_refused(data: st.DataObject) -> None:
    blob = bytearray(lived(30).to_bytes(CITY))
    at = data.draw(st.integers(0, len(blob) - 1))
    blob[at] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(CheckpointForeign):
        State.from_bytes(bytes(blob), CITY, SETTINGS, START_NS)


def test_a_cut_checkpoint_is_refused() -> None:
    blob = lived(30).to_bytes(CITY)
    with pytest.raises(CheckpointForeign, match=Flaw.SHORT.value):
        State.from_bytes(blob[:-1], CITY, SETTINGS, START_NS)


def test_resuming_with_a_clock_set_back_does_not_freeze_time() -> None:
    state = lived(100)
    resume(state, at_ns(40))
    step(state, CITY, NO_READINGS, NO_CUES, at_ns(41))
    assert state.clock["last_ns"][0] == at_ns(41)
    told = Told(play_on(state, CITY, [beat(CITY, "a1", 42)], 43))
    assert told.states("a1") == []
