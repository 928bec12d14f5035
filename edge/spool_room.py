"""Keeps the spool inside its bounds: gives back what is committed, thins what is not.

One file at a time, so that no tick takes long. While a bound is passed, work goes on down to
its lower mark. On a partition without a free block a whole file is given up and written over.
"""

import errno

from edge.disk import Disk
from edge.spool_exact import dropped, joined, notes_in, thin
from edge.spool_gaps import Gap
from edge.spool_log import Log, Segment
from edge.spool_policy import (
    Evictable,
    Space,
    SpoolLimits,
    Thinning,
    bytes_to_free,
    least_worth,
    plan,
)
from edge.spool_record import unchecked
from edge.spool_segment import FOLDER
from edge.spool_stats import SpoolStats
from edge.spool_store import SpoolStore
from vocabulary.delivery import RecordClass
from vocabulary.moment import Moment


class Room:
    """Eviction and freeing over all epochs of a store. Methods raise ``OSError``."""

    def __init__(
        self, disk: Disk, store: SpoolStore, limits: SpoolLimits, stats: SpoolStats
    ) -> None:
        self._disk, self._store, self._limits, self._stats = disk, store, limits, stats
        self._evicting = False
        self._needed = False
        self._files_seen = 0

    @property
    def needed(self) -> bool:
        """Whether room must be looked after at the next tick: a file was begun, or work is left."""
        writer = self._store.writer
        return self._needed or (writer is not None and writer.files_begun != self._files_seen)

    def space(self) -> Space:
        """What our own files take, and what the partition says."""
        logs = self._store.logs.values()
        segments = sum(part.file_bytes for log in logs for part in log.segments)
        used_bytes = segments + self._store.shelf.held_bytes
        return Space(used_bytes, self._disk.free_bytes(), self._disk.total_bytes())

    def _done(self, log: Log) -> bool:
        return log.epoch != self._store.epoch and log.committed >= log.next_offset

    def anything_freeable(self) -> bool:
        """Whether committed files could be given back."""
        return any(log.freeable() or self._done(log) for log in self._store.logs.values())

    def free_committed(self, now: Moment) -> None:
        """Give back files below the commit. The cursor first: what is gone must not look lost."""
        if not self.anything_freeable():
            return
        store = self._store
        store.save_cursor(now)
        for epoch, log in list(store.logs.items()):
            done = self._done(log)
            for _file in range(len(log.segments) if done else log.freeable()):
                segment = log.segments[0]
                store.shelf.put(segment.name, segment.file_bytes)
                log.drop_front()
            if done:
                del store.logs[epoch]

    def append_after(self, fault: OSError, body: bytes, klass: RecordClass, now: Moment) -> int:
        """The partition is full: make room, and append. Any other fault goes on as it came."""
        writer = self._store.writer
        if fault.errno != errno.ENOSPC or writer is None:
            raise fault
        self._needed = True
        self.free_committed(now)
        try:
            return writer.append(body, klass, now)
        except OSError as again:
            if again.errno != errno.ENOSPC or not self._overwrite_one(now):
                raise
        return writer.append(body, klass, now)

    def evict(self) -> None:
        """Thin a file if a bound is passed; ``needed`` while another can be at once."""
        writer = self._store.writer
        self._files_seen = writer.files_begun if writer is not None else 0
        needed_bytes = bytes_to_free(self._limits, self.space(), begun=self._evicting)
        self._needed = self._evicting = bool(needed_bytes)
        if not needed_bytes:
            return
        if self._store.shelf.spare_count > 1:
            self._store.shelf.spend_reserve()
            return
        held = self._closed()
        steps = plan([evictable for evictable, _log, _segment in held], needed_bytes)
        progress = any(self._thin(*held[step.key][1:], step) for step in steps)  # the first that is
        self._needed = self._evicting = progress

    def _closed(self) -> list[tuple[Evictable, Log, Segment]]:
        """The closed files with records nobody has yet, oldest first over all epochs."""
        found = [
            (log, segment)
            for log in self._store.logs.values()
            for segment in log.segments
            if segment.closed and segment.tally.last >= log.committed
        ]
        found.sort(key=lambda pair: pair[1].tally.first_wall_ns)
        return [
            (Evictable(key, segment.file_bytes, tuple(segment.tally.sizes_bytes)), log, segment)
            for key, (log, segment) in enumerate(found)
        ]

    def _thin(self, log: Log, segment: Segment, step: Thinning) -> bool:
        at = log.segments.index(segment)
        try:
            gap = thin(self._disk, log, at, step.classes)
        except OSError as fault:
            if fault.errno != errno.ENOSPC or not self._store.shelf.spend_reserve():
                raise
            gap = thin(self._disk, log, at, step.classes)
        if gap is not None:
            self._count(gap)
            self._disk.sync_directory(FOLDER)
        return gap is not None

    def _count(self, gap: Gap) -> None:
        for klass, count in enumerate(gap.by_class):
            self._stats.evicted_by_class[klass] += count

    def _overwrite_one(self, now: Moment) -> bool:
        """Give up one whole file and make it the next to be written; False if there is none."""
        store = self._store
        main = store.main
        held = [
            (evictable, segment)
            for evictable, log, segment in self._closed()
            if log is main and segment.file_bytes == self._limits.segment_bytes
        ]
        key = least_worth([evictable for evictable, _segment in held])
        writer = store.writer
        if key is None or writer is None:
            return False
        segment = next(segment for evictable, segment in held if evictable.key == key)
        index = main.index(segment)
        if index is None or index.data is None:
            return False
        gaps = notes_in(main, index)
        records = [unchecked(index.data, position, main.epoch) for position in index.positions]
        gone = [record for record in records if record.offset >= main.committed]
        if gone:
            gaps.append(dropped(gone))
            self._count(gaps[-1])
        for gap in joined(gaps):
            writer.owe(gap)
        store.save_cursor(now)  # it holds what is owed, and has room on the fullest disk
        store.shelf.put(segment.name, segment.file_bytes)
        main.segments.remove(segment)
        main.forget_loaded(segment)
        return True
