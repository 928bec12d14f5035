"""What a board says it sent beside what came, and whether it is still the same start of it.

Frame numbers wrap at 256, so gaps in them are a lower bound. A heartbeat carries the board's own
count of frames sent and dropped: the difference to the frames that came is the exact loss.
"""

from firmware_bridge.board_counters import BoardCounters
from firmware_bridge.frame import Frame
from firmware_bridge.messages import Flag, Heartbeat, Hello, MessageType

_SEQ_TURN = 256
_U32 = 1 << 32


class BoardAccount:
    """Of one link; ``restarted`` begins it anew."""

    def __init__(self, counters: BoardCounters) -> None:
        self._counters = counters
        self._last: Frame | None = None
        self._beat: Heartbeat | None = None
        self._since_beat = 0
        self.clock_us = 0
        """The latest the board's clock was seen to show."""

    def restarted(self) -> None:
        """Another start of the board: nothing is compared across it."""
        self._last = self._beat = None
        self._since_beat = self.clock_us = 0

    def is_duplicate(self, frame: Frame) -> bool:
        """Count the frame; whether it is the last one once more."""
        last, self._last = self._last, frame
        self._since_beat += 1
        if last is None:
            return False
        if frame[:3] == last[:3]:
            self._counters.duplicates += 1
            self._since_beat -= 1
            return True
        if frame.type != MessageType.HELLO or frame.seq:  # else a start: numbers begin anew
            self._counters.seq_gaps += (frame.seq - last.seq - 1) % _SEQ_TURN
        return False

    def clock_went_back(self, clock_us: int) -> bool:
        """Whether the board's clock shows less than before: it started anew."""
        before, self.clock_us = self.clock_us, clock_us
        return clock_us < before

    def heartbeat(self, beat: Heartbeat, session: int, hello: Hello | None) -> bool:
        """Settle the account; whether the board must have started anew.

        ``session`` is 0 while ours is not established.
        """
        back = self.clock_went_back(beat.clock_us)
        other = hello is not None and hello.flags & Flag.BOOT_ID and beat.boot_id != hello.boot_id
        if back or other or (session and beat.session != session):
            return True
        counters, before, came = self._counters, self._beat, self._since_beat
        self._beat, self._since_beat = beat, 0
        counters.heard_by_board = beat.rx_frames
        counters.bad_at_board = beat.rx_bad
        counters.overruns_at_board = beat.rx_overrun
        if before is not None:
            dropped = (beat.tx_dropped - before.tx_dropped) % _U32
            sent = (beat.tx_frames - before.tx_frames) % _U32 - dropped
            counters.dropped_by_board += dropped
            counters.lost_on_wire += max(0, sent - came)
        return False

    def is_new_start(self, hello: Hello, before: Hello) -> bool:
        """Whether a HELLO of our own session nevertheless comes from another start."""
        if hello.uid != before.uid:
            return True
        if hello.flags & before.flags & Flag.BOOT_ID and hello.boot_id != before.boot_id:
            return True
        behind_ms = (self.clock_us // 1_000 - hello.uptime_ms) % _U32
        return 0 < behind_ms < _U32 // 2
