"""The life of a link to a board of ours, as a table: what is not in it cannot happen.

    SYNCING      open, and no HELLO of our session yet
    DESCRIBING   greeted; its descriptor is being fetched
    RUNNING      readings flow
    QUIET        it spoke, and stopped
    GARBAGE      bytes come, and no frame is among them
    FOREIGN      something we must not or cannot read

Each cell names where to go, and what else to do, in order. What the cues mean stands beside them.
"""

from enum import StrEnum
from itertools import product
from typing import Final, NamedTuple

from vocabulary.units import NS_PER_MS, NS_PER_S


class State(StrEnum):
    """Of one open link."""

    SYNCING = "syncing"
    DESCRIBING = "describing"
    RUNNING = "running"
    QUIET = "quiet"
    GARBAGE = "garbage"
    FOREIGN = "foreign"


class Cue(StrEnum):
    """What happened."""

    HELLO_OURS = "hello_ours"
    """A usable HELLO that names our session."""
    HELLO_NOT_OURS = "hello_not_ours"
    """One that names none, or another's: the board, or its memory of us, is new."""
    UNUSABLE = "unusable"
    """Version, revision, an impossible field, an unexpected board, a hopeless descriptor, a known
    stranger, or too many foreign sessions."""
    DESCRIPTOR = "descriptor"
    """All of it came, and its hash agrees."""
    FRAME = "frame"
    """Any other good frame."""
    NOTHING = "nothing"
    """The state's time is over, and nothing came."""
    GARBLED = "garbled"
    """The state's time is over; bytes came, but no frame."""


class Do(StrEnum):
    """What a cell asks for besides the new state."""

    KNOW = "know"
    """Descriptor known: release what is held, RUNNING. Else ask for it, DESCRIBING."""
    RENEW = "renew"
    """If HELLO names another descriptor than the one in hand, as ``KNOW``."""
    RESTART = "restart"
    """Forget what a restart makes untrue, say so, ask for a new session."""
    RELEASE = "release"
    """Deliver what was held for want of the descriptor."""
    HOLD = "hold"
    """Keep a reading until the descriptor is known."""
    DELIVER = "deliver"
    QUARANTINE = "quarantine"
    ASK = "ask"
    """HELLO_REQ."""
    FETCH = "fetch"
    """Ask for the descriptor again; the fifth time in vain, leave."""
    GIVE_UP_MUTE = "give_up_mute"
    GIVE_UP_SILENT = "give_up_silent"
    NEXT_RATE = "next_rate"
    """If rates are listed and nothing good was ever heard here."""


class Cell(NamedTuple):
    """Where to, and what else."""

    after: State
    do: tuple[Do, ...] = ()


def _rows(state: State, *cells: Cell) -> dict[tuple[State, Cue], Cell]:
    return {(state, cue): cell for cue, cell in zip(Cue, cells, strict=True)}


_S = State
_RESTART = Cell(_S.SYNCING, (Do.RESTART,))
_FOREIGN = Cell(_S.FOREIGN)

# Columns: HELLO ours, HELLO not ours, unusable, descriptor, frame, nothing, garbled.
TABLE: Final = {
    **_rows(
        _S.SYNCING,
        Cell(_S.SYNCING, (Do.KNOW,)),
        _RESTART,
        _FOREIGN,
        Cell(_S.SYNCING),
        Cell(_S.SYNCING, (Do.HOLD,)),
        Cell(_S.SYNCING, (Do.GIVE_UP_MUTE,)),
        Cell(_S.GARBAGE, (Do.ASK,)),
    ),
    **_rows(
        _S.DESCRIBING,
        Cell(_S.DESCRIBING, (Do.RENEW,)),
        _RESTART,
        _FOREIGN,
        Cell(_S.RUNNING, (Do.RELEASE,)),
        Cell(_S.DESCRIBING, (Do.HOLD,)),
        Cell(_S.DESCRIBING, (Do.FETCH,)),
        Cell(_S.DESCRIBING, (Do.FETCH,)),
    ),
    **_rows(
        _S.RUNNING,
        Cell(_S.RUNNING, (Do.RENEW,)),
        _RESTART,
        _FOREIGN,
        Cell(_S.RUNNING),
        Cell(_S.RUNNING, (Do.DELIVER,)),
        Cell(_S.QUIET, (Do.ASK,)),
        Cell(_S.QUIET, (Do.ASK,)),
    ),
    **_rows(
        _S.QUIET,
        Cell(_S.QUIET, (Do.KNOW,)),
        _RESTART,
        _FOREIGN,
        Cell(_S.QUIET),
        Cell(_S.SYNCING, (Do.HOLD, Do.ASK)),
        Cell(_S.QUIET, (Do.GIVE_UP_SILENT,)),
        Cell(_S.GARBAGE, (Do.ASK,)),
    ),
    **_rows(
        _S.GARBAGE,
        Cell(_S.GARBAGE, (Do.KNOW,)),
        _RESTART,
        _FOREIGN,
        Cell(_S.GARBAGE),
        Cell(_S.SYNCING, (Do.HOLD, Do.ASK)),
        Cell(_S.SYNCING, (Do.ASK,)),
        Cell(_S.GARBAGE, (Do.NEXT_RATE, Do.ASK)),
    ),
    **_rows(
        _S.FOREIGN,
        Cell(_S.FOREIGN, (Do.KNOW,)),
        _RESTART,
        Cell(_S.FOREIGN),
        Cell(_S.FOREIGN),
        Cell(_S.FOREIGN, (Do.QUARANTINE,)),
        Cell(_S.SYNCING, (Do.ASK,)),
        Cell(_S.GARBAGE, (Do.ASK,)),
    ),
}
assert set(TABLE) == set(product(State, Cue))

GARBLED_NS: Final = 5 * NS_PER_S
NOTHING_NS: Final = {
    State.SYNCING: 30 * NS_PER_S,
    State.DESCRIBING: NS_PER_S,
    State.QUIET: 3 * NS_PER_S,
    State.GARBAGE: 10 * NS_PER_S,
    State.FOREIGN: 60 * NS_PER_S,
}
"""How long a state lasts when nothing comes. RUNNING has the board's own measure."""
SILENCE_NS_MIN: Final = 3 * NS_PER_S
HEARTBEATS_MISSED_MAX: Final = 3
ASK_AFTER_NS: Final = tuple(ms * NS_PER_MS for ms in (500, 500, 500, 1_000, 2_000, 4_000, 5_000))
"""Pauses between HELLO_REQs after an open; the last goes on."""
QUIET_ASK_NS: Final = NS_PER_S
FETCHES_MAX: Final = 5
DESCRIPTOR_TRIES_MAX: Final = 3
SETTLING_NS: Final = 3 * NS_PER_S
NEW_SESSION_NS_MIN: Final = 500 * NS_PER_MS
FOREIGN_SESSIONS_MAX: Final = 10
FOREIGN_SESSIONS_NS: Final = 60 * NS_PER_S


def table_text() -> str:
    """The table as the documentation shows it."""
    lines = ["| State | " + " | ".join(f"`{cue}`" for cue in Cue) + " |"]
    lines.append("|---" * (len(Cue) + 1) + "|")
    for state in State:
        shown = []
        for cue in Cue:
            cell = TABLE[state, cue]
            orders = ", ".join(one.replace("_", " ") for one in cell.do)
            after = f"→ {cell.after.upper()}" if cell.after is not state else ""
            shown.append("; ".join(part for part in (orders, after) if part) or "·")
        lines.append(f"| {state.upper()} | " + " | ".join(shown) + " |")
    return "\n".join(lines)
