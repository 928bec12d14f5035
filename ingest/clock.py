"""The only place in this room that reads a clock.

The host judges liveness on its own arrival clock, which must never step: it is the monotonic
clock, anchored to UTC once at start, so that it also reads as a date.
"""

import time
from typing import Protocol


class Clock(Protocol):
    """Where the host's shells ask what time it is."""

    def now_ns(self) -> int:
        """UTC nanoseconds that never step back or jump."""
        ...


class SystemClock:
    """The machine's monotonic clock, anchored to its wall clock at construction."""

    def __init__(self) -> None:
        self._anchor_ns = time.time_ns() - time.monotonic_ns()

    def now_ns(self) -> int:
        """UTC nanoseconds on the monotonic clock."""
        return self._anchor_ns + time.monotonic_ns()
