"""k missed beats: down after k periods and a margin without a proof of life.

The folk method, as in keep-alive counters of every kind. Its delay and its false alarms have
closed forms (``loss_process.py``), so it also checks the simulator and the harness.
"""

import numba as nb
import numpy as np
from numpy.typing import NDArray

from simulators.baselines.deadline import DeadlineDetector, Room, Watch, late
from simulators.detectors import Watched
from simulators.proofs import Proofs


class Missed(DeadlineDetector):
    """Down after ``misses`` beats."""

    def __init__(self, watched: Watched, misses: int) -> None:
        super().__init__(watched)
        self.name = f"{misses}-miss"
        self.misses = misses
        self._silence_ns = misses * self.periods_ns + watched.margin_ns

    def _follow(self, proofs: Proofs, room: Room) -> None:
        _follow(proofs, self.watch, room, self._silence_ns)


@nb.njit(cache=True)
def _follow(proofs: Proofs, watch: Watch, room: Room, silence_ns: NDArray[np.int64]) -> None:
    last_ns, deadline_ns, down = watch.last_ns, watch.deadline_ns, watch.down
    for i in range(proofs.at_ns.size):
        stream_ix, at_ns = proofs.stream_ix[i], proofs.at_ns[i]
        if down[stream_ix] or deadline_ns[stream_ix] < at_ns:
            late(watch, room, stream_ix, at_ns)
        last_ns[stream_ix] = at_ns
        deadline_ns[stream_ix] = at_ns + silence_ns[stream_ix]
