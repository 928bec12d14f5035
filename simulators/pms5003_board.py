"""A Plantower PMS5003 on a desk: 32 bytes every 2.3 s, faster in moving air, and its commands.

It builds its bytes apart from ``firmware_bridge``. Its bad habits: zeros in its first units after
power, an error code when its laser is dirty, more large particles than small (a worn sensor), and
the older PMS3003, which looks alike and means other things.
"""

import random
from collections.abc import Callable
from typing import Final

from simulators.board_kinds import Start
from simulators.outbox import Outbox
from simulators.sent_values import SentValues
from vocabulary.units import NS_PER_MS, NS_PER_S

CALM_NS: Final = 2_300 * NS_PER_MS
MOVING_NS: Final = 200 * NS_PER_MS
WARM_UP_NS: Final = 30 * NS_PER_S
ZERO_UNITS: Final = 3
COMMAND_BYTES: Final = 7

Values = Callable[[int], tuple[int, int, int]]
"""Virtual time -> PM1, PM2.5, PM10 in micrograms per cubic metre, in the atmosphere."""


def unit(words: list[int], *, version: int = 0x97, error: int = 0) -> bytes:
    """A unit of twelve words."""
    body = b"".join(word.to_bytes(2, "big") for word in words) + bytes((version, error))
    head = b"BM" + (len(body) + 2).to_bytes(2, "big")
    return head + body + (sum(head + body) % 65_536).to_bytes(2, "big")


class Pms5003Board:
    """Says when it wants to be woken; ``advance`` gives what it says until then."""

    def __init__(self, start: Start, values: Values) -> None:
        self.truth = SentValues()
        self.working, self.active = True, True
        self._habits, self._rng = start.habits, random.Random(start.seed)
        self._values = values
        self._outbox = Outbox()
        self._due_ns = start.now_ns + CALM_NS
        self._woke_ns = start.now_ns - WARM_UP_NS
        self._units = 0
        self._rest = b""

    @property
    def next_ns(self) -> int:
        """When ``advance`` should be called next."""
        speaks = self.working and self.active
        return min(self._outbox.next_ns, self._due_ns) if speaks else self._outbox.next_ns

    def advance(self, now_ns: int) -> bytes:
        """Everything it says up to ``now_ns``."""
        while self.working and self.active and self._due_ns <= now_ns:
            self._outbox.put(self._reading(self._due_ns), self._due_ns)
            moving = "moving_air" in self._habits and self._rng.random() < 0.5
            self._due_ns += MOVING_NS if moving else CALM_NS
        return self._outbox.take(now_ns)

    def receive(self, data: bytes, now_ns: int) -> None:
        """Bytes came from the gateway."""
        self._rest = (self._rest + data)[-64:]
        while (ix := self._rest.find(b"BM")) >= 0:
            command = self._rest[ix : ix + COMMAND_BYTES]
            if len(command) < COMMAND_BYTES:
                return
            good = sum(command[:5]) == int.from_bytes(command[5:], "big")
            self._rest = self._rest[ix + (COMMAND_BYTES if good else 1) :]
            if good:
                self._obey(command[2], command[4], now_ns)

    def _obey(self, what: int, value: int, now_ns: int) -> None:
        if what == 0xE4 and value and not self.working:
            self.working, self._woke_ns = True, now_ns
            self._due_ns = now_ns + CALM_NS
            return
        if not self.working:
            return
        if what == 0xE2:
            self._outbox.put(self._reading(now_ns), now_ns)
            return
        if what == 0xE1:
            self.active = value == 1
            self._due_ns = now_ns + CALM_NS
        elif what == 0xE4:
            self.working = value == 1
        head = b"BM\x00\x04" + bytes((what, value))
        self._outbox.put(head + sum(head).to_bytes(2, "big"), now_ns)

    def _reading(self, ts_ns: int) -> bytes:
        self._units += 1
        pm1, pm2_5, pm10 = self._values(ts_ns)
        if "zeros" in self._habits and self._units <= ZERO_UNITS:
            pm1 = pm2_5 = pm10 = 0
        counts = [pm10 * 120, pm10 * 33, pm10 * 5, pm2_5 // 6, pm2_5 // 20, pm2_5 // 40]
        settled = ts_ns - self._woke_ns >= WARM_UP_NS
        if not settled:
            pm1, pm2_5, pm10 = pm1 // 2, pm2_5 // 2, pm10 // 2
        words = [pm1, pm2_5, pm10, pm1, pm2_5, pm10, *counts]
        if "pms3003" in self._habits:
            return _pms3003(words)
        if "dirty" in self._habits and self._units % 5 == 0:
            return unit(words, error=0x02)
        if "worn" in self._habits and self._units % 4 == 0:
            words[11] = words[6] + 1
            return unit(words)
        values = {"air/pm2_5_ugm3": float(pm2_5), "air/pm10_ugm3": float(pm10)}
        self.truth.add(ts_ns, values, settled=settled)
        return unit(words)


def _pms3003(words: list[int]) -> bytes:
    body = b"".join(word.to_bytes(2, "big") for word in words[:9])
    head = b"BM" + (len(body) + 2).to_bytes(2, "big")
    return head + body + sum(head + body).to_bytes(2, "big")


def street_air(now_ns: int) -> tuple[int, int, int]:
    """Air that swings a little."""
    swing = now_ns // NS_PER_S % 40
    return 8 + swing // 4, 12 + swing // 2, 16 + swing


def plugged_in(start: Start) -> Pms5003Board:
    """Its maker in ``board_kinds``."""
    return Pms5003Board(start, street_air)
