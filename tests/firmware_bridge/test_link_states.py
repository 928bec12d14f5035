"""The table is whole: each state meets each cue once."""

from collections import Counter
from itertools import product

from firmware_bridge.link_states import NOTHING_NS, TABLE, Cue, Order, State


def test_every_cell_is_decided_once() -> None:
    assert Counter(list(TABLE)) == Counter(product(State, Cue))


def test_something_valid_always_leads_to_running() -> None:
    assert {TABLE[state, Cue.UNIT].after for state in State} == {State.RUNNING}


def test_every_state_can_be_left_and_every_order_is_given_once() -> None:
    for state in State:
        assert {TABLE[state, cue].after for cue in Cue} != {state}
    given = Counter(cell.order for cell in TABLE.values() if cell.order)
    assert given == {Order.MUTE: 1, Order.SILENT: 1, Order.RATE: 1}


def test_all_but_running_have_a_limit() -> None:
    assert set(NOTHING_NS) == set(State) - {State.RUNNING}
