"""Asks a board for its time, now and then, and feeds the map of its clock.

Eight questions half a second apart, then one in ten seconds. A question carries a token; an answer
with another one is nothing. See ``time_map.py`` for the arithmetic.
"""

from collections.abc import Callable
from typing import Final

from firmware_bridge.events import NEVER_NS
from firmware_bridge.messages import TIME_BYTES, TOKEN_BYTES, Time
from firmware_bridge.time_map import TimeMap
from vocabulary.units import NS_PER_MS, NS_PER_S

FIRST_PROBES: Final = 8
FIRST_PROBE_NS: Final = 500 * NS_PER_MS
PROBE_NS: Final = 10 * NS_PER_S
PENDING_MAX: Final = 8

_FRAME_BYTES: Final = 9


class ClockProbe:
    """The questions of one link and the map of the board's present start."""

    def __init__(self, draw: Callable[[], int], *, byte_ns: int) -> None:
        self._draw = draw
        self._wire_ns = (TOKEN_BYTES + TIME_BYTES + 2 * _FRAME_BYTES) * byte_ns
        self.map = self._new_map()
        self._pending: dict[bytes, int] = {}
        self._asked = 0
        self.due_ns = NEVER_NS

    def _new_map(self) -> TimeMap:
        return TimeMap(wire_ns=self._wire_ns)

    def begin(self, mono_ns: int) -> None:
        """The board answers time probes: ask, if we are not asking already."""
        if self.due_ns == NEVER_NS:
            self._asked, self.due_ns = 0, mono_ns

    def pause(self) -> None:
        """Ask no more; what is known stays."""
        self._pending.clear()
        self.due_ns = NEVER_NS

    def restarted(self) -> None:
        """The board's clock began anew: nothing that was known is true of it."""
        self.map = self._new_map()
        self.pause()

    def token(self, mono_ns: int) -> bytes:
        """The next question's token; ``asked`` must follow."""
        self._asked += 1
        self.due_ns = mono_ns + (FIRST_PROBE_NS if self._asked < FIRST_PROBES else PROBE_NS)
        mark = self._draw() << 32 | self._asked & 0xFFFFFFFF
        return mark.to_bytes(TOKEN_BYTES, "little")

    def asked(self, token: bytes, sent_ns: int) -> None:
        """The question's last byte leaves at ``sent_ns``."""
        self._pending[token] = sent_ns
        if len(self._pending) > PENDING_MAX:
            del self._pending[next(iter(self._pending))]

    def answered(self, time: Time, read_ns: int) -> bool:
        """``read_ns``: when the answer's first byte came. False if it is not to be believed."""
        sent_ns = self._pending.pop(time.token, None)
        if sent_ns is None:
            return False
        return self.map.add(sent_ns=sent_ns, read_ns=read_ns, rx_us=time.rx_us, tx_us=time.tx_us)
