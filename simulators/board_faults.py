"""The fault menu of ``simulate board``: what can be wrong with a line or a board, by name.

Faults of the wire befall any kind of board. The others are done to a board of ours by a frame of
type 30, alike at every level; see ``street_box.Misbehaviour``. What one kind of sensor is known to
do wrong stands with its kind, as a habit.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from simulators.cable import Faults
from simulators.street_box import Misbehaviour
from vocabulary.units import NS_PER_S

EVERY_NS: Final = 20 * NS_PER_S
"""How often what happens now and then does."""


class Befalls(NamedTuple):
    """Something that happens now and then."""

    misbehaviour: Misbehaviour = Misbehaviour.NOTHING
    argument: int = 0
    unplugged_ns: int = 0
    first_ns: int = EVERY_NS
    every_ns: int = EVERY_NS
    """0: once."""


class Fault(NamedTuple):
    """A row of the menu."""

    meaning: str
    wire: Faults = Faults()
    rate: float = 1.0
    """The board's line rate, as a share of what is configured."""
    befalls: Befalls | None = None
    of_ours: bool = False
    """Only a board that speaks the Lamplighter protocol can have it."""


def _ours(
    meaning: str, what: Misbehaviour, argument: int = 0, *, first_s: int = 20, every_s: int = 20
) -> Fault:
    befalls = Befalls(what, argument, 0, first_s * NS_PER_S, every_s * NS_PER_S)
    return Fault(meaning, befalls=befalls, of_ours=True)


MENU: Final[dict[str, Fault]] = {
    "bit-errors": Fault("one bit in 8,000 turns over, both ways", Faults(flip=1e-3)),
    "drops": Fault("two bytes in a thousand are lost, both ways", Faults(drop=2e-3)),
    "duplicates": Fault("two bytes in a thousand come twice, both ways", Faults(double=2e-3)),
    "garbage": Fault("up to 16 invented bytes before two in a thousand", Faults(garbage=2e-3)),
    "wrong-baud": Fault("the board speaks at half the configured rate", rate=0.5),
    "rate-off": Fault("the board's rate is 3 % off, which does no harm", rate=1.03),
    "unplug": Fault(
        "the plug is pulled for 3 s, every 20 s; then another device is at the path",
        befalls=Befalls(unplugged_ns=3 * NS_PER_S),
    ),
    "hang": _ours("it serves nothing for 5 s, every 20 s", Misbehaviour.HANG, 5_000),
    "overrun": _ours("it serves nothing for 400 ms, every 2 s", Misbehaviour.HANG, 400, every_s=2),
    "watchdog": _ours("it locks up, and its watchdog resets it, every 20 s", Misbehaviour.LOCK_UP),
    "crash": _ours("it writes to nowhere, and starts anew, every 20 s", Misbehaviour.CRASH),
    "brown-out": _ours("its supply sags, every 20 s", Misbehaviour.BROWN_OUT),
    "drift": _ours("its clock runs 200 ppm fast", Misbehaviour.DRIFT, 200, first_s=0, every_s=0),
}
"""Name -> what it is, as ``--fault`` takes it."""


def joined(faults: Iterable[Fault]) -> Faults:
    """The wire's faults of all of them together."""
    rows = [fault.wire for fault in faults]
    return Faults(
        flip=sum(row.flip for row in rows),
        drop=sum(row.drop for row in rows),
        double=sum(row.double for row in rows),
        garbage=sum(row.garbage for row in rows),
        cut=sum(row.cut for row in rows),
    )
