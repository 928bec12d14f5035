"""The spool's half on disk: all epochs held, the writer of the newest, cursor, shelf, bounds.

``SpoolStore.read`` only looks, so that a read-only card can still be drained; ``begin`` settles
which epoch goes on, at which offset, and may write. Both raise ``OSError``, as does all else here:
the spool above decides what happens then.
"""

from hashlib import blake2b
from typing import Final, NamedTuple

from edge.disk import Disk
from edge.spool_cursor import (
    OWED_MAX,
    POSITIONS_MAX,
    Boot,
    Cursor,
    CursorFile,
    Position,
    boot_number,
    with_boot,
)
from edge.spool_epoch import SpoolCount, generation_of, is_volatile
from edge.spool_exact import UNFINISHED, remove_epoch, write_log
from edge.spool_gaps import Gap, Reason
from edge.spool_log import Log
from edge.spool_policy import SpoolLimits
from edge.spool_recovery import Folder, FoundLog, read_folder
from edge.spool_ring import Ring
from edge.spool_segment import FOLDER, SIDE, Header, identity
from edge.spool_shelf import Shelf
from edge.spool_stats import SpoolStats
from edge.spool_writer import LogWriter, Stamp
from vocabulary.moment import Moment

SKIP: Final = 65_536
"""Offsets left out after an unclean start: more than could be given out between two syncs."""
BOOT_MAX: Final = 32_767
BLIND_BOOT: Final = BOOT_MAX + 1


class BootInfo(NamedTuple):
    """Which kernel run on which board this is."""

    kernel_boot_id: str
    board_serial: str


def blind_boot(kernel_boot: bytes) -> int:
    """The number of a boot whose card could not be read: one that counting does not reach."""
    return BLIND_BOOT | int.from_bytes(blake2b(kernel_boot, digest_size=2).digest()) % BLIND_BOOT


class SpoolStore:
    """Everything below the spool's folder, and the count beside it."""

    def __init__(
        self, disk: Disk, limits: SpoolLimits, boot: BootInfo, generation: int, stats: SpoolStats
    ) -> None:
        self._disk, self._limits, self._stats = disk, limits, stats
        self._boot_info, self._generation = boot, generation
        self._board = identity(boot.board_serial)
        self._kernel_boot = identity(boot.kernel_boot_id)
        self._cursor_file = CursorFile(disk)
        self._count = SpoolCount(disk)
        self.shelf = Shelf(disk, limits)
        self._folder = Folder()
        self._old: Cursor | None = None
        self._cloned = False
        self._boots: tuple[Boot, ...] = ()
        self.logs: dict[int, Log] = {}
        self.epoch: int | None = None
        self.writer: LogWriter | None = None
        self.boot = blind_boot(self._kernel_boot)
        self.host_acknowledges = False
        self.cursor_saved_ns = 0
        self.promised: dict[int, int] = {}
        """By epoch, what this process has given out already; the card may know less."""
        self.owed: dict[int, list[Gap]] = {}
        """By epoch, gaps that the card may not know of."""

    # Start

    def read(self) -> None:
        """Look at what is there."""
        stats = self._stats
        stats.begin_counting_damage()
        self._folder = read_folder(self._disk, self._board, stats)
        try:
            cursor = self._cursor_file.load()
        except OSError:
            cursor = None
        stats.damaged_slots += self._cursor_file.damaged_slots
        ours = cursor is not None and cursor.board == self._board
        self._old = cursor if ours else None
        self._cloned = bool(self._folder.foreign_epochs) or (cursor is not None and not ours)
        if self._old is not None:
            self.host_acknowledges = self._old.host_acknowledges
            self._boots = self._old.boots
            if self._boots and self._boots[-1].kernel_boot == self._kernel_boot:
                self.boot = self._boots[-1].number  # known already, even if nothing can be written
        self.logs = {epoch: found.log for epoch, found in self._folder.logs.items()}
        for log in self.logs.values():
            for segment in log.segments:  # a flipped header must not be copied when it is thinned
                segment.header = segment.header._replace(board=self._board)
            self._place(log)

    def _place(self, log: Log) -> None:
        """How far the host was in ``log``: as the cursor says, else as the files imply."""
        known = self._old.position(log.epoch) if self._old else None
        if known is not None:
            log.commit(known.committed)
            log.next_offset = max(log.next_offset, known.committed)
            if self._old is not None and log.epoch != self._old.epoch:
                log.next_offset = max(log.next_offset, known.next_offset)
            return
        noted = log.gaps.lowest()
        held = next(
            (part.tally.first for part in log.segments if part.tally.record_count), log.next_offset
        )
        log.commit(held if noted is None else min(held, noted))

    def _without_files(self, epoch: int) -> FoundLog:
        """An epoch that is new, or whose files somebody removed."""
        log = Log(self._disk, epoch, self._stats)
        self._place(log)
        return FoundLog(log)

    def begin(self, now: Moment) -> None:
        """Settle the epoch, close what was left open, have the cursor say so."""
        self._remove_unfinished()
        for file_name in self._folder.spares:
            self.shelf.adopt(file_name)
        self._folder.spares = []
        self._count.load()
        epoch = self._epoch_to_go_on()
        fresh = epoch is None
        if epoch is None:
            epoch = self._count.new_epoch(
                self._generation, self._board, self._kernel_boot, now, cloned=self._cloned
            )
        self._count.keep_up_with(epoch)
        found = self._folder.logs.get(epoch) or self._without_files(epoch)
        self.boot = min(BOOT_MAX, boot_number(self._old, self._kernel_boot, found.boot_max))
        self._boots = with_boot(self._boots, Boot(self.boot, self._kernel_boot))
        self.epoch = epoch
        self.logs[epoch] = found.log
        self._join(found, now, fresh=fresh)
        self.shelf.keep_reserve()
        self.save_cursor(now)

    def _remove_unfinished(self) -> None:
        try:
            self._disk.remove(UNFINISHED)
        except FileNotFoundError:
            return

    def _epoch_to_go_on(self) -> int | None:
        """The epoch of this board and generation, None if a new one must begin."""
        if self._old is not None:
            epoch = self._old.epoch
            good = epoch not in self._folder.foreign_epochs
            return epoch if good and generation_of(epoch) == self._generation else None
        ours = [
            epoch
            for epoch, found in self._folder.logs.items()
            if generation_of(epoch) == self._generation
            and not is_volatile(epoch)
            and not found.side
        ]
        return max(ours, default=None)

    def _join(self, found: FoundLog, now: Moment, *, fresh: bool) -> None:
        """Make the writer go on where the log ends, leaving out what may have been given out."""
        log = found.log
        known = self._old.position(log.epoch) if self._old else None
        given = max(
            self.promised.get(log.epoch, 0),
            known.next_offset if known else 0,
            known.committed if known else 0,
        )
        skip = not fresh and (log.next_offset < given or self._must_skip(found))
        log.next_offset = max(log.next_offset, given)
        stamp = Stamp(self._board, self._kernel_boot, self.boot)
        writer = LogWriter(
            self._disk,
            log,
            shelf=self.shelf,
            limits=self._limits,
            stamp=stamp,
            stats=self._stats,
        )
        if log.segments:  # a killed process may have synced neither its last file nor its name
            self._disk.sync(log.segments[-1].name)
            self._disk.sync_directory(FOLDER)
        if found.tail is not None:
            writer.resume(log.segments[-1], found.tail, now)
        else:
            writer.roll(now)
        if skip:
            first = log.next_offset
            log.next_offset = first + SKIP
            writer.owe(Gap(Reason.SKIPPED, first, first + SKIP, SKIP))
            self._stats.skipped_offsets += SKIP
        remembered = self._old.owed if self._old is not None and not fresh else ()
        for gap in (*self.owed.get(log.epoch, ()), *remembered):
            writer.owe(gap)
        writer.settle(now)
        writer.sync(now)
        self.writer = writer

    def _must_skip(self, found: FoundLog) -> bool:
        """Whether offsets behind the last one found may have been published already."""
        old = self._old
        if old is None or found.torn:
            return True
        same_boot = bool(old.boots) and old.boots[-1].kernel_boot == self._kernel_boot
        return not old.clean and not same_boot

    def successor(self, now: Moment) -> "SpoolStore":
        """A store on the same disk as it is found now, knowing what this one has given out."""
        fresh = SpoolStore(self._disk, self._limits, self._boot_info, self._generation, self._stats)
        fresh.promised = {epoch: log.next_offset for epoch, log in self.logs.items()}
        if self.writer is not None:
            fresh.owed = {self.main.epoch: self.writer.undurable_gaps}
        fresh.read()
        for epoch, log in self.logs.items():
            found = fresh.logs.get(epoch)
            if found is None:
                self._stats.abandoned_records += log.backlog_records
            else:
                found.commit(max(found.committed, log.committed))
        fresh.host_acknowledges = fresh.host_acknowledges or self.host_acknowledges
        fresh.begin(now)
        return fresh

    # Logs

    @property
    def main(self) -> Log:
        """The log being written. Only after ``begin``."""
        assert self.epoch is not None
        return self.logs[self.epoch]

    def retry_blocked(self) -> None:
        """The disk seems well: files that could not be read may be tried again."""
        for log in self.logs.values():
            log.retry_blocked()

    def side_epochs(self) -> list[int]:
        """Epochs that are only sent and freed."""
        return [epoch for epoch in self.logs if epoch != self.epoch]

    def adopt(self, ring: Ring) -> None:
        """Move the records in memory onto the disk, under their own epoch."""
        begins = ring.committed
        header = Header(ring.epoch, begins, self._board, self._kernel_boot, self.boot, SIDE)
        records = list(ring)
        gaps = [gap for gap in ring.gaps if gap.end > ring.committed]
        if not records and not gaps:
            return
        remove_epoch(self._disk, ring.epoch)
        log = Log(self._disk, ring.epoch, self._stats)
        log.segments = write_log(
            self._disk,
            header,
            [*gaps, *records],
            ends=ring.next_offset,
            part_bytes=self._limits.segment_bytes // 2,
        )
        for gap in gaps:
            log.gaps.add(gap)
        log.next_offset = ring.next_offset
        log.commit(ring.committed)
        self.logs[ring.epoch] = log

    # Cursor

    def cursor(self, *, clean: bool = False) -> Cursor:
        """What would be remembered now."""
        assert self.epoch is not None
        order = [epoch for epoch in self.logs if epoch != self.epoch] + [self.epoch]
        positions = tuple(
            Position(epoch, self.logs[epoch].committed, self.logs[epoch].next_offset)
            for epoch in order[-POSITIONS_MAX:]
        )
        gaps = self.writer.undurable_gaps if self.writer is not None else []
        owed = tuple(gaps[-OWED_MAX:])
        return Cursor(
            self.epoch, self._board, clean, self.host_acknowledges, self._boots, positions, owed
        )

    def save_cursor(self, now: Moment, *, clean: bool = False, both_slots: bool = True) -> None:
        """Make the cursor durable if it says anything new."""
        cursor = self.cursor(clean=clean)
        self.cursor_saved_ns = now.mono_ns
        if self._cursor_file.differs(cursor):
            self._cursor_file.save(cursor, both_slots=both_slots)
            self._stats.cursor_saves += 1

    @property
    def cursor_due_ns(self) -> int | None:
        """When the cursor must be saved; None if nothing changed."""
        if self.epoch is None or not self._cursor_file.differs(self.cursor()):
            return None
        return self.cursor_saved_ns + self._limits.cursor_delay_ns
