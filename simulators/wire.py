"""The wire between a board and a gateway's port: as fast as its rate, and as bad as its faults.

Both ways. A byte takes its ten bits; faults touch bytes while they travel (``cable.py``); a board
that speaks at another rate than it is listened to is heard as a receiver of that rate would hear
its bits. No socket, no clock: bytes go in with the time, and come out when they have arrived.
"""

from collections import deque
from itertools import chain
from typing import Final, NamedTuple

from simulators.cable import CHUNK_BYTES_MAX, Cable, Faults, Truth
from vocabulary.units import INT64_MAX, NS_PER_S

NEVER_NS: Final = INT64_MAX
ON_WIRE_BYTES_MAX: Final = 65_536
"""Sent and not yet arrived; more is lost, and counted."""
_BITS: Final = 10  # 8N1


def resample(data: bytes, *, sent_baud: int, heard_baud: int) -> bytes:
    """What a receiver at one rate makes of bytes sent at another, back to back, then an idle line.

    It waits for a falling edge, then looks at the middle of each bit. A stop bit that is none is
    not looked at twice, as most receivers do it: the byte counts.
    """
    bits = list(chain.from_iterable([0, *(byte >> ix & 1 for ix in range(8)), 1] for byte in data))
    bit_s = sent_baud / heard_baud  # in bits as sent, one bit as heard

    def level(at: float) -> int:
        ix = int(at)
        return bits[ix] if ix < len(bits) else 1

    heard = bytearray()
    at = 0.0
    while at < len(bits):
        if level(at):
            at = float(int(at) + 1)  # to the next edge
            continue
        byte = 0
        for ix in range(8):
            byte |= level(at + (1.5 + ix) * bit_s) << ix
        heard.append(byte)
        at += 9.5 * bit_s
        while at < len(bits) and not level(at):  # still low: no edge before it was high
            at += 1
    return bytes(heard)


class Arrived(NamedTuple):
    """Bytes, and when the last of them came."""

    data: bytes
    at_ns: int


class Lane:
    """One direction."""

    def __init__(
        self, seed: int, *, baud: int, faults: Faults | None = None, heard_baud: int = 0
    ) -> None:
        self._cable = Cable(seed, faults=faults, chunk_bytes_max=CHUNK_BYTES_MAX)
        self._baud, self._heard_baud = baud, heard_baud or baud
        self._byte_ns = _BITS * NS_PER_S // baud
        self._on_wire: deque[tuple[int, bytes]] = deque()  # when the first byte began, all of them
        self._bytes = 0
        self._free_ns = 0
        self.lost_bytes = 0

    @property
    def truth(self) -> Truth:
        """What was done to the bytes."""
        return self._cable.truth

    def send(self, data: bytes, now_ns: int) -> None:
        """The sender hands over bytes; they leave one after the other."""
        if not data:
            return
        if self._heard_baud != self._baud:
            data = resample(data, sent_baud=self._baud, heard_baud=self._heard_baud)
        if self._bytes + len(data) > ON_WIRE_BYTES_MAX:
            self.lost_bytes += len(data)
            return
        begin_ns = max(self._free_ns, now_ns)
        self._free_ns = begin_ns + len(data) * self._byte_ns
        self._on_wire.append((begin_ns, data))
        self._bytes += len(data)

    @property
    def next_ns(self) -> int:
        """When the next byte arrives."""
        return self._on_wire[0][0] + self._byte_ns if self._on_wire else NEVER_NS

    @property
    def whole_ns(self) -> int:
        """When all that is handed over as one piece has arrived: often soon enough."""
        if not self._on_wire:
            return NEVER_NS
        begin_ns, data = self._on_wire[0]
        return begin_ns + len(data) * self._byte_ns

    def arrive(self, now_ns: int) -> list[Arrived]:
        """What has arrived by now, as it arrived."""
        arrived = []
        while self._on_wire and self.next_ns <= now_ns:
            begin_ns, data = self._on_wire.popleft()
            count = min(len(data), (now_ns - begin_ns) // self._byte_ns)
            if count < len(data):
                self._on_wire.appendleft((begin_ns + count * self._byte_ns, data[count:]))
            self._bytes -= count
            came = b"".join(self._cable.carry(data[:count]))
            if came:
                arrived.append(Arrived(came, begin_ns + count * self._byte_ns))
        return arrived

    def cut(self) -> None:
        """What is under way is gone."""
        self.lost_bytes += self._bytes
        self._on_wire.clear()
        self._bytes, self._free_ns = 0, 0


class Wire:
    """Both lanes."""

    def __init__(
        self, seed: int, *, baud: int, faults: Faults | None = None, board_baud: int = 0
    ) -> None:
        """``board_baud``: at which the board speaks and listens; 0 is as the gateway does."""
        board_baud = board_baud or baud
        self.to_gateway = Lane(seed, baud=board_baud, faults=faults, heard_baud=baud)
        self.to_board = Lane(seed + 1, baud=baud, faults=faults, heard_baud=board_baud)

    @property
    def next_ns(self) -> int:
        """When something arrives."""
        return min(self.to_gateway.whole_ns, self.to_board.whole_ns)

    def cut(self) -> None:
        """Somebody pulled the plug."""
        self.to_gateway.cut()
        self.to_board.cut()
