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
    ON_BATTERY = 13
    """A gateway has lost its mains."""
    REBOOTED = 14
    """An access point that was DOWN tells how long it runs; ``since_ms`` is when it started."""


class Suspect(IntEnum):
    """Whom the kernel blames; it alone sees who else is silent at that instant."""

    NOBODY = 0
    GATEWAY = 1
    BACKHAUL = 2
    FEEDER = 3
    ACCESS_POINT = 4


MISS_BINS: Final = 6
"""1, 2, 3, 4-5, 6-11, 12 and more."""
CLASS_BINS: Final = 16
"""The same for the city, finer: 1 .. 15, 16 and more."""
STALL_BINS: Final = 24
"""Silences of gateways that ended well, from half a second on, three bins to a doubling."""
PROBES_MAX: Final = 24

AP_DTYPE: Final = np.dtype(
    [
        # liveness
        ("mark_ns", "i8"),  # seen_ns of its gateway at the last beat
        ("ok_ms", "i8"),  # event time of the last proof of life
        ("ok_at_ms", "i8"),  # its arrival
        ("beat_ms", "i8"),  # event time of the last beat, good or bad
        ("beat_mono_ms", "i8"),  # the gateway's monotonic clock at that beat
        ("suspect_ns", "i8"),  # awake time at which it was suspected, or NEVER
        ("spent_ns", "i8"),  # up to when its budget of probes is spent
        ("learn_ns", "i8"),  # seen_ns of its gateway since which ``misses`` counts
        ("boot", "i4"),
        ("missed", "i4"),  # beats known to be missed up to mark_ns
        ("series", "i4"),  # number of its latest series of probes
        ("nats", "f4"),  # what its silence alone was worth when it was suspected
        # usage: the last status, and totals
        ("use_ts_ns", "i8"),
        ("rx_bytes", "i8"),
        ("tx_bytes", "i8"),
        ("device_ms", "i8"),
        ("unobserved_ms", "i8"),
        ("rx_total_bytes", "i8"),
        ("tx_total_bytes", "i8"),
        # usage: one outstanding gap, from the last status before it to the one that closed it
        ("gap_ts_ns", "i8"),
        ("gap_rx_bytes", "i8"),
        ("gap_tx_bytes", "i8"),
        ("end_ts_ns", "i8"),
        ("end_rx_bytes", "i8"),
        ("end_tx_bytes", "i8"),
        ("rest_device_ms", "i8"),
        ("rest_unobserved_ms", "i8"),
        ("rest_rx_bytes", "i8"),
        ("rest_tx_bytes", "i8"),
        ("clients", "i4"),
        ("gap_clients", "i4"),
        ("uptime_s", "u4"),
        ("gap_uptime_s", "u4"),
        ("end_uptime_s", "u4"),
        ("misses", "u2", (MISS_BINS,)),  # closed gaps by beats missed, from one on
        ("failed", "u1"),  # probes of the present suspicion without an answer
        ("asked", "u1"),  # probes of it that were asked for
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
        ("spent_ns", "i8"),  # up to when its budget of probes is spent
        ("asked_ns", "i8"),  # awake time at which others on its feeder were asked because of it
        ("battery_ns", "i8"),  # awake time since which it runs on battery, or NEVER
        ("late", "f8"),  # beats of its access points that came late or not at all
        ("state", "i1"),
        ("probes", "i1"),  # whether it ever answered a probe
    ],
    align=True,
)

# positions in ``known``, what was learned of the whole city: numbers, shape (KNOWN_SIZE,)
K_MISSES: Final = 0  # closed gaps by beats missed, from one on
K_PROBE_SENT: Final = K_MISSES + CLASS_BINS  # of suspicions that ended well, by place
K_PROBE_LOST: Final = K_PROBE_SENT + PROBES_MAX
K_STALLS: Final = K_PROBE_LOST + PROBES_MAX
K_GAPS: Final = K_STALLS + STALL_BINS
"""Beats that were due of all access points, while observed."""
K_GATEWAY_NS: Final = K_GAPS + 1
"""Observed time of all gateways."""
K_FADING: Final = K_GATEWAY_NS + 1
"""All up to here fades."""
K_FADE_NS: Final = K_FADING
"""Awake time at which it fades next."""
K_SPENT_NS: Final = K_FADING + 1
"""Up to when the city's budget of probes is spent, awake time."""
K_ASKED: Final = K_FADING + 2
K_UNASKED: Final = K_FADING + 3
"""Requests for which there was no budget or no room."""
K_STRANGE: Final = K_FADING + 4
"""Answers that nobody waited for."""
K_DECLARED: Final = K_FADING + 5
"""Access points called down."""
K_REFUTED: Final = K_FADING + 6
"""Of them those whose uptime said later that they never were."""
K_EXPECTED: Final = K_FADING + 7
"""Of them those expected to be wrong, by their evidence."""
KNOWN_SIZE: Final = K_FADING + 8

REQUEST_DTYPE: Final = np.dtype(
    [
        ("at_ns", "i8"),  # the host's clock
        ("ap_ix", "i4"),
        ("series", "i4"),
        ("first", "i2"),  # place of the first probe in vocabulary.probing.SCHEDULE_MS
        ("count", "i2"),
        ("wait_ms", "i4"),  # until the first of them
    ],
    align=True,
)
"""Ask this access point so often; stop at the first answer."""

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
        ("silence_nats", "f4"),  # evidence of silence
        ("probe_nats", "f4"),  # evidence of probes without an answer
        ("need_nats", "f4"),  # how much was needed
        ("probes", "i2"),  # probes without an answer
        ("kind", "i1"),
        ("blames", "i1"),  # Suspect
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
    silence_nats: float
    probe_nats: float
    need_nats: float
    probes: int
    kind: int
    blames: int

    @property
    def at_ms(self) -> int:
        """When it happened, by the host's clock."""
        return self.at_ns // NS_PER_MS
