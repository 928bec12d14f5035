"""What happens next: callbacks by time, in the order they were asked for, on a virtual clock."""

import heapq
from collections.abc import Callable

from simulators.clock import VirtualClock

Callback = Callable[[], None]


class Scheduler:
    """A heap of (time, callback). Ties are broken by order of asking, so a run repeats exactly."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self._heap: list[tuple[int, int, Callback]] = []
        self._count = 0

    def at(self, due_ns: int, callback: Callback) -> None:
        """Call ``callback`` at ``due_ns``, or now if that has passed."""
        self._count += 1
        heapq.heappush(self._heap, (max(due_ns, self.clock.now_ns()), self._count, callback))

    @property
    def next_ns(self) -> int | None:
        """When the next callback is due."""
        return self._heap[0][0] if self._heap else None

    def step(self) -> None:
        """Move the clock to the next callback and call it."""
        due_ns, _count, callback = heapq.heappop(self._heap)
        self.clock.set(due_ns)
        callback()

    def run_until(self, end_ns: int) -> None:
        """Call everything due up to and including ``end_ns``; the clock then stands there."""
        while self._heap and self._heap[0][0] <= end_ns:
            self.step()
        self.clock.set(end_ns)


class Alarm:
    """One wake-up that may be moved; only the latest time asked for counts."""

    def __init__(self, scheduler: Scheduler, callback: Callback) -> None:
        self._scheduler, self._callback = scheduler, callback
        self._due_ns: int | None = None

    def set(self, due_ns: int) -> None:
        """Wake at ``due_ns`` instead of whenever was set before."""
        due_ns = max(due_ns, self._scheduler.clock.now_ns())
        if self._due_ns is not None and due_ns == self._due_ns:
            return
        self._due_ns = due_ns
        self._scheduler.at(due_ns, lambda: self._ring(due_ns))

    def advance(self, due_ns: int) -> None:
        """Wake at ``due_ns`` unless that is later than what was set before."""
        if self._due_ns is None or due_ns < self._due_ns:
            self.set(due_ns)

    def cancel(self) -> None:
        """Do not wake."""
        self._due_ns = None

    def _ring(self, due_ns: int) -> None:
        if self._due_ns == due_ns:
            self._due_ns = None
            self._callback()
