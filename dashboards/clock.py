"""The one place of this room that reads a clock: how long a query took."""

import time
from collections.abc import Callable

Ticks = Callable[[], int]


def mono_ns() -> int:
    """Nanoseconds that only go forward."""
    return time.perf_counter_ns()
