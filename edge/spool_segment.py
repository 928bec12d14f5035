"""One file of the spool: a 64-byte header, records, and a footer once the file is closed.

Header and footer carry their own CRC, and the footer's CRC covers epoch and first offset, so
that the footer of the file's former life is not taken for its own. The file's name says epoch
and first offset again: one flipped bit in the header must not cost the whole file.
"""

import re
import struct
import uuid
import zlib
from hashlib import blake2b
from typing import Final, NamedTuple

from edge.spool_record import CLASS_COUNT, Tally, crc_of_epoch

FOLDER: Final = "spool"
MAGIC: Final = b"LSEG"
FOOTER_MAGIC: Final = b"LEND"
VERSION: Final = 1
IDENTITY_BYTES: Final = 16
SIDE: Final = 1
"""Flag: nothing is appended to this epoch any more; it is only read, sent and freed."""

_HEADER = struct.Struct("<4sHHQQ16s16sHH")
_FOOTER = struct.Struct("<4sHHQQQqq4I4IIIHH")
_CRC = struct.Struct("<I")
HEADER_BYTES: Final = _HEADER.size + _CRC.size
FOOTER_BYTES: Final = _FOOTER.size + _CRC.size
_NAME = re.compile(r"([0-9a-f]{16})-([0-9a-f]{16})\.seg")


class Header(NamedTuple):
    """Whose records these are."""

    epoch: int
    first: int
    board: bytes
    kernel_boot: bytes
    boot: int
    flags: int = 0

    @property
    def side(self) -> bool:
        """Whether the epoch was closed when the file was written."""
        return bool(self.flags & SIDE)


class Footer(NamedTuple):
    """What a closed file holds, and where its records end."""

    end: int
    tally: Tally


def identity(text: str) -> bytes:
    """A board serial or kernel boot id as 16 bytes: as it is if it fits, else its digest."""
    try:
        return uuid.UUID(text).bytes
    except ValueError:
        raw = text.encode()
    if len(raw) <= IDENTITY_BYTES:
        return raw.ljust(IDENTITY_BYTES, b"\0")
    return blake2b(raw, digest_size=IDENTITY_BYTES).digest()


def identity_text(raw: bytes) -> str:
    """The same for people: the text if it was short, else hexadecimal."""
    text = raw.rstrip(b"\0")
    return text.decode() if text.isascii() and text.decode("ascii").isprintable() else raw.hex()


def name_of(epoch: int, first: int) -> str:
    """The file's name, folder included."""
    return f"{FOLDER}/{epoch:016x}-{first:016x}.seg"


def parse_name(file_name: str) -> tuple[int, int] | None:
    """Epoch and first offset out of a name without its folder."""
    match = _NAME.fullmatch(file_name)
    return (int(match[1], 16), int(match[2], 16)) if match else None


def encode_header(header: Header) -> bytes:
    """64 bytes."""
    raw = _HEADER.pack(
        MAGIC,
        VERSION,
        header.flags,
        header.epoch,
        header.first,
        header.board,
        header.kernel_boot,
        header.boot,
        0,
    )
    return raw + _CRC.pack(zlib.crc32(raw))


def decode_header(data: bytes) -> Header | None:
    """The header, or None if these bytes are none of this version."""
    if len(data) < HEADER_BYTES:
        return None
    raw = data[: _HEADER.size]
    if _CRC.unpack_from(data, _HEADER.size)[0] != zlib.crc32(raw):
        return None
    magic, version, flags, epoch, first, board, kernel_boot, boot, _spare = _HEADER.unpack(raw)
    if magic != MAGIC or version != VERSION:
        return None
    return Header(epoch, first, board, kernel_boot, boot, flags)


def encode_footer(epoch: int, first: int, footer: Footer) -> bytes:
    """The closing bytes of a file that began at offset ``first``."""
    tally = footer.tally
    empty = tally.last < 0
    raw = _FOOTER.pack(
        FOOTER_MAGIC,
        VERSION,
        int(empty),
        first,
        tally.first,
        0 if empty else tally.last,
        tally.first_wall_ns,
        tally.last_wall_ns,
        *tally.counts,
        *tally.sizes_bytes,
        footer.end,
        tally.note_count,
        tally.boot_max,
        0,
    )
    return raw + _CRC.pack(zlib.crc32(raw, crc_of_epoch(epoch)))


def decode_footer(data: bytes, epoch: int, first: int) -> Footer | None:
    """The footer in the last bytes of a file, or None if the file was not closed."""
    if len(data) != FOOTER_BYTES:
        return None
    raw = data[: _FOOTER.size]
    if _CRC.unpack_from(data, _FOOTER.size)[0] != zlib.crc32(raw, crc_of_epoch(epoch)):
        return None
    magic, version, empty, began, *rest = _FOOTER.unpack(raw)
    if magic != FOOTER_MAGIC or version != VERSION or began != first:
        return None
    first_stored, last, first_wall_ns, last_wall_ns = rest[:4]
    counts = list(rest[4 : 4 + CLASS_COUNT])
    sizes_bytes = list(rest[4 + CLASS_COUNT : 4 + 2 * CLASS_COUNT])
    end, note_count, boot_max, _spare = rest[4 + 2 * CLASS_COUNT :]
    tally = Tally(
        first_stored,
        -1 if empty else last,
        first_wall_ns,
        last_wall_ns,
        counts,
        sizes_bytes,
        note_count,
        boot_max,
    )
    return Footer(end, tally)
