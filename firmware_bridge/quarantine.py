"""The last refused pieces of a line, with reasons: for the technician, never sent upstream."""

from collections import deque
from typing import Final, NamedTuple

PIECES_MAX: Final = 64
PIECE_BYTES_MAX: Final = 256


class Piece(NamedTuple):
    """What was refused, cut to the limit."""

    reason: str
    data: bytes


class Quarantine:
    """Of one port. The oldest goes first; ``seen`` counts all."""

    def __init__(self) -> None:
        self.seen = 0
        self._pieces: deque[Piece] = deque(maxlen=PIECES_MAX)

    def add(self, reason: str, data: bytes) -> None:
        """One more."""
        self.seen += 1
        self._pieces.append(Piece(str(reason), data[:PIECE_BYTES_MAX]))

    def latest(self, count: int) -> list[Piece]:
        """The newest, oldest of them first."""
        return list(self._pieces)[-count:]
