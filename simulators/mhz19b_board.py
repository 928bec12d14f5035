"""A Winsen MH-Z19B on a desk: 9 bytes asked, 9 answered.

Its bad habits: it begins cold, and for three minutes answers with good checks and numbers that mean
nothing; it is deaf to one question in seven; its answer comes after a third of a second; it says
more than it can measure when somebody breathes on it.
"""

import random
from collections.abc import Callable
from typing import Final

from simulators.board_kinds import Start
from simulators.outbox import Outbox
from simulators.sent_values import SentValues
from vocabulary.units import NS_PER_MS, NS_PER_S, S_PER_MIN

WARM_UP_NS: Final = 3 * S_PER_MIN * NS_PER_S
THINK_NS: Final = 15 * NS_PER_MS
LATE_NS: Final = 330 * NS_PER_MS
UNIT_BYTES: Final = 9
BREATH_PPM: Final = 7_300


def check(body: bytes) -> int:
    """Of the eight bytes before it: their sum without the first, turned round."""
    return (256 - sum(body[1:8]) % 256) % 256


class Mhz19bBoard:
    """Answers, and remembers what it was told to change."""

    def __init__(self, start: Start, values: Callable[[int], int]) -> None:
        self.truth = SentValues()
        self.calibrations = 0
        """Times it was told to take the present air for 400 ppm: a reader never does that."""
        self.asked = 0
        self._habits, self._rng = start.habits, random.Random(start.seed)
        self._values = values
        cold = "cold" in start.habits
        self._warm_ns = start.now_ns + (WARM_UP_NS if cold else 0)
        self._outbox = Outbox()
        self._rest = b""

    @property
    def next_ns(self) -> int:
        """When ``advance`` should be called next."""
        return self._outbox.next_ns

    def advance(self, now_ns: int) -> bytes:
        """Everything it says up to ``now_ns``."""
        return self._outbox.take(now_ns)

    def receive(self, data: bytes, now_ns: int) -> None:
        """Bytes came from the gateway."""
        self._rest = (self._rest + data)[-64:]
        while (ix := self._rest.find(b"\xff\x01")) >= 0:
            command = self._rest[ix : ix + UNIT_BYTES]
            if len(command) < UNIT_BYTES:
                return
            good = check(command) == command[8]
            self._rest = self._rest[ix + (UNIT_BYTES if good else 1) :]
            if good:
                self._obey(command, now_ns)

    def _obey(self, command: bytes, now_ns: int) -> None:
        what = command[2]
        if what in (0x87, 0x88):
            self.calibrations += 1
        if what != 0x86:
            return
        self.asked += 1
        if "deaf" in self._habits and self.asked % 7 == 0:
            return
        late = "late" in self._habits and self.asked % 5 == 0
        at_ns = now_ns + (LATE_NS if late else THINK_NS)
        self._outbox.put(self._answer(at_ns), at_ns)

    def _answer(self, ts_ns: int) -> bytes:
        ppm, settled = self._values(ts_ns), True
        if ts_ns < self._warm_ns:
            ppm, settled = self._rng.randint(380, 4_000), False
        if "breath" in self._habits and self.asked % 6 == 0:
            ppm, settled = BREATH_PPM, False
        self.truth.add(ts_ns, {"air/co2_ppm": float(ppm)}, settled=settled)
        body = b"\xff\x86" + ppm.to_bytes(2, "big") + bytes((0x47, 0, 0, 0))
        return body + bytes((check(body),))


def room_air(now_ns: int) -> int:
    """A room that fills and empties."""
    return 480 + now_ns // NS_PER_S % 300


def plugged_in(start: Start) -> Mhz19bBoard:
    """Its maker in ``board_kinds``."""
    return Mhz19bBoard(start, room_air)
