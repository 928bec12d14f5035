"""Virtual time: it moves only when the world says so. Scaled time: real time, faster.

Both look like an edge's and a host's clock at once, so the same agents and the same host run on
either.
"""

import time
from typing import Final

from vocabulary.delivery import TimeQuality
from vocabulary.moment import Moment
from vocabulary.units import NS_PER_S

EPOCH_NS: Final = 1_800_000_000 * NS_PER_S
"""Where simulated worlds begin: 2027-01-15 08:00 UTC, an ordinary Friday."""


class VirtualClock:
    """Time as a number that the scheduler sets."""

    def __init__(self, start_ns: int = EPOCH_NS) -> None:
        self._start_ns = start_ns
        self._now_ns = start_ns

    def set(self, now_ns: int) -> None:
        """Move on to ``now_ns``; never back."""
        assert now_ns >= self._now_ns, (now_ns, self._now_ns)
        self._now_ns = now_ns

    def now_ns(self) -> int:
        """UTC nanoseconds."""
        return self._now_ns

    def mono_ns(self) -> int:
        """Nanoseconds since the world began."""
        return self._now_ns - self._start_ns

    def now(self) -> Moment:
        """Both at once."""
        return Moment(self.mono_ns(), self._now_ns, TimeQuality.SYNCED)


class ScaledClock:
    """Real time multiplied by ``speed``, beginning at ``start_ns``."""

    def __init__(self, speed: float, start_ns: int = EPOCH_NS) -> None:
        self.speed, self._start_ns = speed, start_ns
        self._real_ns = time.monotonic_ns()

    def mono_ns(self) -> int:
        """Scaled nanoseconds since construction."""
        return round((time.monotonic_ns() - self._real_ns) * self.speed)

    def seconds_until(self, mono_ns: int) -> float:
        """Real seconds until the scaled monotonic clock shows ``mono_ns``."""
        return max(0, mono_ns - self.mono_ns()) / self.speed / NS_PER_S

    def now_ns(self) -> int:
        """UTC nanoseconds of the scaled world."""
        return self._start_ns + self.mono_ns()

    def now(self) -> Moment:
        """Both, read once."""
        mono_ns = self.mono_ns()
        return Moment(mono_ns, self._start_ns + mono_ns, TimeQuality.SYNCED)
