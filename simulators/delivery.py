"""From the time a record was made to the time the host has it; a kernel without a memory.

Whatever is drawn here is a function of the node and the record's time, so the order in which
records are looked at does not matter. Only the pause and the piece move on with the walk.
"""

import numba as nb
import numpy as np
from numpy.typing import NDArray

from simulators.beat_records import Delays, Spans
from simulators.chance import UNIT, draw

_DELIVERY, _STALLS = np.uint64(2), np.uint64(3)
_MS = 1_000_000
_STALL_LATTICE = 64
"""A gateway's stalls are drawn cell by cell: so many cells to a mean gap."""


@nb.njit(cache=True)
def stalled_until_ns(delays: Delays, stall_key: np.uint64, at_ns: int) -> int:
    """When what is handed over at ``at_ns`` leaves, if the sender stalls then; else ``at_ns``.

    Time is cut into cells; in each a stall may begin, at a time of its own within the cell. The
    cell before counts too, for its stall may reach over.
    """
    cell_ns = int(delays.stall_gap_ns) // _STALL_LATTICE
    left_ns = at_ns
    for back in range(2):
        cell = at_ns // cell_ns - 1 + back
        chance, place, length, _ = draw(stall_key, np.uint64(cell), _STALLS)
        if chance * UNIT * _STALL_LATTICE >= 1.0:
            continue
        begin_ns = cell * cell_ns + int(place * UNIT * cell_ns)
        span_ns = delays.stall_max_ns - delays.stall_min_ns
        end_ns = begin_ns + int(delays.stall_min_ns + length * UNIT * span_ns)
        if begin_ns <= at_ns and at_ns < end_ns:
            left_ns = max(left_ns, end_ns)
    return left_ns


@nb.njit(cache=True)
def delayed(
    delays: Delays, key: np.uint64, stall_key: np.uint64, t_ns: int, sent_ns: int
) -> tuple[int, bool, int]:
    """(arrival, whether it comes as backlog, arrival of its duplicate or -1)."""
    late, wobble, tail, _ = draw(key, np.uint64(t_ns // _MS), _DELIVERY)
    arrival_ns = sent_ns
    if delays.stall_gap_ns > 0.0:
        arrival_ns = stalled_until_ns(delays, stall_key, sent_ns)
    if delays.jitter_ns > 0.0:
        arrival_ns += int(-np.log((wobble + 1.0) * UNIT) * delays.jitter_ns)
    if tail * UNIT < delays.tail_share:
        arrival_ns += int(delays.tail_ns)
    more, far, twice, gap = draw(key, np.uint64(t_ns // _MS), _DELIVERY + np.uint64(8))
    historical = False
    if late * UNIT < delays.late_share:
        arrival_ns += int(far * UNIT * delays.late_ns)
        historical = True
    elif more * UNIT < delays.reorder_share:
        arrival_ns += int(far * UNIT * delays.reorder_ns)
    copy_ns = -1
    if delays.keep_duplicates and twice * UNIT < delays.duplicate_share:
        copy_ns = arrival_ns + int(gap * UNIT * max(delays.reorder_ns, 1e9))
    return arrival_ns, historical, copy_ns


@nb.njit(cache=True)
def after_pause_ns(pauses: Spans, at: int, arrival_ns: int) -> int:
    """What comes while the host is stopped is there when it goes on, in its order."""
    i = at
    while i < pauses.start_ns.size and pauses.end_ns[i] <= arrival_ns:
        i += 1
    if i < pauses.start_ns.size and pauses.start_ns[i] <= arrival_ns:
        arrival_ns = pauses.end_ns[i] + (arrival_ns - pauses.start_ns[i]) // 1_024
    return arrival_ns


CROWD = 256
"""Records in one bucket from which on they are sorted by comparing."""


def order_of(arrival_ns: NDArray[np.int64], from_ns: int, to_ns: int) -> NDArray[np.int32]:
    """Positions in order of arrival; what arrives together stays in its order."""
    assert arrival_ns.size == 0 or (arrival_ns.min() >= from_ns and arrival_ns.max() < to_ns)
    order, crowd = _order_of(arrival_ns, from_ns, to_ns)
    if crowd > CROWD:
        return np.argsort(arrival_ns, kind="stable").astype(np.int32)
    _settle(arrival_ns, order)
    return order


@nb.njit(cache=True)
def _order_of(
    arrival_ns: NDArray[np.int64],  # (n,) in [from_ns, to_ns)
    from_ns: int,
    to_ns: int,
) -> tuple[NDArray[np.int32], int]:  # (n,) nearly in order, and the fullest bucket
    n = arrival_ns.size
    scale = n / max(1, to_ns - from_ns)
    ends = np.zeros(n + 1, dtype=np.int32)
    for i in range(n):
        ends[min(n - 1, int((arrival_ns[i] - from_ns) * scale)) + 1] += 1
    crowd = 0
    for i in range(n):
        crowd = max(crowd, ends[i + 1])
        ends[i + 1] += ends[i]
    order = np.empty(n, dtype=np.int32)
    for i in range(n):
        bucket = min(n - 1, int((arrival_ns[i] - from_ns) * scale))
        order[ends[bucket]] = i
        ends[bucket] += 1
    return order, crowd


@nb.njit(cache=True)
def _settle(arrival_ns: NDArray[np.int64], order: NDArray[np.int32]) -> None:
    """Each to its place; arrivals are spread evenly, so almost none has to move."""
    for i in range(1, order.size):
        one = order[i]
        j = i
        while j > 0 and arrival_ns[order[j - 1]] > arrival_ns[one]:
            order[j] = order[j - 1]
            j -= 1
        order[j] = one
