"""Appends to the newest file of a log: written at once, durable in groups.

A killed process loses nothing, for every record has left it. A power cut loses at most what is
newer than the last sync: five seconds, 64 KiB, or a tenth of a second behind an event. Bytes not
yet synced are also kept in memory: after a failed sync nobody knows what the card holds, so they
are written once more.
"""

from typing import NamedTuple

from edge.disk import Disk
from edge.spool_gaps import Gap, encode_gap
from edge.spool_log import Index, Log, Segment
from edge.spool_policy import SpoolLimits
from edge.spool_record import BEHIND_CRC, NOTE, Record, Tally, encode, sealed
from edge.spool_segment import (
    FOLDER,
    FOOTER_BYTES,
    HEADER_BYTES,
    Footer,
    Header,
    encode_footer,
    encode_header,
    name_of,
)
from edge.spool_shelf import Shelf
from edge.spool_stats import SpoolStats
from vocabulary.delivery import RecordClass, TimeQuality
from vocabulary.moment import Moment


class Stamp(NamedTuple):
    """Who writes: goes into every header and record."""

    board: bytes
    kernel_boot: bytes
    boot: int


class SyncJob(NamedTuple):
    """A sync that may run in another thread: only ``run`` there, the rest at home."""

    disk: Disk
    name: str
    end: int
    upto: int
    began_ns: int
    new_name: bool

    def run(self) -> None:
        """Blocks until the card has it. Raises ``OSError``."""
        self.disk.sync(self.name)
        if self.new_name:
            self.disk.sync_directory(FOLDER)


class LogWriter:
    """The one writer of a log. Methods raise ``OSError``; what was accepted before stays so."""

    def __init__(
        self,
        disk: Disk,
        log: Log,
        *,
        shelf: Shelf,
        limits: SpoolLimits,
        stamp: Stamp,
        stats: SpoolStats,
    ) -> None:
        self._disk, self._log, self._shelf = disk, log, shelf
        self._limits, self._stamp, self._stats = limits, stamp, stats
        self._segment: Segment | None = None
        self._index = Index()
        self._room_end = 0
        self._unsynced = bytearray()
        self._oldest_ns: int | None = None
        self._event_ns: int | None = None
        self._event_offset = -1
        self._began_ns = 0
        self._sealed = True
        self._new_name = False
        self.durable_below = 0
        self.files_begun = 0
        self.owed: list[Gap] = []
        self._noted: list[Gap] = []

    # Joining a log found on disk

    def resume(self, segment: Segment, index: Index, now: Moment) -> None:
        """Go on in an unfinished file found at start, which has been synced."""
        self._segment, self._index = segment, index
        self._log.open_index = index
        self._room_end = max(segment.file_bytes, self._limits.segment_bytes) - FOOTER_BYTES
        self._began_ns = now.mono_ns
        self._sealed = False
        self.durable_below = self._log.next_offset

    # Appending

    def append(self, body: bytes, klass: RecordClass, now: Moment) -> int:
        """Write one record and return its offset."""
        if self.owed:
            self.settle(now)
        log = self._log
        offset, boot = log.next_offset, self._stamp.boot
        mono_ns, wall_ns, quality = now
        behind = BEHIND_CRC.pack(offset, wall_ns, mono_ns, boot, quality, klass)
        raw = sealed(log.seed, behind, body)
        segment = self._write(raw, now)
        self._index.offsets.append(offset)
        self._index.positions.append(segment.end)
        segment.end += len(raw)
        segment.tally.add(offset, wall_ns, boot, klass, len(raw))
        log.next_offset = offset + 1
        if klass == RecordClass.EVENT:
            self._event_offset = offset
            if self._event_ns is None:
                self._event_ns = mono_ns
        return offset

    def owe(self, gap: Gap) -> None:
        """A gap to be noted in front of the next record; known from now on."""
        self._log.gaps.add(gap)
        self.owed.append(gap)

    def settle(self, now: Moment) -> None:
        """Write the notes that are owed."""
        while self.owed:
            self._note(self.owed[0], now)
            self._noted.append(self.owed.pop(0))

    @property
    def undurable_gaps(self) -> list[Gap]:
        """Gaps whose notes a power cut would cost: something else must remember them."""
        return [*self._noted, *self.owed]

    def _note(self, gap: Gap, now: Moment) -> None:
        """Write it twice: one flipped bit must not cost it."""
        log = self._log
        body = encode_gap(gap)
        record = Record(
            log.epoch,
            log.next_offset,
            now.wall_ns,
            now.mono_ns,
            self._stamp.boot,
            TimeQuality.SYNCED,
            NOTE,
            body,
        )
        raw = encode(log.seed, record)
        for _copy in range(2):
            segment = self._write(raw, now)
            self._index.notes.append(segment.end)
            segment.end += len(raw)
            segment.tally.note_count += 1

    def _write(self, raw: bytes, now: Moment) -> Segment:
        segment = self._segment
        if segment is None or segment.closed or segment.end + len(raw) > self._room_end:
            segment = self.roll(now)
            self.files_begun += 1
        self._disk.write_at(segment.name, segment.end, raw)
        if self._oldest_ns is None:
            self._oldest_ns = now.mono_ns
        self._unsynced += raw
        return segment

    # Closing one file, beginning the next

    def roll(self, now: Moment) -> Segment:
        """Close the file in hand and begin another, durable in name and header."""
        spare = self._shelf.take()
        try:
            self.seal(now)
            segment = self._begin(spare, now)
        except OSError:
            self._shelf.give_back(spare)
            raise
        self._disk.sync_directory(FOLDER)
        self._new_name = False
        return segment

    def _begin(self, spare: str, now: Moment) -> Segment:
        log = self._log
        header = Header(
            log.epoch, log.next_offset, self._stamp.board, self._stamp.kernel_boot, self._stamp.boot
        )
        name = name_of(log.epoch, log.next_offset)
        self._disk.write_at(spare, 0, encode_header(header))
        self._disk.sync(spare)
        self._disk.rename(spare, name)
        size_bytes = self._limits.segment_bytes
        segment = Segment(
            name, header, size_bytes, Tally(log.next_offset), HEADER_BYTES, closed=False
        )
        self._segment, self._index = segment, Index()
        self._room_end = size_bytes - FOOTER_BYTES
        self._began_ns, self._sealed, self._new_name = now.mono_ns, False, True
        log.segments.append(segment)
        log.open_index = self._index
        return segment

    def seal(self, now: Moment) -> None:
        """Close the file in hand: footer, sync. Doing it again does no harm."""
        segment = self._segment
        if segment is None or self._sealed:
            return
        segment.closed = True
        self._log.open_index = None
        footer = Footer(segment.end, segment.tally)
        position = max(segment.file_bytes, self._limits.segment_bytes) - FOOTER_BYTES
        raw = encode_footer(segment.header.epoch, segment.header.first, footer)
        self._disk.write_at(segment.name, position, raw)
        segment.file_bytes = position + FOOTER_BYTES
        if self._unsynced:
            self.sync(now)
        else:
            self._disk.sync(segment.name)
        self._sealed = True

    @property
    def aged_ns(self) -> int | None:
        """When the file in hand must be closed for its age; None while it holds nothing."""
        segment = self._segment
        if segment is None or segment.closed or not segment.tally.record_count:
            return None
        return self._began_ns + self._limits.segment_age_ns

    # Group commit

    @property
    def unsynced_bytes(self) -> int:
        """Bytes a power cut would cost now."""
        return len(self._unsynced)

    def sync_due_ns(self) -> int | None:
        """When the next sync must begin; None if all is durable."""
        due = []
        if self._oldest_ns is not None:
            if len(self._unsynced) >= self._limits.sync_bytes:
                return self._oldest_ns
            due.append(self._oldest_ns + self._limits.sync_delay_ns)
        if self._event_ns is not None:
            due.append(self._event_ns + self._limits.event_sync_delay_ns)
        return min(due, default=None)

    def sync(self, now: Moment) -> None:
        """Make everything appended durable."""
        job = self.sync_job(now)
        if job is not None:
            job.run()
            self.synced(job)

    def sync_job(self, now: Moment) -> SyncJob | None:
        """The sync that would make everything durable; None if all is."""
        segment = self._segment
        if segment is None or not self._unsynced:
            return None
        upto = self._log.next_offset
        return SyncJob(self._disk, segment.name, segment.end, upto, now.mono_ns, self._new_name)

    def synced(self, job: SyncJob) -> None:
        """``job`` has run well."""
        segment = self._segment
        if segment is None or segment.name != job.name:
            return  # a newer file: closing the old one has synced it
        done = len(self._unsynced) - (segment.end - job.end)
        self._new_name = self._new_name and not job.new_name
        if done <= 0:
            return
        del self._unsynced[:done]
        self._stats.syncs += 1
        self._stats.synced_bytes += done
        self.durable_below = max(self.durable_below, job.upto)
        if not self._unsynced:
            self._noted.clear()
        self._oldest_ns = job.began_ns if self._unsynced else None
        self._event_ns = job.began_ns if self._event_offset >= job.upto else None

    def rewrite(self, now: Moment) -> bool:
        """After a fault: write and sync once more what no sync has confirmed.

        False if the file is gone, or the last one was never begun: these are not the files we knew.
        """
        segment = self._segment
        if segment is None:
            return False
        try:
            self._disk.size_bytes(segment.name)
        except FileNotFoundError:
            return False
        if self._unsynced:
            start = segment.end - len(self._unsynced)
            self._disk.write_at(segment.name, start, bytes(self._unsynced))
        if segment.closed:
            self.seal(now)
        self.sync(now)
        self._disk.sync_directory(FOLDER)
        self._new_name = False
        return True
