"""What every detector hears and says, ours, a baseline or the oracle, in one pair of words.

A detector is fed all that arrived since the last time (:class:`Heard`) and answers with
decisions, columns again. ``at_ns`` is when the product would have spoken, on the host's clock. A
row may be handed out later than that, for a baseline looks at a stream when something arrives on
it; after ``finish`` nothing is missing.

Streams are numbered like nodes: access points 0 .. A-1, then gateways A .. A+G-1.
"""

from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from processing.city import City
from processing.columns import Cues, Readings
from simulators.proofs import Proofs, proofs_in
from vocabulary.units import NS_PER_MS, NS_PER_S

NO_INCIDENT: Final = -1


class Watched(NamedTuple):
    """What a detector is told before it starts: who is there, and how often they beat."""

    city: City
    beat_ns: int = 10 * NS_PER_S
    gateway_beat_ns: int = 5 * NS_PER_S
    margin_ns: int = 500 * NS_PER_MS
    start_ns: int = 0

    @property
    def stream_count(self) -> int:
        """Access points and gateways."""
        return self.city.ap_count + self.city.gateway_count

    def periods_ns(self) -> NDArray[np.int64]:
        """How often each stream beats, shape (streams,)."""
        periods = np.full(self.stream_count, self.beat_ns, dtype=np.int64)
        periods[self.city.ap_count :] = self.gateway_beat_ns
        return periods


class Heard(NamedTuple):
    """All that arrived until ``now_ns``; the proofs of life in it are drawn out once for all."""

    readings: Readings
    cues: Cues
    now_ns: int
    proofs: Proofs


def heard(watched: Watched, readings: Readings, cues: Cues, now_ns: int) -> Heard:
    """One piece of the stream, as detectors take it."""
    return Heard(readings, cues, now_ns, proofs_in(watched.city, readings))


class View(IntEnum):
    """What a detector thinks of a stream."""

    UP = 0
    DOWN = 1
    UNSEEN = 2
    """It says that it cannot know: unobserved, or unreachable behind a parent."""


class Decisions(NamedTuple):
    """n decisions of a detector in any order; every column has shape (n,)."""

    at_ns: NDArray[np.int64]  # emission, host's clock
    stream_ix: NDArray[np.int32]
    view: NDArray[np.int8]  # View
    start_ns: NDArray[np.int64]  # since when, as the product records it
    incident: NDArray[np.int32]  # a number of the detector's own, or NO_INCIDENT: each DOWN is one


class Claim(NamedTuple):
    """From ``at_ns`` on the detector blames this node for that incident."""

    incident: int
    at_ns: int
    level: str  # TrueLevel, or a word that names no single level
    nodes: frozenset[str]  # any of them is what it means
    into: int = NO_INCIDENT  # it was that other incident all along


class Ledger(NamedTuple):
    """What a detector would print next month: per stream, in ns, as [start, end)."""

    down: Mapping[int, list[tuple[int, int]]]
    unseen: Mapping[int, list[tuple[int, int]]]


class UsageTotals(NamedTuple):
    """Per access point over the whole run, shape (A,)."""

    device_ms: NDArray[np.int64]
    rx_bytes: NDArray[np.int64]
    tx_bytes: NDArray[np.int64]


class Detector(Protocol):
    """Something that says who is down."""

    name: str

    def feed(self, piece: Heard) -> Decisions:
        """Take in the next piece of the stream."""

    def finish(self, now_ns: int) -> Decisions:
        """The stream ends here."""

    def claims(self) -> list[Claim]:
        """Whom it blamed, for its numbered incidents, in order of time."""

    def ledger(self) -> Ledger | None:
        """Its own record; None: what its decisions say, from start to start."""

    def usage(self) -> UsageTotals | None:
        """What it makes of usage, if anything."""

    def to_bytes(self) -> bytes:
        """A checkpoint."""

    def restore(self, data: bytes, now_ns: int) -> None:
        """Go on from a checkpoint of a detector of the same kind."""


_TYPES: Final = ("i8", "i4", "i1", "i8", "i4")


def decisions_of(rows: Iterable[tuple[int, int, int, int, int]]) -> Decisions:
    """(at_ns, stream_ix, view, start_ns, incident) rows to columns."""
    columns = list(zip(*rows, strict=True)) or [()] * len(_TYPES)
    return Decisions(*(np.array(c, dtype=t) for c, t in zip(columns, _TYPES, strict=True)))


NO_DECISIONS: Final = decisions_of(())


def joined(parts: Iterable[Decisions]) -> Decisions:
    """All of them, by stream and time; of two at once the later in ``parts`` comes last."""
    columns = list(zip(*parts, strict=True))
    if not columns:
        return NO_DECISIONS
    merged = Decisions(*(np.concatenate(column) for column in columns))
    order = np.lexsort((merged.at_ns, merged.stream_ix))
    return Decisions._make(column[order] for column in merged)
