"""The fixed-size records that kernels read and write: one per access point, one per gateway.

Event times are whole milliseconds UTC (``..._ms``), the host's clock is nanoseconds. ``awake``
time is the host's clock without our own pauses; ``seen_ns`` of a gateway counts only the awake
time between two arrivals from it, so silence is measured only where we could have heard.
"""

from enum import IntEnum
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vocabulary.units import NS_PER_MS

Records = NDArray[np.void]
Record = np.void
"""One of them; a view, so writing to a field writes to the array."""


class ApState(IntEnum):
    """What the kernel thinks of an access point."""

    NEVER_SEEN = 0
    UP = 1
    SUSPECT = 2
    DOWN = 3
    BLIND = 4


class GatewayState(IntEnum):
    """What the kernel thinks of a gateway."""

    NEVER_SEEN = 0
    HEARD = 1
    DARK = 2


class EventKind(IntEnum):
    """What the kernel tells the chronicle; everything else it keeps to itself."""

    SUSPECT = 1
    DOWN = 2
    ALIVE = 3
    """A proof of life of a node that was not UP."""
    FAIL = 4
    """A beat that says: no answer. State changes follow as their own events."""
    BLIND_GATEWAY = 5
    BLIND_HOST = 6
    LATE_OK = 7
    LATE_FAIL = 8
    LATE_HEARTBEAT = 9
    """A gateway's own beat, brought by its spool: it lived."""
    GATEWAY_SILENT = 10
    GATEWAY_WILL = 11
    GATEWAY_BACK = 12


AP_DTYPE: Final = np.dtype(
    [
        # liveness
        ("mark_ns", "i8"),  # seen_ns of its gateway at the last beat
        ("ok_ms", "i8"),  # event time of the last proof of life
        ("ok_at_ms", "i8"),  # its arrival
        ("beat_ms", "i8"),  # event time of the last beat, good or bad
        ("beat_mono_ms", "i8"),  # the gateway's monotonic clock at that beat
        ("boot", "i4"),
        ("missed", "i4"),  # beats known to be missed up to mark_ns
        # usage: the last status, and totals
        ("use_ts_ns", "i8"),
        ("rx_bytes", "i8"),
        ("tx_bytes", "i8"),
        ("uptime_s", "i8"),
        ("device_ms", "i8"),
        ("unobserved_ms", "i8"),
        ("rx_total_bytes", "i8"),
        ("tx_total_bytes", "i8"),
        # usage: one outstanding gap, from the last status before it to the one that closed it
        ("gap_ts_ns", "i8"),
        ("gap_rx_bytes", "i8"),
        ("gap_tx_bytes", "i8"),
        ("gap_uptime_s", "i8"),
        ("end_ts_ns", "i8"),
        ("end_rx_bytes", "i8"),
        ("end_tx_bytes", "i8"),
        ("end_uptime_s", "i8"),
        ("rest_device_ms", "i8"),
        ("rest_unobserved_ms", "i8"),
        ("rest_rx_bytes", "i8"),
        ("rest_tx_bytes", "i8"),
        ("clients", "i4"),
        ("gap_clients", "i4"),
        ("state", "i1"),
        ("has", "u1"),  # which of clients, rx, tx, uptime are known; see usage.py
        ("gap_has", "u1"),
        ("end_has", "u1"),  # 0: no outstanding gap
    ],
    align=True,
)

GATEWAY_DTYPE: Final = np.dtype(
    [
        ("heard_ns", "i8"),  # awake time of the last fresh arrival
        ("seen_ns", "i8"),  # awake time during which it was observing, all in all
        ("fresh_ns", "i8"),  # seen_ns when observation last began anew
        ("will_ns", "i8"),  # awake time of a last will still in its grace, or NEVER
        ("ts_ms", "i8"),  # event time of its last fresh record
        ("state", "i1"),
    ],
    align=True,
)

CLOCK_DTYPE: Final = np.dtype(
    [
        ("last_ns", "i8"),  # the latest instant we know of: an arrival, or the time of a call
        ("paused_ns", "i8"),  # what awake time lacks
        ("sweep_ns", "i8"),  # when the next sweep is due
        ("deaf_ns", "i8"),  # since when we have no broker session, or NEVER
        ("wills_from_ns", "i8"),  # earlier wills are those of another broker life
        ("restarted", "i1"),  # the next instant follows a restart
        ("blinded", "i1"),  # deaf for long enough that everything is unobserved
    ],
    align=True,
)

EVENT_DTYPE: Final = np.dtype(
    [
        ("at_ns", "i8"),
        ("ts_ms", "i8"),  # event time of the record, or NEVER
        ("since_ms", "i8"),  # event time from which silence is counted
        ("ok_ms", "i8"),
        ("ok_at_ms", "i8"),
        ("node_ix", "i4"),
        ("missed", "i4"),  # beats missed in silence since since_ms
        ("kind", "i1"),
    ],
    align=True,
)

NEVER: Final = -1


class Event(NamedTuple):
    """One row of ``EVENT_DTYPE``, for plain Python."""

    at_ns: int
    ts_ms: int
    since_ms: int
    ok_ms: int
    ok_at_ms: int
    node_ix: int
    missed: int
    kind: int

    @property
    def at_ms(self) -> int:
        """When it happened, by the host's clock."""
        return self.at_ns // NS_PER_MS
