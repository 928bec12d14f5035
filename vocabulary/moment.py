"""A moment as a gateway knows it: time is an argument everywhere, and this is the argument."""

from typing import NamedTuple

from vocabulary.delivery import TimeQuality
from vocabulary.units import NS_PER_MS, NS_PER_S


class Moment(NamedTuple):
    """Now, on both clocks.

    ``mono_ns`` never steps and measures waiting; it means nothing outside this boot.
    ``wall_ns`` is UTC as far as ``quality`` says, and may step.
    """

    mono_ns: int
    wall_ns: int
    quality: TimeQuality = TimeQuality.SYNCED

    @property
    def wall_ms(self) -> int:
        """UTC in whole milliseconds, as it goes on the wire."""
        return self.wall_ns // NS_PER_MS

    @property
    def mono_ms(self) -> int:
        """Monotonic time in whole milliseconds, as it goes on the wire."""
        return self.mono_ns // NS_PER_MS

    def later(self, seconds: float) -> "Moment":
        """The moment ``seconds`` from now if no clock steps."""
        step_ns = round(seconds * NS_PER_S)
        return Moment(self.mono_ns + step_ns, self.wall_ns + step_ns, self.quality)
