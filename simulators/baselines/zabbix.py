"""Zabbix: a trigger on ``nodata(60s)``, looked at every 30 seconds.

Zabbix documentation, "Supported trigger functions": time-based functions such as nodata() are
calculated every 30 seconds; a new value is looked at as it comes. The 60 seconds are ours: the
shortest period that the manual's own examples use, six beats. A problem begins when the trigger
fires; that is what its record says.
"""

from typing import Final

import numba as nb
import numpy as np
from numpy.typing import NDArray

from simulators.baselines.deadline import DeadlineDetector, Room, Watch, late
from simulators.detectors import Decisions, Heard, View, Watched
from simulators.proofs import Proofs
from vocabulary.units import NS_PER_S

NODATA_NS: Final = 60 * NS_PER_S
LOOK_NS: Final = 30 * NS_PER_S


class ZabbixNodata(DeadlineDetector):
    """Nothing for a minute, seen at the next look."""

    name = "zabbix-nodata"

    def __init__(self, watched: Watched) -> None:
        super().__init__(watched)
        self._rule = np.array([NODATA_NS, LOOK_NS], dtype=np.int64)

    def _follow(self, proofs: Proofs, room: Room) -> None:
        _follow(proofs, self.watch, room, self._rule)

    def feed(self, piece: Heard) -> Decisions:
        """As the common part; its problems begin when it says so."""
        said = super().feed(piece)
        down = said.view == View.DOWN
        return said._replace(start_ns=np.where(down, said.at_ns, said.start_ns))


@nb.njit(cache=True)
def _follow(proofs: Proofs, watch: Watch, room: Room, rule: NDArray[np.int64]) -> None:
    nodata_ns, look_ns = rule
    last_ns, deadline_ns, down = watch.last_ns, watch.deadline_ns, watch.down
    for i in range(proofs.at_ns.size):
        stream_ix, at_ns = proofs.stream_ix[i], proofs.at_ns[i]
        if down[stream_ix] or deadline_ns[stream_ix] < at_ns:
            late(watch, room, stream_ix, at_ns)
        last_ns[stream_ix] = at_ns
        deadline_ns[stream_ix] = -(-(at_ns + nodata_ns) // look_ns) * look_ns
