"""Changes to a stream that must change nothing of what is finally true of it.

For any detector: records doubled, the stream cut anywhere, a checkpoint restored in the middle,
strangers added at another site. For one that keeps a final ledger also: records that come late,
from the spool, in any order. Each takes a stream as a whole and gives another.
"""

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from processing.columns import NO_CUES, Readings
from simulators.detectors import Decisions, Detector, Watched, heard, joined

LATE_S_MAX: Final = 3_600.0
"""A record may be so late in these checks; the bound of the ledger itself is a day."""


Rows = slice | NDArray[np.bool_] | NDArray[np.int64] | int
"""Which rows: a slice, a mask, or their numbers."""


def picked(readings: Readings, rows: Rows) -> Readings:
    """These rows, in this order."""
    return Readings._make(column[rows] for column in readings)


def together(parts: Iterable[Readings]) -> Readings:
    """All of them, in order of arrival; of two at once the earlier part's first."""
    merged = Readings._make(np.concatenate(column) for column in zip(*parts, strict=True))
    return picked(merged, np.argsort(merged.arrival_ns, kind="stable"))


def doubled(readings: Readings, share: float, rng: np.random.Generator) -> Readings:
    """Some records arrive twice, the second time within a second."""
    again = picked(readings, rng.random(readings.ts_ns.size) < share)
    behind_ns = rng.integers(0, 1_000_000_000, again.ts_ns.size)
    return together([readings, again._replace(arrival_ns=again.arrival_ns + behind_ns)])


def delayed(readings: Readings, chosen: Rows, delay_ns: NDArray[np.int64] | int) -> Readings:
    """The chosen records come from the spool, so much later; all others as before."""
    mask = np.zeros(readings.ts_ns.size, dtype=np.bool_)
    mask[chosen] = True
    late = picked(readings, mask)
    late = late._replace(
        arrival_ns=late.arrival_ns + np.asarray(delay_ns, dtype=np.int64),
        historical=np.ones(late.ts_ns.size, dtype=np.bool_),
    )
    return together([picked(readings, ~mask), late])


def shuffled(readings: Readings, rng: np.random.Generator) -> Readings:
    """What came from the spool comes in any order, all of it after everything else."""
    late = np.flatnonzero(readings.historical)
    last_ns = int(readings.arrival_ns.max())
    other = picked(readings, rng.permutation(late))
    other = other._replace(arrival_ns=last_ns + 1_000_000 * np.arange(1, late.size + 1))
    return together([picked(readings, ~readings.historical), other])


def played(
    detector: Detector,
    watched: Watched,
    readings: Readings,
    end_ns: int,
    *,
    cuts: Iterable[int] = (),
    between: Callable[[Detector, int], Detector] = lambda detector, _now_ns: detector,
) -> tuple[Detector, Decisions]:
    """Feed it, cut after these rows; ``between`` may put another detector in its place."""
    n, parts = readings.ts_ns.size, []
    edges = [0, *sorted({min(max(cut, 0), n) for cut in cuts} - {0, n}), n]
    for low, high in pairwise(edges):
        piece = picked(readings, slice(low, high))
        now_ns = int(piece.arrival_ns[-1]) if high < n else end_ns
        parts.append(detector.feed(heard(watched, piece, NO_CUES, now_ns)))
        if high < n:
            detector = between(detector, now_ns)
    parts.append(detector.finish(end_ns))
    return detector, joined(parts)


def restarted(make: Callable[[], Detector]) -> Callable[[Detector, int], Detector]:
    """For ``between``: a fresh detector that knows only the checkpoint of the old one."""

    def replace(detector: Detector, now_ns: int) -> Detector:
        fresh = make()
        fresh.restore(detector.to_bytes(), now_ns)
        return fresh

    return replace
