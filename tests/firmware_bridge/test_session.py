"""The table of a link's life: every cell decided once, and what the table as a whole promises."""

from collections import Counter
from itertools import product

import pytest

from firmware_bridge.board_events import StateChange
from firmware_bridge.session import (
    ASK_AFTER_NS,
    NOTHING_NS,
    TABLE,
    Cell,
    Cue,
    Do,
    State,
    table_text,
)
from simulators.street_box import C_FOLDER
from tests.firmware_bridge.board_world import World
from vocabulary.units import NS_PER_S

PROTOCOL = C_FOLDER.parent / "PROTOCOL.md"


def test_every_cell_is_decided_once() -> None:
    assert Counter(TABLE.keys()) == Counter(product(State, Cue))


@pytest.mark.parametrize("state", State)
def test_a_hello_that_is_not_ours_is_a_restart_everywhere(state: State) -> None:
    assert TABLE[state, Cue.HELLO_NOT_OURS] == Cell(State.SYNCING, (Do.RESTART,))


@pytest.mark.parametrize("state", State)
def test_what_we_cannot_use_leads_to_foreign_and_a_descriptor_alone_never_moves(
    state: State,
) -> None:
    assert TABLE[state, Cue.UNUSABLE].after is State.FOREIGN
    moves = TABLE[state, Cue.DESCRIPTOR].after is not state
    assert moves == (state is State.DESCRIBING)


def test_readings_are_delivered_only_while_running() -> None:
    for state in State:
        delivers = Do.DELIVER in TABLE[state, Cue.FRAME].do
        assert delivers == (state is State.RUNNING)


def test_no_state_is_a_trap() -> None:
    reached = {State.SYNCING, State.DESCRIBING, State.RUNNING}  # orders lead to the two
    for _ in State:
        reached |= {TABLE[state, cue].after for state in reached for cue in Cue}
    assert reached == set(State)
    for state in State:
        assert any(TABLE[state, cue].after is not state for cue in Cue), state


def test_every_state_but_running_has_a_limit() -> None:
    assert set(NOTHING_NS) == set(State) - {State.RUNNING}
    assert sum(ASK_AFTER_NS[:-1]) == 8.5 * NS_PER_S


def test_the_page_shows_the_table_as_it_is() -> None:
    assert table_text() in PROTOCOL.read_text(encoding="utf-8")


def test_a_world_walks_through_the_states() -> None:
    world = World()
    world.run(12)
    world.board.halt()
    world.run(40)
    walked = [(one.before, one.after) for one in world.of(StateChange)]
    assert walked == [
        (State.SYNCING, State.DESCRIBING),
        (State.DESCRIBING, State.RUNNING),
        (State.RUNNING, State.QUIET),
    ]
    assert world.of(StateChange)[-1].counters.frames > 10
