"""The only place in this room that reads a clock, and the seam where simulated time enters."""

import time
from typing import Final, Protocol

from vocabulary.delivery import TimeQuality
from vocabulary.moment import Moment
from vocabulary.units import NS_PER_S

SYNCED_SINCE_NS: Final = 1_767_225_600 * NS_PER_S
"""2026-01-01: a gateway whose wall clock stands before the software was written is not synced."""


class Clock(Protocol):
    """Where a shell asks what time it is."""

    def now(self) -> Moment:
        """Both clocks, read together."""
        ...

    def mono_ns(self) -> int:
        """The monotonic clock alone, for stamping bytes."""
        ...

    def seconds_until(self, mono_ns: int) -> float:
        """Real seconds to wait until the monotonic clock shows ``mono_ns``; never negative."""
        ...


class SystemClock:
    """The machine's own clocks; monotonic time goes on counting while the machine sleeps."""

    def mono_ns(self) -> int:
        """Nanoseconds since boot, suspend included (Linux ``CLOCK_BOOTTIME``)."""
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME)

    def seconds_until(self, mono_ns: int) -> float:
        """Real seconds from now to ``mono_ns``; 0 when it has passed."""
        return max(0, mono_ns - self.mono_ns()) / NS_PER_S

    def now(self) -> Moment:
        """Both clocks; wall time before the software's own date counts as unsynced."""
        wall_ns = time.time_ns()
        synced = wall_ns >= SYNCED_SINCE_NS
        quality = TimeQuality.SYNCED if synced else TimeQuality.UNSYNCED
        return Moment(self.mono_ns(), wall_ns, quality)
