"""Cassandra's phi detector: an exponential distribution over the last intervals.

``org.apache.cassandra.gms.FailureDetector``: phi = silence / mean * (1 / ln 10), convicted above
8, so after 18.4 mean intervals; 1000 samples; intervals above twice the gossip period are not
learned, and the window is seeded with that value. The period is 1 s there and one beat here.
"""

from math import log
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
INTERVAL_BEATS_MAX: Final = 2
SILENCE_MEANS: Final = PHI * log(10.0)
_MS: Final = NS_PER_MS
_NEVER: Final = NEVER


class PhiExponential(DeadlineDetector):
    """So many mean intervals."""

    name = "phi-exponential"

    def __init__(self, watched: Watched) -> None:
        super().__init__(watched)
        n = watched.stream_count
        self._ring_ms = np.zeros((n, WINDOW), dtype=np.int64)
        self._sums = np.zeros((n, 2), dtype=np.int64)  # samples ever, sum
        self._interval_ms_max = INTERVAL_BEATS_MAX * self.periods_ns // NS_PER_MS

    def _follow(self, proofs: Proofs, room: Room) -> None:
        memory = (self._ring_ms, self._sums, self._interval_ms_max)
        _follow(proofs, self.watch, room, memory, SILENCE_MEANS)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """The watch, and the window of each stream."""
        return {**super().arrays(), "ring_ms": self._ring_ms, "sums": self._sums}


@nb.njit(cache=True)
def _follow(
    proofs: Proofs,
    watch: Watch,
    room: Room,
    memory: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    silence_means: float,
) -> None:
    last_ns, deadline_ns, down = watch.last_ns, watch.deadline_ns, watch.down
    rings, sums, interval_ms_max = memory
    window = rings.shape[1]
    for i in range(proofs.at_ns.size):
        stream_ix, at_ns = proofs.stream_ix[i], proofs.at_ns[i]
        before_ns = last_ns[stream_ix]
        if down[stream_ix] or deadline_ns[stream_ix] < at_ns:
            late(watch, room, stream_ix, at_ns)
        last_ns[stream_ix] = at_ns
        longest_ms = interval_ms_max[stream_ix]
        interval_ms = longest_ms if before_ns == _NEVER else (at_ns - before_ns) // _MS
        samples, sum_ms = sums[stream_ix, 0], sums[stream_ix, 1]
        if interval_ms <= longest_ms:
            at = samples % window
            if samples >= window:
                sum_ms -= rings[stream_ix, at]
            rings[stream_ix, at] = interval_ms
            samples += 1
            sum_ms += interval_ms
            sums[stream_ix, 0], sums[stream_ix, 1] = samples, sum_ms
        mean_ms = sum_ms / min(samples, window)
        deadline_ns[stream_ix] = at_ns + np.int64(silence_means * mean_ms * _MS)
