"""The life of a line without a handshake, as a table: what is not in it cannot happen.

    SYNCING   open, nothing valid yet
    RUNNING   valid units come
    QUIET     they came, and stopped
    GARBAGE   bytes come, and none of them make a valid unit

The cues: UNIT, something valid; NOTHING, the state's time is over and no byte came; GARBLED, it is
over and bytes came that made nothing valid. Each cell is a state, an order to the shell, or both.
"""

from enum import StrEnum
from itertools import product
from typing import Final, NamedTuple

from vocabulary.units import NS_PER_S


class State(StrEnum):
    """Of one open line."""

    SYNCING = "syncing"
    RUNNING = "running"
    QUIET = "quiet"
    GARBAGE = "garbage"


class Cue(StrEnum):
    """What happened."""

    UNIT = "unit"
    NOTHING = "nothing"
    GARBLED = "garbled"


class Order(StrEnum):
    """What the shell is asked to do."""

    NONE = ""
    MUTE = "mute"
    """Give up: it never said anything."""
    SILENT = "silent"
    """Give up: it stopped."""
    RATE = "rate"
    """Try the next rate, if there is a list and nothing good was ever heard."""


class Cell(NamedTuple):
    """Where to, and what else."""

    after: State
    order: Order = Order.NONE


TABLE: Final = {
    (State.SYNCING, Cue.UNIT): Cell(State.RUNNING),
    (State.SYNCING, Cue.NOTHING): Cell(State.SYNCING, Order.MUTE),
    (State.SYNCING, Cue.GARBLED): Cell(State.GARBAGE),
    (State.RUNNING, Cue.UNIT): Cell(State.RUNNING),
    (State.RUNNING, Cue.NOTHING): Cell(State.QUIET),
    (State.RUNNING, Cue.GARBLED): Cell(State.QUIET),
    (State.QUIET, Cue.UNIT): Cell(State.RUNNING),
    (State.QUIET, Cue.NOTHING): Cell(State.SYNCING, Order.SILENT),
    (State.QUIET, Cue.GARBLED): Cell(State.GARBAGE),
    (State.GARBAGE, Cue.UNIT): Cell(State.RUNNING),
    (State.GARBAGE, Cue.NOTHING): Cell(State.SYNCING),
    (State.GARBAGE, Cue.GARBLED): Cell(State.GARBAGE, Order.RATE),
}
assert set(TABLE) == set(product(State, Cue))

NOTHING_NS: Final = {
    State.SYNCING: 30 * NS_PER_S,
    State.QUIET: 3 * NS_PER_S,
    State.GARBAGE: 10 * NS_PER_S,
}
"""How long a state lasts without a byte. RUNNING ends when every sensor has fallen silent."""
GARBLED_NS: Final = 5 * NS_PER_S
"""How long bytes may come that make nothing valid."""
SETTLING_NS: Final = 3 * NS_PER_S
"""What is refused so soon after an open is the rest of before, and counted apart."""
