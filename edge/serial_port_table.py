"""The life of a serial port, as a table: each state meets each cue in exactly one way.

    WAITING   closed, and to be opened when its time comes or something new stands at its path
    OPENING   the kernel was asked
    OPEN      ours
    CLOSED    nobody wants it any more

DUE is the end of a wait, a new node at the path, or the start. LOST is a read or write error, an
end of file, a write that is stuck, or the agent's wish to open it anew. A cue that only a mistake
of the shell could bring raises; one that comes late and means nothing is ignored.
"""

from enum import StrEnum
from itertools import product
from typing import Final, NamedTuple


class State(StrEnum):
    """Of one port."""

    WAITING = "waiting"
    OPENING = "opening"
    OPEN = "open"
    CLOSED = "closed"


class Cue(StrEnum):
    """What happened."""

    DUE = "due"
    NODE_GONE = "node_gone"
    OPENED = "opened"
    FAILED = "failed"
    LOST = "lost"
    STOP = "stop"


class Act(StrEnum):
    """What the shell does about it."""

    NONE = "none"
    IGNORE = "ignore"
    OPEN = "open"
    CLOSE = "close"
    MISTAKE = "mistake"


class Cell(NamedTuple):
    """Where to, and what to do."""

    after: State
    act: Act = Act.NONE


def _stay(state: State, act: Act = Act.IGNORE) -> Cell:
    return Cell(state, act)


TABLE: Final = {
    (State.WAITING, Cue.DUE): Cell(State.OPENING, Act.OPEN),
    (State.WAITING, Cue.NODE_GONE): _stay(State.WAITING, Act.NONE),
    (State.WAITING, Cue.OPENED): _stay(State.WAITING),
    (State.WAITING, Cue.FAILED): _stay(State.WAITING),
    (State.WAITING, Cue.LOST): _stay(State.WAITING),
    (State.WAITING, Cue.STOP): Cell(State.CLOSED),
    (State.OPENING, Cue.DUE): _stay(State.OPENING),
    (State.OPENING, Cue.NODE_GONE): _stay(State.OPENING),
    (State.OPENING, Cue.OPENED): Cell(State.OPEN),
    (State.OPENING, Cue.FAILED): Cell(State.WAITING),
    (State.OPENING, Cue.LOST): Cell(State.WAITING),
    (State.OPENING, Cue.STOP): Cell(State.CLOSED),
    (State.OPEN, Cue.DUE): _stay(State.OPEN),
    (State.OPEN, Cue.NODE_GONE): Cell(State.WAITING, Act.CLOSE),
    (State.OPEN, Cue.OPENED): _stay(State.OPEN, Act.MISTAKE),
    (State.OPEN, Cue.FAILED): _stay(State.OPEN, Act.MISTAKE),
    (State.OPEN, Cue.LOST): Cell(State.WAITING, Act.CLOSE),
    (State.OPEN, Cue.STOP): Cell(State.CLOSED, Act.CLOSE),
    (State.CLOSED, Cue.DUE): Cell(State.WAITING),
    (State.CLOSED, Cue.NODE_GONE): _stay(State.CLOSED),
    (State.CLOSED, Cue.OPENED): _stay(State.CLOSED, Act.CLOSE),
    (State.CLOSED, Cue.FAILED): _stay(State.CLOSED),
    (State.CLOSED, Cue.LOST): _stay(State.CLOSED),
    (State.CLOSED, Cue.STOP): _stay(State.CLOSED),
}
assert set(TABLE) == set(product(State, Cue))


class PortLife:
    """Where one port stands. Not shared between threads: whoever opens and closes has it."""

    def __init__(self) -> None:
        self.state = State.CLOSED

    def meet(self, cue: Cue) -> Act:
        """Take a cue; gives what is to be done."""
        self.state, act = TABLE[self.state, cue]
        assert act is not Act.MISTAKE, (self.state, cue)
        return act
