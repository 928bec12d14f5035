"""Each cell of the port's table is decided once, and a mistake of the shell is loud."""

from collections import Counter
from itertools import product

import pytest

from edge.serial_port_table import TABLE, Act, Cue, PortLife, State


def test_every_cell_is_decided_once() -> None:
    assert Counter(list(TABLE)) == Counter(product(State, Cue))


def test_it_never_gives_up_and_stops_from_everywhere() -> None:
    for state in State:
        assert TABLE[state, Cue.STOP].after is State.CLOSED
    for state in (State.WAITING, State.OPENING, State.OPEN):
        for cue in set(Cue) - {Cue.STOP}:
            assert TABLE[state, cue].after is not State.CLOSED


def test_whatever_ends_an_open_port_closes_it() -> None:
    for cue in Cue:
        cell = TABLE[State.OPEN, cue]
        assert (cell.after is not State.OPEN) == (cell.act is Act.CLOSE), cue
    assert TABLE[State.CLOSED, Cue.OPENED].act is Act.CLOSE  # it was asked for before the stop


def test_a_life() -> None:
    life = PortLife()
    assert life.meet(Cue.OPENED) is Act.CLOSE
    life.meet(Cue.DUE)
    assert life.state is State.WAITING
    assert life.meet(Cue.DUE) is Act.OPEN
    life.meet(Cue.FAILED)
    life.meet(Cue.DUE)
    life.meet(Cue.OPENED)
    assert life.meet(Cue.LOST) is Act.CLOSE
    assert life.state is State.WAITING


@pytest.mark.parametrize("cue", [Cue.OPENED, Cue.FAILED])
def test_what_only_a_mistake_could_bring_raises(cue: Cue) -> None:
    life = PortLife()
    for step in (Cue.DUE, Cue.DUE, Cue.OPENED):
        life.meet(step)
    with pytest.raises(AssertionError):
        life.meet(cue)
