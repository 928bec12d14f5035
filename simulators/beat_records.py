"""The fixed-size records that the fast path's kernels read and write.

One record per access point or gateway says where it stands in its own time. Spans of many nodes
lie behind one another, with a pointer where each node's begin (``Spans``).
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vocabulary.units import INT64_MAX

Record = np.void
Records = NDArray[np.void]
NEVER_NS: Final = INT64_MAX
STALE_NS: Final = -1
"""In ``open_ns`` and ``shut_ns``: to be looked up."""

AP_DTYPE: Final = np.dtype(
    [
        ("key", "u8"),
        ("next_ns", "i8"),  # when it sends next, if it has power
        ("at_ns", "i8"),  # up to when its usage is known
        ("booted_ns", "i8"),
        ("due_ns", "i8"),  # when its gateway will say: no answer
        ("ok_ns", "i8"),  # its last beat at the gateway, or -1
        ("rx_bytes", "i8"),  # its counters
        ("tx_bytes", "i8"),
        ("device_ns", "i8"),  # the truth
        ("rx_true_bytes", "i8"),
        ("tx_true_bytes", "i8"),
        ("burst_ns", "i8"),  # the present or next burst of losses
        ("burst_end_ns", "i8"),
        ("beat", "u8"),
        ("burst", "u4"),
        ("off_ns", "i8"),  # of each sort of span: when the present or next one begins
        ("radio_ns", "i8"),
        ("worse_ns", "i8"),
        ("died_ns", "i8"),  # its gateway's
        ("open_ns", "i8"),  # the present or next piece of its gateway
        ("shut_ns", "i8"),
        ("gateway_ix", "i4"),  # where it truly hangs
        ("clients", "i4"),
        ("kind_ix", "i4"),
        ("level", "f4"),
        ("off_at", "i4"),  # places in the spans of each sort
        ("dead_at", "i4"),
        ("piece_at", "i4"),
        ("radio_at", "i4"),
        ("worse_at", "i4"),
        ("lost", "u1"),  # whether its last beat was
        ("narrow", "u1"),
    ],
    align=True,
)

GATEWAY_DTYPE: Final = np.dtype(
    [
        ("key", "u8"),
        ("next_ns", "i8"),  # its next own beat
        ("open_ns", "i8"),
        ("shut_ns", "i8"),
        ("dead_at", "i4"),
        ("piece_at", "i4"),
        ("battery_at", "i4"),
        ("ups", "u1"),
    ],
    align=True,
)

MESSAGE_DTYPE: Final = np.dtype(
    [
        ("arrival_ns", "i8"),
        ("t_ns", "i8"),  # true time
        ("rx_bytes", "i8"),
        ("tx_bytes", "i8"),
        ("uptime_s", "i8"),
        ("node_ix", "i4"),
        ("gateway_ix", "i4"),
        ("clients", "i4"),
        ("boot", "i4"),
        ("rtt_ms", "f4"),  # 0: not measured
        ("kind", "u1"),
        ("historical", "u1"),
    ],
    align=True,
)

# kinds of messages
ALIVE, FAIL, STATUS, HEARTBEAT, MAINS, BATTERY = range(6)
"""A beat with its status, a missed beat, a status too early for a beat, a gateway's own beat; the
last two are a gateway's beat that also tells of its supply."""


class Spans(NamedTuple):
    """Spans [start, end) of many nodes, in order; those of node i are ``first[i]:first[i + 1]``."""

    first: NDArray[np.int32]  # (n + 1,)
    start_ns: NDArray[np.int64]
    end_ns: NDArray[np.int64]


def spans_of(rows: Iterable[Sequence[tuple[int, int]]]) -> Spans:
    """Spans of each node, as arrays."""
    listed = list(rows)
    first = np.zeros(len(listed) + 1, dtype=np.int32)
    np.cumsum([len(spans) for spans in listed], out=first[1:])
    flat = [span for spans in listed for span in spans]
    starts = np.array([span[0] for span in flat], dtype=np.int64)
    ends = np.array([span[1] for span in flat], dtype=np.int64)
    return Spans(first, starts, ends)


def first_starts(spans: Spans) -> NDArray[np.int64]:
    """When each node's first span begins, or never, shape (n,)."""
    starts = np.append(spans.start_ns, NEVER_NS)[spans.first[:-1]]
    return np.where(spans.first[:-1] < spans.first[1:], starts, NEVER_NS)


class Worsening(NamedTuple):
    """What the link of an access point comes to within each of its ``worse`` spans."""

    loss_end: NDArray[np.float64]
    rtt_factor: NDArray[np.float64]


class Pieces(NamedTuple):
    """Stretches of a gateway's time whose records arrive, and when: the line between the two.

    What was recorded at t in [start, end) arrives at ``arrive_ns + (t - start) * slope``.
    """

    first: NDArray[np.int32]  # (G + 1,)
    start_ns: NDArray[np.int64]
    end_ns: NDArray[np.int64]
    arrive_ns: NDArray[np.int64]
    slope: NDArray[np.float64]


class Piece(NamedTuple):
    """One row of ``Pieces``."""

    start_ns: int
    end_ns: int
    arrive_ns: int
    slope: float

    @property
    def arrived_ns(self) -> int:
        """When its last record has arrived."""
        return self.arrive_ns + round((self.end_ns - self.start_ns) * self.slope)


def pieces_of(rows: Iterable[Sequence[Piece]]) -> Pieces:
    """Pieces of each gateway, as arrays."""
    listed = list(rows)
    spans = spans_of([[(one.start_ns, one.end_ns) for one in pieces] for pieces in listed])
    flat = [one for pieces in listed for one in pieces]
    arrive_ns = np.array([one.arrive_ns for one in flat], dtype=np.int64)
    slope = np.array([one.slope for one in flat], dtype=np.float64)
    return Pieces(spans.first, spans.start_ns, spans.end_ns, arrive_ns, slope)


class Chances(NamedTuple):
    """The rates of nature that hold for all."""

    ap_count: int
    beat_ns: int
    gateway_beat_ns: int
    margin_ns: int
    boot_ns: int
    loss: float
    persistence: float
    gap_mean_ns: float  # between bursts; 0: there are none
    burst_mean_ns: float
    stay_ns: float
    bytes_per_client_ns: float
    rtt_every: int  # in beats; 0: never
    slot_first_ns: int
    slot_ns: int


class Delays(NamedTuple):
    """What happens to a record between its gateway and the host."""

    jitter_ns: float
    tail_share: float
    tail_ns: float
    stall_gap_ns: float  # 0: there are none
    stall_min_ns: float
    stall_max_ns: float
    reorder_share: float
    reorder_ns: float
    duplicate_share: float
    late_share: float
    late_ns: float
    keep_duplicates: bool
    plain: bool  # none of the above: what is sent is there


class Nature(NamedTuple):
    """Everything that the walk of access points and gateways reads and never writes."""

    chances: Chances
    delays: Delays
    demand: NDArray[np.float64]  # (kinds + 1, slots)
    off: Spans  # (A,) no power
    radio_off: Spans  # (A,)
    worse: Spans  # (A,)
    worsening: Worsening
    dead: Spans  # (G,) no agent
    battery: Spans  # (G,)
    pauses: Spans  # (1,) the host does not listen
    stall_keys: NDArray[np.uint64]  # (G,)
