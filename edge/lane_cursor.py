"""Where one epoch of the spool stands in one session with the broker.

Offsets rise through three marks: ``committed`` (the host's, kept by the spool), ``replay`` (the
next to be sent again) and ``live`` (the next that is new). Replay runs up to ``end``; what lies
between ``end`` and ``live`` went out fresh, and comes again only if no commit confirms it.
"""

from collections import deque
from typing import Final

from edge.spool_cursor import Position
from vocabulary.units import NS_PER_S

RESEND_NS: Final = 30 * NS_PER_S
RESEND_NS_MAX: Final = 15 * 60 * NS_PER_S


class LaneCursor:
    """The marks of one epoch. Its in-flight window is bounded by the lanes that use it."""

    def __init__(self, epoch: int, *, committed: int, live: int, mono_ns: int) -> None:
        self.epoch = epoch
        self.committed, self.replay, self.end, self.live = committed, committed, live, live
        self.in_flight: deque[int] = deque()
        self._answered_below: int | None = None
        self._progress_ns, self._resend_ns = mono_ns, RESEND_NS

    @property
    def sent_below(self) -> int:
        """Every offset below it has been handed to the broker at least once, in order."""
        return self.live if self.replay >= self.end else self.replay

    def skip_sent(self, offset: int) -> None:
        """What an earlier session has sent is not sent again."""
        self.replay = max(self.replay, min(offset, self.end))

    def take(self, position: Position, *, is_active: bool) -> None:
        """The spool says where the epoch is; of one not written any more all is left to replay."""
        self.committed = position.committed
        self.replay = max(self.replay, position.committed)
        self.live = max(self.live, position.committed)
        while self.in_flight and self.in_flight[0] < position.committed:
            self.in_flight.popleft()
        if not is_active and self.live < position.next_offset:
            self.live = self.end = position.next_offset

    def answered(self, below: int, mono_ns: int, *, first: bool) -> None:
        """The host said that it has everything below ``below``."""
        if first:
            self.replay, self.end = self.committed, self.live
        before, self._answered_below = self._answered_below, below
        if before is None or below > before or below >= self.live:
            self._progress_ns, self._resend_ns = mono_ns, RESEND_NS

    def aged(self, step: int) -> None:
        """The next ``step`` offsets of the live lane are fresh no more: replay brings them."""
        if not self.has_replay:
            self.replay = self.live  # what went out fresh is not sent again for their sake
        self.live += step
        self.end = self.live

    def resend_if_stuck(self, mono_ns: int, *, wanted: bool) -> None:
        """Nothing was committed for a while: begin again, each time after a longer wait."""
        if mono_ns < self.resend_ns:
            return
        self._progress_ns = mono_ns
        if not wanted or self.committed >= self.live:
            return
        self._resend_ns = min(2 * self._resend_ns, RESEND_NS_MAX)
        self.in_flight.clear()
        self.replay, self.end = self.committed, self.live

    @property
    def resend_ns(self) -> int:
        """When replay begins again if nothing is committed before, monotonic."""
        return self._progress_ns + self._resend_ns

    @property
    def has_replay(self) -> bool:
        """Whether anything is left to be sent again."""
        return self.replay < self.end
