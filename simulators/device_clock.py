"""The two clocks of one gateway on its own board: they drift, step, and may begin in 1970.

Monotonic time counts from power on and never steps. Wall time is monotonic time plus a distance
that somebody may change: a time server, a technician, a flat battery.
"""

import random
from typing import Final

from simulators.clock import VirtualClock
from vocabulary.delivery import TimeQuality
from vocabulary.moment import Moment
from vocabulary.units import NS_PER_S

PER_MILLION: Final = 1_000_000
POWERED_S: Final = (15.0, 45.0)
"""How long a kernel has run when the agent starts: at least and at most."""


class DeviceClock:
    """A board's clocks beside true time."""

    def __init__(self, true: VirtualClock, rng: random.Random, *, drift_ppm: int = 0) -> None:
        self._true, self._rng, self._drift_ppm = true, rng, drift_ppm
        self._boot_ns = 0
        self._distance_ns = 0
        self.quality = TimeQuality.SYNCED
        self.power_on(knows_time=True)

    def power_on(self, *, knows_time: bool) -> None:
        """A new kernel: monotonic time begins again; without a battery it is 1970."""
        self._boot_ns = self._true.now_ns() - round(self._rng.uniform(*POWERED_S) * NS_PER_S)
        if knows_time:
            self.synchronise()
        else:
            self._distance_ns = 0
            self.quality = TimeQuality.UNSYNCED

    def synchronise(self) -> None:
        """A time server sets wall time right."""
        self._distance_ns = self._true.now_ns() - self.mono_ns()
        self.quality = TimeQuality.SYNCED

    def step(self, step_ns: int) -> None:
        """Wall time jumps, and whoever keeps it believes that it is right."""
        self._distance_ns = max(self._distance_ns + step_ns, -self.mono_ns())

    def mono_ns(self) -> int:
        """Nanoseconds since power on, as this board counts them."""
        passed_ns = self._true.now_ns() - self._boot_ns
        return passed_ns + passed_ns * self._drift_ppm // PER_MILLION

    def true_ns(self, mono_ns: int) -> int:
        """When, in true time, the monotonic clock will show ``mono_ns`` or a little more."""
        ahead_ns = max(0, mono_ns - self.mono_ns())
        return self._true.now_ns() + ahead_ns * PER_MILLION // (PER_MILLION + self._drift_ppm) + 1

    def now(self) -> Moment:
        """Both clocks."""
        mono_ns = self.mono_ns()
        return Moment(mono_ns, mono_ns + self._distance_ns, self.quality)
