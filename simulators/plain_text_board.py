"""A board of somebody's own: a line of text with temperature and humidity each second.

Its bad habits: a banner when it starts, a debugging line now and then, a line without an end, a
sensor that is missing (``nan``), and a temperature that nothing outdoors has.
"""

from functools import reduce
from operator import xor
from typing import Final

from simulators.board_kinds import Start
from simulators.outbox import Outbox
from simulators.sent_values import SentValues
from vocabulary.units import NS_PER_S

PATTERN: Final = r"T:(?P<t>-?\d+\.\d) H:(?P<h>\d+)"
"""How its lines are read."""


class PlainTextBoard:
    """One board; it hears nothing."""

    def __init__(self, start: Start, *, checked: bool = True) -> None:
        self.truth = SentValues()
        self.lines = 0
        self._habits, self._checked = start.habits, checked
        self._due_ns = start.now_ns + NS_PER_S
        self._outbox = Outbox()
        if "banner" in start.habits:
            self._outbox.put(b"\x00\xfe\r\nBME280 logger v3\r\nready\r\n", start.now_ns)

    @property
    def next_ns(self) -> int:
        """When ``advance`` should be called next."""
        return min(self._due_ns, self._outbox.next_ns)

    def advance(self, now_ns: int) -> bytes:
        """Everything it says up to ``now_ns``."""
        while self._due_ns <= now_ns:
            self._outbox.put(self._line(self._due_ns), self._due_ns)
            self._due_ns += NS_PER_S
        return self._outbox.take(now_ns)

    def receive(self, data: bytes, now_ns: int) -> None:
        """It hears nothing."""

    def _line(self, ts_ns: int) -> bytes:
        self.lines += 1
        if "chatty" in self._habits and self.lines % 5 == 0:
            return b"[dbg] heap=20312 rssi=-61\r\n"
        if "endless" in self._habits and self.lines % 7 == 0:
            return b"x" * 600 + b"\r\n"
        second = ts_ns // NS_PER_S
        celsius, humidity = 15 + second % 100 / 10, 40 + second % 30
        if "no_sensor" in self._habits and self.lines % 6 == 0:
            return self._ended(f"T:nan H:{humidity}")
        if "overheated" in self._habits and self.lines % 4 == 0:
            return self._ended(f"T:850.0 H:{100 + humidity}")
        values = {"env/temperature_c": celsius, "env/humidity_pct": float(humidity)}
        self.truth.add(ts_ns, values)
        return self._ended(f"T:{celsius:.1f} H:{humidity}")

    def _ended(self, text: str) -> bytes:
        check = f"*{reduce(xor, text.encode('ascii')):02X}" if self._checked else ""
        return f"{text}{check}\r\n".encode("ascii")


def plugged_in(start: Start) -> PlainTextBoard:
    """Its maker in ``board_kinds``."""
    return PlainTextBoard(start)
