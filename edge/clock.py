"""The only place in this room that reads a clock, and the seam where simulated time enters."""

import ctypes
import time
from typing import Final, Protocol

from vocabulary.delivery import TimeQuality
from vocabulary.moment import Moment
from vocabulary.units import NS_PER_S


class _Timex(ctypes.Structure):
    """The head of Linux's ``struct timex``; we only ask, so the rest is room."""

    _fields_ = (("modes", ctypes.c_uint), ("rest", ctypes.c_byte * 252))


TIME_ERROR: Final = 5
"""``adjtimex``: the clock is not synchronised (adjtimex(2))."""
ASK_NS: Final = NS_PER_S
"""The kernel is asked at most this often."""


class Quality(Protocol):
    """Who says how far wall time may be trusted."""

    def moment(self, raw: Moment) -> Moment:
        """The best that can be said of now."""
        ...


class KeptClock:
    """A clock whose wall time somebody corrects."""

    def __init__(self, inner: "Clock") -> None:
        self._inner = inner
        self.keeper: Quality | None = None

    def mono_ns(self) -> int:
        """As the clock behind it."""
        return self._inner.mono_ns()

    def seconds_until(self, mono_ns: int) -> float:
        """As the clock behind it."""
        return self._inner.seconds_until(mono_ns)

    def now(self) -> Moment:
        """Corrected, once there is a keeper."""
        raw = self._inner.now()
        return raw if self.keeper is None else self.keeper.moment(raw)


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

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None)
        self._asked_ns = -ASK_NS
        self._synced = False

    def mono_ns(self) -> int:
        """Nanoseconds since boot, suspend included (Linux ``CLOCK_BOOTTIME``)."""
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME)

    def seconds_until(self, mono_ns: int) -> float:
        """Real seconds from now to ``mono_ns``; 0 when it has passed."""
        return max(0, mono_ns - self.mono_ns()) / NS_PER_S

    def now(self) -> Moment:
        """Both clocks, and whether the kernel says that somebody keeps wall time right."""
        mono_ns = self.mono_ns()
        if mono_ns - self._asked_ns >= ASK_NS:
            self._asked_ns = mono_ns
            self._synced = self._libc.adjtimex(ctypes.byref(_Timex())) not in (-1, TIME_ERROR)
        quality = TimeQuality.SYNCED if self._synced else TimeQuality.UNSYNCED
        return Moment(mono_ns, time.time_ns(), quality)
