"""A serial cable with bad habits, from a seed, that keeps account of every one of them.

Bytes go in, chunks come out: whole or in pieces, with bits flipped, bytes dropped, doubled or
invented, and whole stretches missing where somebody pulled the plug. What it did stands in
``truth``; which bytes of the stream it touched, in ``touched_ix``.
"""

import random
from collections import deque
from typing import Final, NamedTuple

import msgspec

CHUNK_BYTES_MAX: Final = 64
TOUCHED_MAX: Final = 65_536
GARBAGE_BYTES_MAX: Final = 16


class Faults(NamedTuple):
    """How likely each fault is, per byte carried; all zero is a good cable."""

    flip: float = 0.0
    """One bit of the byte is turned over."""
    drop: float = 0.0
    double: float = 0.0
    garbage: float = 0.0
    """Up to ``GARBAGE_BYTES_MAX`` invented bytes before this one."""
    cut: float = 0.0
    """This byte and the following are lost, ``cut_bytes_max`` at most."""
    cut_bytes_max: int = 200


class Truth(msgspec.Struct):
    """What the cable did."""

    carried_bytes: int = 0
    flipped_bits: int = 0
    dropped_bytes: int = 0
    doubled_bytes: int = 0
    garbage_bytes: int = 0
    cuts: int = 0
    cut_bytes: int = 0

    @property
    def harmless(self) -> bool:
        """Whether everything arrived as it was sent."""
        harm = (self.flipped_bits, self.dropped_bytes, self.doubled_bytes, self.garbage_bytes)
        return not any(harm) and not self.cut_bytes


class Cable:
    """One direction of one cable. The same seed and the same bytes give the same chunks."""

    def __init__(
        self,
        seed: int,
        *,
        faults: Faults | None = None,
        chunk_bytes_max: int = CHUNK_BYTES_MAX,
    ) -> None:
        assert chunk_bytes_max >= 1
        self.seed = seed
        self.faults = faults or Faults()
        self.truth = Truth()
        self.touched_ix: deque[int] = deque(maxlen=TOUCHED_MAX)
        """Stream positions of the bytes that did not arrive as sent; the newest, if too many."""
        self._random = random.Random(seed)
        self._chunk_bytes_max = chunk_bytes_max
        self._cut_left_bytes = 0
        self._pulled = False

    def __repr__(self) -> str:
        return f"Cable(seed={self.seed}, faults={self.faults}, truth={self.truth})"

    def pull(self) -> None:
        """From now on nothing arrives."""
        if not self._pulled:
            self.truth.cuts += 1
        self._pulled = True

    def plug(self) -> None:
        """It is whole again."""
        self._pulled = False

    def carry(self, wire: bytes) -> list[bytes]:
        """What arrives of ``wire``, in the chunks a reader would get."""
        arrived = self._through(wire)
        chunks = []
        ix = 0
        while ix < len(arrived):
            size_bytes = self._random.randint(1, self._chunk_bytes_max)
            chunks.append(bytes(arrived[ix : ix + size_bytes]))
            ix += size_bytes
        return chunks

    def _through(self, wire: bytes) -> bytes | bytearray:
        start_ix = self.truth.carried_bytes
        self.truth.carried_bytes += len(wire)
        faulty = self._pulled or self._cut_left_bytes or any(self.faults[:-1])
        if not faulty:
            return wire
        arrived = bytearray()
        for ix, byte in enumerate(wire, start=start_ix):
            if self._lost():
                self.truth.cut_bytes += 1
                self.touched_ix.append(ix)
                continue
            piece = self._spoil(byte)
            if piece != bytes((byte,)):
                self.touched_ix.append(ix)
            arrived += piece
        return arrived

    def _hits(self, likelihood: float) -> bool:
        return likelihood > 0 and self._random.random() < likelihood

    def _lost(self) -> bool:
        """Whether the cable is cut at this byte."""
        if self._pulled:
            return True
        if not self._cut_left_bytes and self._hits(self.faults.cut):
            self.truth.cuts += 1
            self._cut_left_bytes = self._random.randint(1, self.faults.cut_bytes_max)
        if not self._cut_left_bytes:
            return False
        self._cut_left_bytes -= 1
        return True

    def _spoil(self, byte: int) -> bytes:
        """One byte as it arrives: none, one, or several."""
        before = b""
        if self._hits(self.faults.garbage):
            before = self._random.randbytes(self._random.randint(1, GARBAGE_BYTES_MAX))
            self.truth.garbage_bytes += len(before)
        if self._hits(self.faults.drop):
            self.truth.dropped_bytes += 1
            return before
        if self._hits(self.faults.flip):
            self.truth.flipped_bits += 1
            byte ^= 1 << self._random.randrange(8)
        if self._hits(self.faults.double):
            self.truth.doubled_bytes += 1
            return before + bytes((byte, byte))
        return before + bytes((byte,))
