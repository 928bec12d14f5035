"""The Lamplighter serial frame, version 1, both ways.

    00 | COBS( vt | seq | payload 0..240 bytes | crc u32 ) | 00         vt = version << 5 | type

Integers are little-endian; the CRC is CRC-32/ISO-HDLC (``zlib.crc32``) over vt, seq and payload.
COBS removes every 00 from a frame, so that 00 stands between frames and nowhere else. At most 246
bytes enter it, fewer than one COBS block holds, so it always adds exactly one byte, and a code
byte is nothing but the distance to the next 00.

The leading 00 ends whatever stood before: a good frame never pays for earlier garbage. The reader
hears nothing before the first 00, then gives each piece between two of them one verdict, in the
order of ``Verdict``. Two 00 in a row hold no piece. A line break reads as 00 and does no harm.
"""

import zlib
from enum import StrEnum
from typing import Final, NamedTuple

VERSION: Final = 1
TYPE_MAX: Final = 31
PAYLOAD_BYTES_MAX: Final = 240
BODY_BYTES_MIN: Final = 6  # vt, seq, crc
ENCODED_BYTES_MAX: Final = PAYLOAD_BYTES_MAX + BODY_BYTES_MIN + 1

_CRC_BYTES: Final = 4
_CRC_RESIDUE: Final = 0x2144DF1C  # the CRC over data and its own CRC, whatever the data
_TYPE_BITS: Final = 5
_DELIMITER: Final = b"\0"


class Verdict(StrEnum):
    """What became of a piece; the first that applies, from the top."""

    OVERSIZE = "oversize"
    COBS = "cobs"
    SHORT = "short"
    CRC = "crc"
    VERSION = "version"
    FRAME = "frame"


class Frame(NamedTuple):
    """A piece that passed. ``end_ix`` counts the stream's bytes up to and with its last 00."""

    type: int
    seq: int
    payload: bytes
    end_ix: int


class BadPiece(NamedTuple):
    """A piece that did not; ``encoded`` is what was kept of it, for the technician."""

    verdict: Verdict
    encoded: bytes
    end_ix: int


def encode(message_type: int, seq: int, payload: bytes) -> bytes:
    """One frame with both its delimiters: always ``len(payload) + 9`` bytes."""
    assert 0 <= message_type <= TYPE_MAX
    assert 0 <= seq <= 0xFF
    assert len(payload) <= PAYLOAD_BYTES_MAX
    checked = bytes((VERSION << _TYPE_BITS | message_type, seq)) + payload
    body = checked + zlib.crc32(checked).to_bytes(_CRC_BYTES, "little")
    blocks = [bytes((len(block) + 1,)) + block for block in body.split(_DELIMITER)]
    return b"".join((_DELIMITER, *blocks, _DELIMITER))


def _without_cobs(piece: bytes) -> bytearray | None:
    """The body of a piece of at most ``ENCODED_BYTES_MAX`` bytes; None if its blocks do not fit.

    Each code byte is a 00 of the body, except the first, which goes.
    """
    body = bytearray(piece)
    ix, end_ix = 0, len(body)
    while ix < end_ix:
        step = body[ix]
        body[ix] = 0
        ix += step
    if ix != end_ix:
        return None
    del body[0]
    return body


def _judge(piece: bytes, end_ix: int) -> Frame | BadPiece:
    """The verdict on a whole piece: no 00 in it, not empty, not oversize."""
    body = _without_cobs(piece)
    if body is None:
        return BadPiece(Verdict.COBS, piece, end_ix)
    if len(body) < BODY_BYTES_MIN:
        return BadPiece(Verdict.SHORT, piece, end_ix)
    if zlib.crc32(body) != _CRC_RESIDUE:
        return BadPiece(Verdict.CRC, piece, end_ix)
    vt = body[0]
    if vt >> _TYPE_BITS != VERSION:
        return BadPiece(Verdict.VERSION, piece, end_ix)
    return Frame(vt & TYPE_MAX, body[1], bytes(body[2:-_CRC_BYTES]), end_ix)


class FrameReader:
    """Bytes in, verdicts out. Never raises on bytes; holds at most ``ENCODED_BYTES_MAX`` of them.

    ``counts`` has a number for each verdict; ``bytes_received`` is how far the stream has come, so
    ``bytes_received - frame.end_ix`` bytes were read after a frame; ``bytes_skipped`` counts what
    stood before the first 00 and what an oversize piece went on with.
    """

    def __init__(self, payload_bytes_max: int = PAYLOAD_BYTES_MAX) -> None:
        """A reader for less, as on a small board, calls more of what it hears oversize."""
        assert 0 <= payload_bytes_max <= PAYLOAD_BYTES_MAX
        self._encoded_bytes_max = payload_bytes_max + BODY_BYTES_MIN + 1
        self.counts: dict[Verdict, int] = dict.fromkeys(Verdict, 0)
        self.bytes_received = 0
        self.bytes_skipped = 0
        self._rest = b""
        self._deaf = True  # until the next 00

    def cut(self) -> None:
        """The port was closed: forget the half piece, hear nothing before the next 00."""
        self.bytes_skipped += len(self._rest)
        self._rest, self._deaf = b"", True

    def receive(self, data: bytes) -> list[Frame | BadPiece]:
        """Take the next bytes of the stream; give every verdict they complete."""
        start_ix = self.bytes_received - len(self._rest)
        self.bytes_received += len(data)
        if self._deaf:
            skip_bytes = data.find(_DELIMITER)
            if skip_bytes < 0:
                self.bytes_skipped += len(data)
                return []
            self.bytes_skipped += skip_bytes
            start_ix += skip_bytes
            data = data[skip_bytes:]
            self._deaf = False
        *pieces, rest = (self._rest + data).split(_DELIMITER)
        verdicts: list[Frame | BadPiece] = []
        frame_count = 0
        for piece in pieces:
            end_ix = start_ix + len(piece) + 1
            if len(piece) > self._encoded_bytes_max:
                verdicts.append(self._oversize(piece, start_ix))
            elif piece:
                verdict = _judge(piece, end_ix)
                verdicts.append(verdict)
                if isinstance(verdict, Frame):
                    frame_count += 1  # an enum is slow to hash, and most pieces are frames
                else:
                    self.counts[verdict.verdict] += 1
            start_ix = end_ix
        self.counts[Verdict.FRAME] += frame_count
        if len(rest) > self._encoded_bytes_max:
            verdicts.append(self._oversize(rest, start_ix))
            rest, self._deaf = b"", True
        self._rest = rest
        return verdicts

    def _oversize(self, piece: bytes, start_ix: int) -> BadPiece:
        """Said at the first byte too many, as if the piece had come byte by byte."""
        self.counts[Verdict.OVERSIZE] += 1
        self.bytes_skipped += len(piece) - self._encoded_bytes_max - 1
        kept = piece[: self._encoded_bytes_max]
        return BadPiece(Verdict.OVERSIZE, kept, start_ix + len(kept) + 1)
