"""Detectors that give every stream a deadline: silent beyond it, down; heard again, up.

A page supplies the rule that sets the next deadline at a proof of life. Nothing happens at a
deadline met to the nanosecond, so results do not depend on where the stream is cut.

Kernels look themselves whether a stream is late, and call ``late`` only then: handing arrays on
costs more than a proof of life.
"""

import io
from typing import Final, NamedTuple

import numba as nb
import numpy as np
from numpy.typing import NDArray

from simulators.detectors import (
    NO_INCIDENT,
    Claim,
    Decisions,
    Heard,
    Ledger,
    UsageTotals,
    View,
    Watched,
)
from simulators.proofs import Proofs
from vocabulary.units import INT64_MAX

NEVER: Final = -1
_UP: Final = int(View.UP)
_DOWN: Final = int(View.DOWN)


class Watch(NamedTuple):
    """One record of each stream, shape (streams,)."""

    last_ns: NDArray[np.int64]  # last proof of life, or NEVER
    deadline_ns: NDArray[np.int64]  # or INT64_MAX before the first
    down: NDArray[np.bool_]


class Room(NamedTuple):
    """Where a kernel puts its decisions; ``used[0]`` of them are there."""

    at_ns: NDArray[np.int64]
    stream_ix: NDArray[np.int32]
    what: NDArray[np.int8]  # View
    start_ns: NDArray[np.int64]
    used: NDArray[np.int64]  # (1,)


def room_for(row_count: int) -> Room:
    """Room for that many decisions."""
    return Room(
        np.empty(row_count, dtype=np.int64),
        np.empty(row_count, dtype=np.int32),
        np.empty(row_count, dtype=np.int8),
        np.empty(row_count, dtype=np.int64),
        np.zeros(1, dtype=np.int64),
    )


def taken(room: Room) -> Decisions:
    """What a kernel has put there."""
    n = int(room.used[0])
    none = np.full(n, NO_INCIDENT, dtype=np.int32)
    return Decisions(room.at_ns[:n], room.stream_ix[:n], room.what[:n], room.start_ns[:n], none)


@nb.njit(cache=True)
def say(room: Room, at_ns: int, stream_ix: int, view: int, start_ns: int) -> None:
    """One decision."""
    n = room.used[0]
    room.at_ns[n] = at_ns
    room.stream_ix[n] = stream_ix
    room.what[n] = view
    room.start_ns[n] = start_ns
    room.used[0] = n + 1


@nb.njit(cache=True)
def late(watch: Watch, room: Room, stream_ix: int, at_ns: int) -> None:
    """A proof of life of a stream that is down, or should have been by now."""
    if not watch.down[stream_ix]:
        say(room, watch.deadline_ns[stream_ix], stream_ix, _DOWN, watch.last_ns[stream_ix])
    say(room, at_ns, stream_ix, _UP, at_ns)
    watch.down[stream_ix] = False


class DeadlineDetector:
    """The common part; a page gives ``name`` and ``_follow``."""

    name = ""

    def __init__(self, watched: Watched) -> None:
        self.watched = watched
        n = watched.stream_count
        self.watch = Watch(
            np.full(n, NEVER, dtype=np.int64),
            np.full(n, INT64_MAX, dtype=np.int64),
            np.zeros(n, dtype=np.bool_),
        )
        self.periods_ns = watched.periods_ns()

    def _follow(self, proofs: Proofs, room: Room) -> None:
        """Go through the proofs: ``late`` where it is, then the next deadline."""
        raise NotImplementedError

    def feed(self, piece: Heard) -> Decisions:
        """Every proof in order, then whoever is late by now."""
        room = room_for(2 * piece.proofs.at_ns.size + self.watched.stream_count)
        self._follow(piece.proofs, room)
        watch = self.watch
        due = ~watch.down & (watch.deadline_ns < piece.now_ns)
        for stream_ix in np.flatnonzero(due).tolist():
            say(room, watch.deadline_ns[stream_ix], stream_ix, _DOWN, watch.last_ns[stream_ix])
        watch.down[due] = True
        return taken(room)

    def finish(self, now_ns: int) -> Decisions:
        """Nothing was held back."""
        del now_ns
        return taken(room_for(0))

    def claims(self) -> list[Claim]:
        """Each DOWN is its own incident and blames its own node."""
        return []

    def ledger(self) -> Ledger | None:
        """What it said is what it keeps."""
        return None

    def usage(self) -> UsageTotals | None:
        """It has no opinion."""
        return None

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Everything it remembers; changed in place by ``restore``."""
        return dict(self.watch._asdict())

    def to_bytes(self) -> bytes:
        """A checkpoint."""
        buffer = io.BytesIO()
        np.savez(buffer, **self.arrays())  # type: ignore[arg-type]  # names, not options
        return buffer.getvalue()

    def restore(self, data: bytes, now_ns: int) -> None:
        """Go on from a checkpoint."""
        del now_ns
        with np.load(io.BytesIO(data)) as stored:
            for name, array in self.arrays().items():
                array[...] = stored[name]
