"""Slow, obvious twins of the fast readers: one byte at a time, built from the words of the page."""

import binascii

from firmware_bridge.frame import BadPiece, Frame, Verdict

HELD_BYTES_MAX = 247


def uncobs(piece: bytes) -> bytes | None:
    """Undo COBS as its paper tells it, block by block."""
    body: list[int] = []
    left = list(piece)
    while left:
        code = left.pop(0)
        if code == 0 or len(left) < code - 1:
            return None
        body.extend(left.pop(0) for _ in range(code - 1))
        if left and code != 255:
            body.append(0)
    return bytes(body)


def judge(piece: bytes, end_ix: int) -> Frame | BadPiece:
    """The verdict on a piece of at most 247 bytes."""
    body = uncobs(piece)
    if body is None:
        return BadPiece(Verdict.COBS, piece, end_ix)
    if len(body) < 6:
        return BadPiece(Verdict.SHORT, piece, end_ix)
    received = body[-4] + (body[-3] << 8) + (body[-2] << 16) + (body[-1] << 24)
    if binascii.crc32(body[:-4]) != received:
        return BadPiece(Verdict.CRC, piece, end_ix)
    if body[0] // 32 != 1:
        return BadPiece(Verdict.VERSION, piece, end_ix)
    return Frame(body[0] % 32, body[1], body[2:-4], end_ix)


class NaiveReader:
    """The reader of ``firmware_bridge.frame``, byte by byte."""

    def __init__(self) -> None:
        self.counts = dict.fromkeys(Verdict, 0)
        self.bytes_received = 0
        self.bytes_skipped = 0
        self.held: list[int] | None = None  # None: waiting for a 00

    def receive(self, data: bytes) -> list[Frame | BadPiece]:
        """All bytes, one after the other."""
        return [verdict for byte in data for verdict in self.byte(byte)]

    def byte(self, byte: int) -> list[Frame | BadPiece]:
        """One byte; at most one verdict."""
        self.bytes_received += 1
        if byte == 0:
            piece, self.held = bytes(self.held or []), []
            return [self.count(judge(piece, self.bytes_received))] if piece else []
        if self.held is None:
            self.bytes_skipped += 1
            return []
        if len(self.held) == HELD_BYTES_MAX:
            kept, self.held = bytes(self.held), None
            return [self.count(BadPiece(Verdict.OVERSIZE, kept, self.bytes_received))]
        self.held.append(byte)
        return []

    def count(self, verdict: Frame | BadPiece) -> Frame | BadPiece:
        """Count and pass on."""
        name = Verdict.FRAME if isinstance(verdict, Frame) else verdict.verdict
        self.counts[name] += 1
        return verdict
