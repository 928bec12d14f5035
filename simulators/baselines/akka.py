"""Akka's phi detector: a normal distribution over the last intervals.

N. Hayashibara and others, "The phi accrual failure detector", SRDS 2004, as in Akka's
``PhiAccrualFailureDetector`` with the defaults of its cluster module: threshold 8, 1000 samples,
least standard deviation 100 ms, acceptable pause 3 s (added to the mean). It approximates the
normal tail by a logistic function of a cubic, so phi = 8 is a fixed number of deviations. An
interval that ended a suspicion is not learned. The first estimate, 1 s there, is one beat here:
two samples, a quarter of a beat above and below.
"""

from typing import Final

import numba as nb
import numpy as np
from numpy.typing import NDArray

from simulators.baselines.deadline import NEVER, DeadlineDetector, Room, Watch, late
from simulators.detectors import Watched
from simulators.proofs import Proofs
from vocabulary.units import NS_PER_MS

PHI: Final = 8.0
WINDOW: Final = 1_000
DEVIATION_MS_MIN: Final = 100.0
PAUSE_MS: Final = 3_000.0
_MS: Final = NS_PER_MS
_NEVER: Final = NEVER


def deviations_at(phi: float) -> float:
    """y where phi is reached: e / (1 + e) = 10^-phi with e = exp(-y (1.5976 + 0.070566 y^2))."""
    wanted = np.log(10.0**phi - 1.0)
    low, high = 0.0, 100.0
    for _ in range(80):
        y = (low + high) / 2
        low, high = (y, high) if y * (1.5976 + 0.070566 * y * y) < wanted else (low, y)
    return high


class PhiNormal(DeadlineDetector):
    """Mean, plus the pause, plus so many deviations."""

    name = "phi-normal"

    def __init__(self, watched: Watched) -> None:
        super().__init__(watched)
        n = watched.stream_count
        self._ring_ms = np.zeros((n, WINDOW), dtype=np.int64)
        self._sums = np.zeros((n, 3), dtype=np.int64)  # samples ever, sum, sum of squares
        self._deviations = deviations_at(PHI)

    def _follow(self, proofs: Proofs, room: Room) -> None:
        rule = np.array([self._deviations, PAUSE_MS, DEVIATION_MS_MIN])
        _follow(proofs, self.watch, room, (self._ring_ms, self._sums, self.periods_ns), rule)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """The watch, and the window of each stream."""
        return {**super().arrays(), "ring_ms": self._ring_ms, "sums": self._sums}


@nb.njit(cache=True)
def _follow(
    proofs: Proofs,
    watch: Watch,
    room: Room,
    memory: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    rule: NDArray[np.float64],
) -> None:
    last_ns, deadline_ns, down = watch.last_ns, watch.deadline_ns, watch.down
    rings, sums, periods_ns = memory
    window = rings.shape[1]
    for i in range(proofs.at_ns.size):
        stream_ix, at_ns = proofs.stream_ix[i], proofs.at_ns[i]
        before_ns = last_ns[stream_ix]
        suspected = down[stream_ix] or deadline_ns[stream_ix] < at_ns
        if suspected:
            late(watch, room, stream_ix, at_ns)
        last_ns[stream_ix] = at_ns
        samples = sums[stream_ix, 0]
        sum_ms, sum_square = sums[stream_ix, 1], sums[stream_ix, 2]
        if before_ns == _NEVER:
            period_ms = periods_ns[stream_ix] // _MS
            rings[stream_ix, 0] = period_ms - period_ms // 4
            rings[stream_ix, 1] = period_ms + period_ms // 4
            samples, sum_ms = 2, 2 * period_ms
            sum_square = rings[stream_ix, 0] ** 2 + rings[stream_ix, 1] ** 2
        elif not suspected:
            interval_ms, at = (at_ns - before_ns) // _MS, samples % window
            if samples >= window:
                sum_ms -= rings[stream_ix, at]
                sum_square -= rings[stream_ix, at] ** 2
            rings[stream_ix, at] = interval_ms
            samples += 1
            sum_ms += interval_ms
            sum_square += interval_ms**2
        sums[stream_ix, 0], sums[stream_ix, 1], sums[stream_ix, 2] = samples, sum_ms, sum_square
        n = min(samples, window)
        mean_ms = sum_ms / n
        deviation_ms = max(rule[2], np.sqrt(max(0.0, sum_square / n - mean_ms * mean_ms)))
        silence_ms = mean_ms + rule[1] + rule[0] * deviation_ms
        deadline_ns[stream_ix] = at_ns + np.int64(silence_ms * _MS)
