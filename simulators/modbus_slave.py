"""A Modbus RTU slave: reads questions, answers from registers, and has a slave's bad habits.

Frames and their CRC are made here bit by bit, apart from ``firmware_bridge`` and from any library.
The habits: a stray byte before the answer (a driver that turns round late), an answer that comes
too late, deafness to some questions, refusing what it knows, an answer with the question's CRC.
"""

from collections.abc import Callable, Sequence
from typing import Final

from simulators.board_kinds import Start
from simulators.outbox import Outbox
from vocabulary.units import NS_PER_MS

THINK_NS: Final = 12 * NS_PER_MS
LATE_NS: Final = 400 * NS_PER_MS
REQUEST_BYTES: Final = 8

Registers = Callable[[int, int, int], Sequence[int] | None]
"""Time, first register and count -> words; None where there are none."""


def crc16(frame: bytes) -> bytes:
    """CRC-16/MODBUS, low byte first."""
    crc = 0xFFFF
    for byte in frame:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0xA001 if crc & 1 else 0)
    return crc.to_bytes(2, "little")


def framed(body: bytes) -> bytes:
    """A frame with its CRC."""
    return body + crc16(body)


class ModbusSlave:
    """One slave. ``functions`` are those that read registers."""

    def __init__(
        self,
        start: Start,
        registers: Registers,
        *,
        address: int,
        any_address: int = 0,
        functions: tuple[int, ...] = (4,),
    ) -> None:
        self.address = address
        self.powered = True
        self.asked = 0
        self.answered = 0
        self._registers, self._any, self._functions = registers, any_address, functions
        self._habits = start.habits
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
        """Bytes came along the line."""
        self._rest = (self._rest + data)[-256:]
        ix = 0
        while len(self._rest) - ix >= REQUEST_BYTES:
            frame = self._rest[ix : ix + REQUEST_BYTES]
            if crc16(frame[:-2]) == frame[-2:]:
                ix += REQUEST_BYTES
                self._hear(frame, now_ns)
            else:
                ix += 1
        self._rest = self._rest[ix:]

    def _hear(self, frame: bytes, now_ns: int) -> None:
        if not self.powered or frame[0] not in (self.address, self._any) or not frame[0]:
            return
        self.asked += 1
        if "deaf" in self._habits and self.asked % 7 == 0:
            return
        late = "late" in self._habits and self.asked % 5 == 0
        at_ns = now_ns + (LATE_NS if late else THINK_NS)
        wire = self._answer(frame, at_ns)
        self.answered += 1
        self._outbox.put((b"\0" if "stray" in self._habits else b"") + wire, at_ns)

    def _answer(self, frame: bytes, at_ns: int) -> bytes:
        address, function = frame[0], frame[1]
        first, count = int.from_bytes(frame[2:4], "big"), int.from_bytes(frame[4:6], "big")
        if function not in self._functions:
            return framed(bytes((address, function | 0x80, 1)))
        if "refusing" in self._habits and self.asked % 4 == 0:
            return framed(bytes((address, function | 0x80, 4)))
        words = self._registers(at_ns, first, count)
        if words is None:
            return framed(bytes((address, function | 0x80, 2)))
        data = b"".join(word.to_bytes(2, "big") for word in words)
        body = bytes((address, function, len(data))) + data
        if "wrong_crc" in self._habits and self.asked % 4 == 2:
            return body + frame[-2:]
        return framed(body)
