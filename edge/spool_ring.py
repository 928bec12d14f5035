"""Records in memory while the disk does not take them: bounded, by class, under its own epoch.

Nothing here survives the process, so its offsets must never be taken for those of the disk. When
the disk works again the ring is written out as it is, epoch and all, and sent on from there.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import Final

from edge.spool_gaps import NO_CLASSES, Gap, GapTable, Lost, Reason
from edge.spool_record import CLASS_COUNT, HEADER_BYTES, Record
from edge.spool_stats import SpoolStats

OBJECT_BYTES: Final = 256
"""What the interpreter adds to each record, rounded up."""
KEEP_PCT: Final = 90


class Ring:
    """A log in memory, with the same questions and answers as one on disk."""

    def __init__(self, epoch: int, bytes_max: int, stats: SpoolStats) -> None:
        self.epoch = epoch
        self.committed = 0
        self.next_offset = 0
        self.gaps = GapTable()
        self._bytes_max, self._stats = bytes_max, stats
        self._records: dict[int, Record] = {}
        self._offsets: list[int] = []
        self._held_bytes = 0

    def __iter__(self) -> Iterator[Record]:
        return iter(self._records.values())

    def append(self, record: Record) -> None:
        """Keep ``record``, whose offset is ``next_offset``."""
        assert record.offset == self.next_offset
        self._records[record.offset] = record
        self._offsets.append(record.offset)
        self.next_offset += 1
        self._held_bytes += len(record.body) + OBJECT_BYTES
        if self._held_bytes > self._bytes_max:
            self._evict(self._bytes_max * KEEP_PCT // 100)

    def read(self, offset: int) -> Record | Lost | None:
        """What stands at ``offset``; None beyond the end."""
        if offset >= self.next_offset:
            return None
        record = self._records.get(offset)
        if record is not None:
            return record
        place = bisect_left(self._offsets, offset)
        stored = self._offsets[place] if place < len(self._offsets) else self.next_offset
        return self.gaps.explain(self.epoch, offset, stored)

    def commit(self, below: int) -> None:
        """The host has everything below ``below``."""
        self.committed = below
        self.gaps.forget_below(below)
        self._discard(self._offsets[: bisect_left(self._offsets, below)])

    @property
    def backlog_records(self) -> int:
        """Records held and not committed."""
        return len(self._offsets)

    @property
    def backlog_bytes(self) -> int:
        """What these records would take on disk."""
        return self._held_bytes - (OBJECT_BYTES - HEADER_BYTES) * len(self._offsets)

    @property
    def oldest_wall_ns(self) -> int | None:
        """Wall time of the oldest record held."""
        return self._records[self._offsets[0]].wall_ns if self._offsets else None

    def lost_ranges(self, limit: int) -> list[Lost]:
        """The first ``limit`` ranges that are missing and not committed."""
        ranges: list[Lost] = []
        expected = self.committed
        for stored in (*self._offsets, self.next_offset):
            while expected < stored and len(ranges) < limit:
                lost = self.gaps.explain(self.epoch, expected, stored)
                ranges.append(lost)
                expected += lost.count
            expected = stored + 1
        return ranges

    def _discard(self, offsets: Iterable[int]) -> None:
        gone = set(offsets)
        if not gone:
            return
        for offset in gone:
            self._held_bytes -= len(self._records.pop(offset).body) + OBJECT_BYTES
        self._offsets = [offset for offset in self._offsets if offset not in gone]

    def _evict(self, keep_bytes: int) -> None:
        """Give up the lowest priority, oldest first, until ``keep_bytes`` hold what is left."""
        excess = self._held_bytes - keep_bytes
        gone: list[int] = []
        by_class = list(NO_CLASSES)
        for klass in reversed(range(CLASS_COUNT)):
            for offset in self._offsets:
                record = self._records[offset]
                if record.klass != klass:
                    continue
                if excess <= 0:
                    break
                gone.append(offset)
                by_class[klass] += 1
                excess -= len(record.body) + OBJECT_BYTES
        walls = [self._records[offset].wall_ns for offset in gone]
        self.gaps.add(
            Gap(
                Reason.OVERFLOW,
                min(gone),
                max(gone) + 1,
                len(gone),
                tuple(by_class),
                min(walls),
                max(walls),
            )
        )
        for klass, count in enumerate(by_class):
            self._stats.ring_evicted_by_class[klass] += count
        self._discard(gone)
