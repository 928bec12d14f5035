"""The records of one epoch, read by offset across its files, and freed from the front.

Where no record stands, the offsets themselves say how many are missing; ``GapTable`` says why.
A file is read whole and checked once, then served from memory; two such files are kept, one for
each lane of the uplink. A file the card cannot read is tried again before it is given up.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from edge.disk import Disk
from edge.spool_gaps import Gap, GapTable, Lost, Reason
from edge.spool_record import Record, Tally, crc_of_epoch, decode, scan, unchecked
from edge.spool_segment import HEADER_BYTES, Header
from edge.spool_stats import SpoolStats

LOADED_MAX: Final = 2
READ_TRIES_MAX: Final = 3
BLOCK_BYTES: Final = 4096


@dataclass(slots=True)
class Segment:
    """One file of the log. ``end`` is where its records end."""

    name: str
    header: Header
    file_bytes: int
    tally: Tally
    end: int
    closed: bool
    checked: bool = False
    read_faults: int = 0


@dataclass(slots=True)
class Index:
    """Where each record of a file stands; ``data`` is the file, or None while it is written."""

    offsets: "array[int]" = field(default_factory=lambda: array("Q"))
    positions: "array[int]" = field(default_factory=lambda: array("I"))
    notes: list[int] = field(default_factory=list)
    data: bytes | None = None
    hint: int = 0

    def at(self, offset: int) -> int:
        """The place of ``offset``, or of the next one stored; sequential reads do not search."""
        hint = self.hint
        if not (hint < len(self.offsets) and self.offsets[hint] == offset):
            hint = bisect_left(self.offsets, offset)
        self.hint = hint + 1
        return hint


class Log:
    """One epoch on disk. Everything below ``committed`` is the host's."""

    def __init__(self, disk: Disk, epoch: int, stats: SpoolStats) -> None:
        self._disk, self._stats = disk, stats
        self.epoch = epoch
        self.seed = crc_of_epoch(epoch)
        self.segments: list[Segment] = []
        self.gaps = GapTable()
        self.committed = 0
        self.next_offset = 0
        self.open_index: Index | None = None
        self._loaded: OrderedDict[str, Index] = OrderedDict()
        self._blocked: set[str] = set()
        self._recent = 0

    # Reading

    def read(self, offset: int) -> Record | Lost | None:
        """What stands at ``offset``; None beyond the end, or while the card cannot say."""
        if offset >= self.next_offset:
            return None
        for at in range(self._segment_at(offset), len(self.segments)):
            segment = self.segments[at]
            if segment.tally.last < offset:
                continue
            index = self.index(segment)
            if index is None:
                return None
            place = index.at(offset)
            if place == len(index.offsets):
                continue
            stored = index.offsets[place]
            if stored == offset:
                return self._record(segment, index, place)
            return self.gaps.explain(self.epoch, offset, stored)
        return self.gaps.explain(self.epoch, offset, self.next_offset)

    def _segment_at(self, offset: int) -> int:
        """The file ``offset`` belongs to; sequential reads find it where the last one was."""
        at, held = self._recent, self.segments
        if at + 1 < len(held) and held[at].header.first <= offset < held[at + 1].header.first:
            return at
        found = bisect_right(self.segments, offset, key=lambda known: known.header.first)
        self._recent = max(0, found - 1)
        return self._recent

    def _record(self, segment: Segment, index: Index, place: int) -> Record | Lost | None:
        position = index.positions[place]
        if index.data is not None:
            return unchecked(index.data, position, self.epoch)
        if segment.name in self._blocked:  # asking again and again must not look like many faults
            return None
        later = place + 1
        end = index.positions[later] if later < len(index.positions) else segment.end
        try:
            data = self._disk.read_at(segment.name, position, end - position)
        except OSError:
            self._read_fault(segment)
            return None
        record = decode(data, 0, self.epoch, self.seed)
        if record is not None:
            return record
        self._stats.corrupt_records += 1
        offset = index.offsets[place]
        del index.offsets[place], index.positions[place]
        return self.gaps.explain(self.epoch, offset, offset + 1)

    def index(self, segment: Segment) -> Index | None:
        """The places of a file's records; None while it cannot be read."""
        if not segment.closed and self.open_index is not None:
            return self.open_index
        known = self._loaded.get(segment.name)
        if known is None:
            data = self._content(segment)
            if data is None:
                return None
            known = self._checked(segment, data)
            self._loaded[segment.name] = known
            if len(self._loaded) > LOADED_MAX:
                self._loaded.popitem(last=False)
        else:
            self._loaded.move_to_end(segment.name)
        return known

    def forget_loaded(self, segment: Segment) -> None:
        """The file was rewritten: what is remembered of it is void."""
        self._loaded.pop(segment.name, None)

    def _checked(self, segment: Segment, data: bytes) -> Index:
        first = segment.header.first
        found = scan(data, epoch=self.epoch, start=HEADER_BYTES, floor=first)
        if not segment.checked:
            segment.checked = True
            missing = segment.tally.record_count - found.tally.record_count
            if missing:
                self._stats.corrupt_records += max(0, missing)
                segment.tally = found.tally
        return Index(found.offsets, found.positions, found.notes, data)

    def _content(self, segment: Segment) -> bytes | None:
        if segment.name in self._blocked:
            return None
        try:
            return self._disk.read_at(segment.name, 0, segment.end)
        except OSError:
            if segment.read_faults < READ_TRIES_MAX:
                self._read_fault(segment)
                return None
        return self._salvaged(segment)

    def _read_fault(self, segment: Segment) -> None:
        self._stats.read_faults += 1
        segment.read_faults += 1
        self._blocked.add(segment.name)

    def _salvaged(self, segment: Segment) -> bytes:
        """The file with its unreadable blocks as zeros; what they held counts as lost."""
        parts: list[bytes] = []
        for position in range(0, segment.end, BLOCK_BYTES):
            size_bytes = min(BLOCK_BYTES, segment.end - position)
            try:
                part = self._disk.read_at(segment.name, position, size_bytes)
            except OSError:
                part = b""
            parts.append(part.ljust(size_bytes, b"\0"))
        first, last = segment.header.first, segment.tally.last
        if last >= first:
            self.gaps.add(Gap(Reason.IO_ERROR, first, last + 1, 0))
        return b"".join(parts)

    def retry_blocked(self) -> None:
        """Let files that could not be read be tried again. Called when the disk seems well."""
        self._blocked.clear()

    @property
    def blocked(self) -> bool:
        """Whether some file waits for another try."""
        return bool(self._blocked)

    # Freeing

    def commit(self, below: int) -> None:
        """The host has everything below ``below``."""
        self.committed = below
        self.gaps.forget_below(below)

    def freeable(self) -> int:
        """How many files at the front hold nothing that is still needed."""
        count = 0
        for following in self.segments[1:]:
            if following.header.first > self.committed:
                break
            count += 1
        return count

    def drop_front(self) -> Segment:
        """Take the oldest file out of the log; what becomes of it is the caller's matter."""
        segment = self.segments.pop(0)
        self.forget_loaded(segment)
        return segment

    # Accounts

    def pending(self) -> list[Segment]:
        """The files with records that are not committed, oldest first."""
        return [segment for segment in self.segments if segment.tally.last >= self.committed]

    def _split(self, segment: Segment) -> tuple[Index, int] | None:
        """The first uncommitted place in a file whose front is committed."""
        if segment.tally.first >= self.committed:
            return None
        index = self.index(segment)
        return None if index is None else (index, bisect_left(index.offsets, self.committed))

    @property
    def backlog_records(self) -> int:
        """Records held and not committed."""
        pending = self.pending()
        total = sum(segment.tally.record_count for segment in pending)
        split = self._split(pending[0]) if pending else None
        return total - split[1] if split else total

    @property
    def backlog_bytes(self) -> int:
        """Bytes these records take on disk."""
        pending = self.pending()
        total = sum(sum(segment.tally.sizes_bytes) for segment in pending)
        split = self._split(pending[0]) if pending else None
        if split:
            index, place = split
            end = index.positions[place] if place < len(index.positions) else pending[0].end
            total -= min(total, end - HEADER_BYTES)
        return total

    @property
    def oldest_wall_ns(self) -> int | None:
        """Wall time of the oldest record not committed."""
        pending = self.pending()
        if not pending:
            return None
        split = self._split(pending[0])
        if split is None:
            return pending[0].tally.first_wall_ns
        index, place = split
        if place < len(index.offsets):
            record = self._record(pending[0], index, place)
            if isinstance(record, Record):
                return record.wall_ns
        return pending[0].tally.last_wall_ns

    def lost_ranges(self, limit: int) -> list[Lost]:
        """The first ``limit`` ranges that are missing and not committed."""
        ranges: list[Lost] = []
        offset = self.committed
        while offset < self.next_offset and len(ranges) < limit:
            held = self._held_from(offset)
            if held > offset:
                offset = held
                continue
            lost = self.read(offset)
            if not isinstance(lost, Lost):
                break
            ranges.append(lost)
            offset += lost.count
        return ranges

    def _held_from(self, offset: int) -> int:
        """The end of the unbroken run of records that begins at ``offset``."""
        for at in range(self._segment_at(offset), len(self.segments)):
            segment = self.segments[at]
            if segment.tally.last < offset:
                continue
            if segment.tally.first > offset:
                return offset
            width = segment.tally.last - segment.tally.first + 1
            if width == segment.tally.record_count:
                return segment.tally.last + 1
            return self._run_in(segment, offset)
        return offset

    def _run_in(self, segment: Segment, offset: int) -> int:
        index = self.index(segment)
        if index is None:
            return offset
        place = bisect_left(index.offsets, offset)
        while place < len(index.offsets) and index.offsets[place] == offset:
            place, offset = place + 1, offset + 1
        return offset
