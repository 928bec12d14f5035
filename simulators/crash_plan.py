"""What befalls a city of real processes, drawn from a seed: who dies, who freezes, for how long.

A cycle kills one part and, every second time on average, freezes one as well: before, afterwards,
or all the while, so that work stands half done when the blow falls. Victims are dealt like cards:
after four kills each part has had one. Beats are short: the faults follow one another while parts
still recover from the last one.
"""

import random
from collections.abc import Iterator
from enum import Enum, StrEnum, auto
from typing import Final, NamedTuple, TypeVar

CardT = TypeVar("CardT")

QUIET_S: Final = (0.2, 2.0)
AWAY_S: Final = (0.2, 2.5)
FROZEN_S: Final = (0.5, 3.0)
"""Shorter than any keepalive, also around a kill and the quiet before it: a frozen gateway misses
nothing that is said to it."""


class Victim(StrEnum):
    """Parts that are hit."""

    GATEWAY = "gateway"
    BROKER = "broker"
    HOST = "host"
    DATABASE = "database"


class Kind(StrEnum):
    """What is done to them."""

    KILLED = "killed"
    """SIGKILL, and started again after a while."""
    FROZEN = "frozen"
    """SIGSTOP, and SIGCONT after a while: its connections stay open, nothing answers."""


class Place(Enum):
    """Where a freeze stands to the kill of its cycle."""

    BEFORE = auto()
    AFTER = auto()
    AROUND = auto()


class Fault(NamedTuple):
    """One blow. ``which`` says which gateway, from nought."""

    victim: Victim
    kind: Kind
    which: int
    after_s: float
    for_s: float

    @property
    def name(self) -> str:
        """Who is hit."""
        return f"{self.victim} {self.which + 1}" if self.victim is Victim.GATEWAY else self.victim

    def __str__(self) -> str:
        return f"{self.name} {self.kind} for {self.for_s:.1f} s"


class Cycle(NamedTuple):
    """One or two blows; numbers begin at one.

    ``around``: the first is a freeze, and lasts until the second has been away for its time.
    """

    number: int
    faults: tuple[Fault, ...]
    around: bool = False

    def __str__(self) -> str:
        if self.around:
            frozen, killed = self.faults
            return f"{frozen.name} frozen while {killed}"
        return ", ".join(map(str, self.faults))


def _dealt(rng: random.Random, cards: list[CardT]) -> Iterator[CardT]:
    """Cards for ever, each as often as the others: the deck is shuffled when it is used up."""
    while True:
        yield from rng.sample(cards, len(cards))


def cycles(count: int, *, seed: int, gateways: int) -> Iterator[Cycle]:
    """The cycles of a seed; those of a shorter run are the first of a longer one."""
    rng = random.Random(f"crash/{seed}")
    killed = _dealt(rng, list(Victim))
    frozen = _dealt(rng, [*Victim, *[None] * len(Victim)])
    which = _dealt(rng, list(range(gateways)))

    def fault(victim: Victim, kind: Kind) -> Fault:
        for_s = rng.uniform(*(AWAY_S if kind is Kind.KILLED else FROZEN_S))
        turn = next(which) if victim is Victim.GATEWAY else 0
        return Fault(victim, kind, turn, rng.uniform(*QUIET_S), for_s)

    for number in range(1, count + 1):
        faults = [fault(next(killed), Kind.KILLED)]
        also, place = next(frozen), rng.choice(list(Place))
        if also is not None:
            faults.insert(place is Place.AFTER, fault(also, Kind.FROZEN))
        yield Cycle(number, tuple(faults), also is not None and place is Place.AROUND)
