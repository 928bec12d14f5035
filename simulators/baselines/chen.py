"""Chen, Toueg and Aguilera's NFD-E: the next beat is expected when the past ones say.

W. Chen, S. Toueg, M. K. Aguilera, "On the quality of service of failure detectors", IEEE
Transactions on Computers 51(5), 2002, section 6: the expected arrival of beat l+1 is
EA = mean over the last n beats of (arrival - l' * eta) + (l+1) * eta, the freshness point is
EA + alpha. The paper's window of n = 32 is short; ours is 1000 as for the others, and alpha is
2.01 beats, which makes it comparable to three missed ones.

Beat numbers come from the sender's clock, whose offset cancels out. A new boot starts anew.
"""

from typing import Final

import numba as nb
import numpy as np
from numpy.typing import NDArray

from simulators.baselines.deadline import DeadlineDetector, Room, Watch, late
from simulators.detectors import Watched
from simulators.proofs import Proofs
from vocabulary.units import NS_PER_MS

WINDOW: Final = 1_000
ALPHA_BEATS: Final = 2.01
_MS: Final = NS_PER_MS


class ChenNfdE(DeadlineDetector):
    """Expected arrival plus a margin."""

    name = "chen-nfd-e"

    def __init__(self, watched: Watched) -> None:
        super().__init__(watched)
        n = watched.stream_count
        self._delays_ms = np.zeros((n, WINDOW), dtype=np.int64)  # arrival - sent, a ring
        self._sums = np.zeros((n, 3), dtype=np.int64)  # how many ever, sum, boot
        self._wait_ns = np.round((1 + ALPHA_BEATS) * self.periods_ns).astype(np.int64)

    def _follow(self, proofs: Proofs, room: Room) -> None:
        _follow(proofs, self.watch, room, self._delays_ms, self._sums, self._wait_ns)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """The watch, and the window of each stream."""
        return {**super().arrays(), "delays_ms": self._delays_ms, "sums": self._sums}


@nb.njit(cache=True)
def _follow(
    proofs: Proofs,
    watch: Watch,
    room: Room,
    delays_ms: NDArray[np.int64],
    sums: NDArray[np.int64],
    wait_ns: NDArray[np.int64],
) -> None:
    last_ns, deadline_ns, down = watch.last_ns, watch.deadline_ns, watch.down
    window = delays_ms.shape[1]
    for i in range(proofs.at_ns.size):
        stream_ix, at_ns = proofs.stream_ix[i], proofs.at_ns[i]
        if down[stream_ix] or deadline_ns[stream_ix] < at_ns:
            late(watch, room, stream_ix, at_ns)
        last_ns[stream_ix] = at_ns
        samples, sum_ms = sums[stream_ix, 0], sums[stream_ix, 1]
        if sums[stream_ix, 2] != proofs.boot[i]:
            samples, sum_ms = 0, 0
            sums[stream_ix, 2] = proofs.boot[i]
        delay_ms = at_ns // _MS - proofs.sent_ms[i]
        at = samples % window
        if samples >= window:
            sum_ms -= delays_ms[stream_ix, at]
        delays_ms[stream_ix, at] = delay_ms
        sums[stream_ix, 0] = samples + 1
        sums[stream_ix, 1] = sum_ms + delay_ms
        mean_ms = (sum_ms + delay_ms) // min(samples + 1, window)
        deadline_ns[stream_ix] = (proofs.sent_ms[i] + mean_ms) * _MS + wait_ns[stream_ix]
