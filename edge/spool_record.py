"""One record on disk, and how to find records in bytes that may be damaged.

    u32 length | u32 crc32 | u64 offset | i64 wall_ns | u64 boottime_ns | u16 boot | u8 quality
    | u8 class | body                                                     (all little-endian)

``length`` counts the whole record. The CRC covers the epoch, which is not stored, and all that
follows the CRC; so nothing left over from another epoch passes for a record. What is left over
from a recycled file of the same epoch has a lower offset than the file begins with, and offsets
only rise. Class 0x80 marks a note of the spool to itself (``spool_gaps.py``): its offset is the
number the next record will get, so a note takes none of its own.
"""

import re
import struct
import zlib
from array import array
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from vocabulary.delivery import RecordClass, TimeQuality

HEADER_BYTES: Final = 36
BODY_BYTES_MAX: Final = 60 * 1024
RECORD_BYTES_MAX: Final = HEADER_BYTES + BODY_BYTES_MAX
CLASS_COUNT: Final = len(RecordClass)
NOTE: Final = 0x80

_LENGTH_CRC = struct.Struct("<II")
BEHIND_CRC = struct.Struct("<QqQHBB")
_HEADER = struct.Struct("<IIQqQHBB")
_CRC_END: Final = _LENGTH_CRC.size

# Where a record may begin: length under 64 Ki and not 0, offset under 2**48, quality and class
# known. A look-ahead, so that a match never hides one that begins inside it.
_MAYBE: Final = re.compile(rb"(?=(?:[^\0].|.[^\0])\0\0.{10}\0\0.{18}[\0-\2][\0-\3\x80])", re.DOTALL)


class Record(NamedTuple):
    """One publishable message body with its place in the spool and its time.

    All but ``epoch`` stand on disk, in this order.
    """

    epoch: int
    offset: int
    wall_ns: int
    mono_ns: int
    boot: int
    quality: int
    klass: int
    body: bytes


class Bad(NamedTuple):
    """A stretch of bytes that holds no valid record though one behind it does.

    Records ``below .. above - 1`` are lost if the stretch held records at all.
    """

    position: int
    size_bytes: int
    below: int
    above: int


def crc_of_epoch(epoch: int) -> int:
    """What every CRC of this epoch begins with."""
    return zlib.crc32(epoch.to_bytes(8, "little"))


def encode(seed: int, record: Record) -> bytes:
    """The record as it stands on disk; ``seed`` is ``crc_of_epoch(record.epoch)``."""
    return sealed(seed, BEHIND_CRC.pack(*record[1:7]), record.body)


def sealed(seed: int, behind: bytes, body: bytes) -> bytes:
    """Length and CRC, ``behind`` them the packed fields, and the body."""
    crc = zlib.crc32(body, zlib.crc32(behind, seed))
    return _LENGTH_CRC.pack(HEADER_BYTES + len(body), crc) + behind + body


def decode(data: bytes | memoryview, position: int, epoch: int, seed: int) -> Record | None:
    """The record at ``position``, or None if what stands there is none."""
    if position + HEADER_BYTES > len(data):
        return None
    length, crc, offset, wall_ns, mono_ns, boot, quality, klass = _HEADER.unpack_from(
        data, position
    )
    end = position + length
    if not HEADER_BYTES <= length <= RECORD_BYTES_MAX or end > len(data):
        return None
    view = memoryview(data)
    if zlib.crc32(view[position + _CRC_END : end], seed) != crc:
        return None
    body = bytes(view[position + HEADER_BYTES : end])
    return Record(epoch, offset, wall_ns, mono_ns, boot, quality, klass, body)


def unchecked(data: bytes, position: int, epoch: int) -> Record:
    """The record at a ``position`` that ``scan`` has already found good."""
    length, _crc, offset, wall_ns, mono_ns, boot, quality, klass = _HEADER.unpack_from(
        data, position
    )
    body = data[position + HEADER_BYTES : position + length]
    return Record(epoch, offset, wall_ns, mono_ns, boot, quality, klass, body)


@dataclass(slots=True)
class Tally:
    """What a segment holds, counted; ``first > last`` when it holds no record."""

    first: int
    last: int = -1
    first_wall_ns: int = 0
    last_wall_ns: int = 0
    counts: list[int] = field(default_factory=lambda: [0] * CLASS_COUNT)
    sizes_bytes: list[int] = field(default_factory=lambda: [0] * CLASS_COUNT)
    note_count: int = 0
    boot_max: int = 0

    @property
    def record_count(self) -> int:
        """Records of all classes."""
        return sum(self.counts)

    def add(self, offset: int, wall_ns: int, boot: int, klass: int, size_bytes: int) -> None:
        """Count one record."""
        if self.last < 0:
            self.first, self.first_wall_ns = offset, wall_ns
        self.last, self.last_wall_ns = offset, wall_ns
        self.counts[klass] += 1
        self.sizes_bytes[klass] += size_bytes
        self.boot_max = max(self.boot_max, boot)


@dataclass(slots=True)
class Found:
    """All that ``scan`` read out of a segment, in order."""

    tally: Tally
    end: int
    floor: int
    offsets: "array[int]" = field(default_factory=lambda: array("Q"))
    positions: "array[int]" = field(default_factory=lambda: array("I"))
    notes: list[int] = field(default_factory=list)
    bad: list[Bad] = field(default_factory=list)


def scan(data: bytes, *, epoch: int, start: int, floor: int) -> Found:
    """Every valid record and note from ``start`` on, over any damage, offsets rising.

    ``floor`` is the lowest offset that may come first. What is behind ``Found.end`` is not valid.
    """
    seed = crc_of_epoch(epoch)
    found = Found(Tally(floor), end=start, floor=floor)
    view = memoryview(data)
    position = start
    unpack, crc32 = _HEADER.unpack_from, zlib.crc32
    offsets, positions, add = found.offsets, found.positions, found.tally.add
    size = len(data)
    while True:
        if position + HEADER_BYTES <= size:
            length, crc, offset, wall_ns, _mono, boot, _quality, klass = unpack(data, position)
            end = position + length
            if (
                HEADER_BYTES <= length <= RECORD_BYTES_MAX
                and end <= size
                and offset >= floor
                and crc32(view[position + _CRC_END : end], seed) == crc
            ):
                if klass == NOTE:
                    found.notes.append(position)
                    found.tally.note_count += 1
                    floor = offset
                else:
                    offsets.append(offset)
                    positions.append(position)
                    add(offset, wall_ns, boot, klass, length)
                    floor = offset + 1
                position = found.end = end
                continue
        behind = _next_valid(data, position + 1, floor, seed)
        if behind is None:
            found.floor = floor
            return found
        above = _HEADER.unpack_from(data, behind)[2]
        found.bad.append(Bad(position, behind - position, floor, above))
        position = behind


def _next_valid(data: bytes, position: int, floor: int, seed: int) -> int | None:
    """Where the next valid record with an offset of ``floor`` or more begins."""
    if not data[position:].strip(b"\0"):
        return None
    view = memoryview(data)
    for match in _MAYBE.finditer(data, position):
        at = match.start()
        length, crc, offset = struct.unpack_from("<IIQ", data, at)
        end = at + length
        if (
            offset >= floor
            and HEADER_BYTES <= length <= RECORD_BYTES_MAX
            and end <= len(data)
            and zlib.crc32(view[at + _CRC_END : end], seed) == crc
        ):
            return at
    return None


def torn_bytes(data: bytes, found: Found, *, epoch: int, boot: int, last_mono_ns: int) -> int:
    """How many bytes behind the last valid record look like the beginning of one of ours.

    Left-overs of a recycled file are told apart by their lower offsets and earlier times. Two
    signs are tried, so that one flipped bit cannot hide a record that was damaged.
    """
    head = data[found.end : found.end + HEADER_BYTES]
    if len(head) < HEADER_BYTES:
        return len(head.rstrip(b"\0"))
    if decode(data, found.end, epoch, crc_of_epoch(epoch)) is not None:
        return 0  # whole, so its offset is too low: a left-over
    length, _crc, offset, _wall, mono_ns, its_boot, quality, klass = _HEADER.unpack(head)
    fits = HEADER_BYTES <= length <= RECORD_BYTES_MAX
    in_time = its_boot == boot and mono_ns >= last_mono_ns
    known = quality <= max(TimeQuality) and (klass < CLASS_COUNT or klass == NOTE)
    if (offset == found.floor and (fits or in_time)) or (in_time and known and fits):
        return min(length, len(data) - found.end) if fits else HEADER_BYTES
    return 0
