"""Bytes that a simulated board will say, each at its time."""

import heapq
from typing import Final

from vocabulary.units import INT64_MAX

NEVER_NS: Final = INT64_MAX
WAITING_MAX: Final = 1_000
"""Units that may wait; a board that is asked more than it can say forgets the newest."""


class Outbox:
    """Units in the order of their times."""

    def __init__(self) -> None:
        self._units: list[tuple[int, int, bytes]] = []
        self._number = 0

    @property
    def next_ns(self) -> int:
        """When the next unit is due."""
        return self._units[0][0] if self._units else NEVER_NS

    def put(self, wire: bytes, at_ns: int) -> None:
        """Say ``wire`` at ``at_ns``."""
        if len(self._units) < WAITING_MAX:
            heapq.heappush(self._units, (at_ns, self._number, wire))
            self._number += 1

    def take(self, now_ns: int) -> bytes:
        """Everything due until ``now_ns``."""
        said = bytearray()
        while self._units and self._units[0][0] <= now_ns:
            said += heapq.heappop(self._units)[2]
        return bytes(said)
