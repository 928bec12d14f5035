"""Finds whole units in a stream of bytes, and its place again after anything else.

The protocol gives a ``judge``: what stands at this place of the stream? A unit of so many bytes,
perhaps one when more has come, one whose check failed, or none. What is no unit is left by **one
byte** and the search goes on: skipping a whole unit would lose the good one that may have begun
inside it. Runs of garbage are told once, in pieces of bounded size.
"""

from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple

from firmware_bridge.counters import LinkCounters
from firmware_bridge.events import Reason, Refused

MORE: Final = 0
NOT_A_UNIT: Final = -1
BROKEN: Final = -2
"""It looked whole, and its check failed."""

REFUSED_BYTES_MAX: Final = 256
"""A longer run of garbage is told in pieces of this size."""
PIECES_MAX: Final = 8
"""Refused pieces that are kept for the technician."""

Judge = Callable[[bytes, int], int]
"""Stream and place -> length of the unit there, or one of the answers above."""


class Unit(NamedTuple):
    """A whole unit; ``after_bytes`` of the same reading came behind it."""

    wire: bytes
    after_bytes: int


class Piece(NamedTuple):
    """Bytes that were refused, and why: shown by the doctor, never sent upstream."""

    reason: Reason
    wire: bytes


class Quarantine:
    """The last refused pieces."""

    def __init__(self, pieces_max: int = PIECES_MAX) -> None:
        self.pieces: deque[Piece] = deque(maxlen=pieces_max)

    def add(self, reason: Reason, wire: bytes | bytearray) -> None:
        """Keep it, cut to ``REFUSED_BYTES_MAX``."""
        self.pieces.append(Piece(reason, bytes(wire[:REFUSED_BYTES_MAX])))


class UnitScanner:
    """Never raises on bytes; keeps fewer than the judge's longest unit of them."""

    def __init__(
        self, counters: LinkCounters, quarantine: Quarantine, *, head: bytes, judge: Judge
    ) -> None:
        """``head`` is how every unit begins; ``judge`` is asked only there."""
        self._counters, self._quarantine = counters, quarantine
        self._head, self._judge = head, judge
        self._rest = b""
        self._run = bytearray()  # garbage not yet told
        self._run_reason = Reason.STRAY

    @property
    def rest_bytes(self) -> int:
        """How much waits for more."""
        return len(self._rest)

    def cut(self) -> None:
        """The port was closed: what came before is no beginning of what comes next."""
        self._counters.bytes_skipped += len(self._rest)
        self._rest = b""

    def scan(self, data: bytes) -> list[Unit | Refused]:
        """The units and refusals that ``data`` completes, in order."""
        counters = self._counters
        counters.bytes_received += len(data)
        found: list[Unit | Refused] = []
        stream = self._rest + data
        ix, end_ix = 0, len(stream)
        while ix < end_ix:
            head_ix = self._next_head(stream, ix)
            if head_ix > ix:
                self._skip(stream[ix:head_ix], found)
                ix = head_ix
                continue
            length = self._judge(stream, ix)
            if length == MORE:
                break
            if length > 0:
                self._end_of_run(found)
                counters.frames += 1
                found.append(Unit(stream[ix : ix + length], end_ix - ix - length))
                ix += length
                continue
            self._skip(stream[ix : ix + 1], found)
            if length == BROKEN:
                counters.crc_errors += 1
                self._run_reason = Reason.CHECKSUM
            ix += 1
        self._rest = stream[ix:]
        return found

    def _next_head(self, stream: bytes, ix: int) -> int:
        """Where the next unit may begin; a head cut off by the end of the stream counts."""
        head_ix = stream.find(self._head, ix)
        if head_ix >= 0:
            return head_ix
        for kept_bytes in range(len(self._head) - 1, 0, -1):
            if len(stream) - ix >= kept_bytes and stream.endswith(self._head[:kept_bytes]):
                return len(stream) - kept_bytes
        return len(stream)

    def _skip(self, garbage: bytes, found: list[Unit | Refused]) -> None:
        if not self._run:
            self._counters.resyncs += 1
        self._counters.bytes_skipped += len(garbage)
        self._run += garbage
        while len(self._run) > REFUSED_BYTES_MAX:
            self._tell(self._run[:REFUSED_BYTES_MAX], found)
            del self._run[:REFUSED_BYTES_MAX]

    def _end_of_run(self, found: list[Unit | Refused]) -> None:
        if self._run:
            self._tell(self._run, found)
            self._run = bytearray()

    def _tell(self, garbage: bytearray, found: list[Unit | Refused]) -> None:
        found.append(Refused(self._run_reason, len(garbage)))
        self._quarantine.add(self._run_reason, garbage)
        self._run_reason = Reason.STRAY
