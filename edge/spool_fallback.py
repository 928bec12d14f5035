"""What happens while the card takes nothing: a ring in memory, and ever rarer tries to heal."""

import errno

from edge.spool_epoch import volatile_epoch
from edge.spool_policy import SpoolLimits
from edge.spool_ring import Ring
from edge.spool_stats import SpoolStats
from vocabulary.moment import Moment


class Fallback:
    """``ring`` is None while the card works."""

    def __init__(
        self,
        limits: SpoolLimits,
        *,
        generation: int,
        board: bytes,
        kernel_boot: bytes,
        stats: SpoolStats,
    ) -> None:
        self._limits, self._stats = limits, stats
        self._generation, self._board, self._kernel_boot = generation, board, kernel_boot
        self._delay_ns = limits.heal_delay_ns
        self.ring: Ring | None = None
        self.heal_ns = 0

    def enter(self, fault: OSError, now: Moment) -> None:
        """The card failed, for the first time or again while it was to be healed."""
        stats = self._stats
        stats.write_faults += 1
        stats.last_fault = errno.errorcode.get(fault.errno or 0, "unknown")
        if self.ring is None:
            epoch = volatile_epoch(self._generation, self._board, self._kernel_boot, now)
            self.ring = Ring(epoch, self._limits.ring_bytes_max, stats)
            self._delay_ns = self._limits.heal_delay_ns
            stats.ram_mode = True
        self.heal_ns = now.mono_ns + self._delay_ns
        self._delay_ns = min(2 * self._delay_ns, self._limits.heal_delay_ns_max)

    def leave(self) -> None:
        """The card has taken what was in memory."""
        self.ring = None
        self._stats.ram_mode = False
        self._stats.heals += 1
