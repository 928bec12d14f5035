"""Every reading between the moment it is taken and the moment the host has stored it.

A numbered, bounded, append-only log that survives kills, power cuts and bad cards without hands.
Records are freed by the host's commit and by nothing else; what does not fit is given up by class
and declared. No fault of the disk leaves this file: while the card takes nothing, records go to a
ring in memory under a volatile epoch, and when it works again the ring is moved onto it.

Several epochs may be held at once: the one being written, and others that are only sent and freed
(``backlogs``). Writing is synchronous. A shell whose card is slow opens the spool with
``syncs_elsewhere`` and runs ``sync_job`` in a thread of its own.
"""

from collections.abc import Callable
from functools import partial
from typing import Final, Self

from edge.bd_seq import BdSeq
from edge.disk import Disk
from edge.spool_commit import Backlog, CommitVerdict, judged
from edge.spool_cursor import Position
from edge.spool_fallback import Fallback
from edge.spool_gaps import Lost
from edge.spool_log import Log
from edge.spool_policy import SpoolLimits
from edge.spool_record import Record
from edge.spool_ring import Ring
from edge.spool_room import Room
from edge.spool_segment import identity
from edge.spool_stats import SpoolStats
from edge.spool_store import BootInfo, SpoolStore
from edge.spool_writer import LogWriter, SyncJob
from vocabulary.delivery import RecordClass
from vocabulary.moment import Moment

__all__ = [
    "Backlog",
    "BootInfo",
    "CommitVerdict",
    "Lost",
    "Record",
    "Spool",
    "SpoolLimits",
    "SpoolStats",
    "SyncJob",
]

LOST_RANGES_MAX: Final = 1024
SYNC_PATIENCE: Final = 4
"""With ``syncs_elsewhere``: beyond this many times the usual group the spool syncs by itself."""


class Spool:
    """The façade; see the module. All methods but ``open`` belong to one thread."""

    def __init__(
        self,
        disk: Disk,
        *,
        limits: SpoolLimits,
        boot: BootInfo,
        generation: int,
        syncs_elsewhere: bool,
    ) -> None:
        self._disk, self._limits = disk, limits
        self._body_bytes_max = limits.body_bytes_max
        self._syncs_elsewhere = syncs_elsewhere
        self._group_bytes = limits.sync_bytes * (SYNC_PATIENCE if syncs_elsewhere else 1)
        self.stats = SpoolStats()
        self._bd_seq = BdSeq(disk)
        self._store = SpoolStore(disk, limits, boot, generation, self.stats)
        self._room = Room(disk, self._store, limits, self.stats)
        self._fallback = Fallback(
            limits,
            generation=generation,
            board=identity(boot.board_serial),
            kernel_boot=identity(boot.kernel_boot_id),
            stats=self.stats,
        )
        self._space_ns = 0
        self._acknowledged = False
        self._job: SyncJob | None = None

    @classmethod
    def open(
        cls,
        disk: Disk,
        *,
        limits: SpoolLimits | None = None,
        boot: BootInfo,
        now: Moment,
        generation: int = 1,
        syncs_elsewhere: bool = False,
    ) -> Self:
        """Open what is there, whatever it is. Never raises for bytes or for the disk."""
        spool = cls(
            disk,
            limits=limits or SpoolLimits(),
            boot=boot,
            generation=generation,
            syncs_elsewhere=syncs_elsewhere,
        )
        spool._space_ns = now.mono_ns
        try:
            spool._store.read()
            spool._store.begin(now)
        except OSError as fault:
            spool._fallback.enter(fault, now)
        return spool

    # What is held

    @property
    def _ring(self) -> Ring | None:
        return self._fallback.ring

    @property
    def _active(self) -> Log | Ring:
        return self._ring if self._ring is not None else self._store.main

    @property
    def epoch(self) -> int:
        """The epoch new records get. It changes when the card fails, and when it is well again."""
        return self._active.epoch

    @property
    def boot(self) -> int:
        """The number of this kernel boot within the epoch."""
        return self._store.boot

    @property
    def next_offset(self) -> int:
        """The offset the next record gets."""
        return self._active.next_offset

    @property
    def committed(self) -> int:
        """Everything below it is the host's."""
        return self._active.committed

    @property
    def durable_below(self) -> int:
        """Records of the current epoch below it survive a power cut."""
        writer = self._writer
        return writer.durable_below if writer is not None else 0

    @property
    def host_acknowledges(self) -> bool:
        """Whether any host has ever sent a valid commit; remembered on the card."""
        return self._acknowledged or self._store.host_acknowledges

    @property
    def _held(self) -> list[Log | Ring]:
        """All epochs, the one being written last."""
        logs: list[Log | Ring] = list(self._store.logs.values())
        if self._ring is not None:
            return [*logs, self._ring]
        active = self._active
        return [*(log for log in logs if log is not active), active]

    @property
    def backlog_records(self) -> int:
        """Records not committed, over all epochs."""
        return sum(log.backlog_records for log in self._held)

    @property
    def backlog_bytes(self) -> int:
        """What these take."""
        return sum(log.backlog_bytes for log in self._held)

    @property
    def oldest_wall_ns(self) -> int | None:
        """Wall time of the oldest record not committed."""
        walls = [log.oldest_wall_ns for log in self._held]
        return min((wall for wall in walls if wall is not None), default=None)

    def backlogs(self) -> list[Backlog]:
        """Every epoch with something left to send, the one being written last."""
        return [
            Backlog(log.epoch, log.committed, log.next_offset, log.backlog_records)
            for log in self._held
            if log is self._active or log.committed < log.next_offset
        ]

    def positions(self) -> list[Position]:
        """As ``backlogs``, but nothing is counted: the uplink asks at each message."""
        return [
            Position(log.epoch, log.committed, log.next_offset)
            for log in self._held
            if log is self._active or log.committed < log.next_offset
        ]

    def read(self, offset: int, epoch: int | None = None) -> Record | Lost | None:
        """The record at ``offset``, or the loss that begins there.

        None beyond the end, and while the card cannot be read: ask again later.
        """
        log = self._active if epoch is None else self._log_of(epoch)
        return None if log is None else log.read(offset)

    def lost_ranges(self) -> list[Lost]:
        """Ranges not committed that will never come; the first ones, if there are very many."""
        ranges: list[Lost] = []
        for log in self._held:
            ranges.extend(log.lost_ranges(LOST_RANGES_MAX - len(ranges)))
        return ranges

    def _log_of(self, epoch: int) -> Log | Ring | None:
        if self._ring is not None and self._ring.epoch == epoch:
            return self._ring
        return self._store.logs.get(epoch)

    # Appending

    @property
    def _writer(self) -> LogWriter | None:
        return self._store.writer if self._ring is None else None

    def append(self, body: bytes, *, klass: RecordClass, now: Moment) -> int:
        """Number and keep one record; returns its offset in ``epoch``. The disk cannot stop it."""
        assert len(body) <= self._body_bytes_max
        stats = self.stats
        stats.appended_records += 1
        stats.appended_bytes += len(body)
        writer = self._store.writer
        if writer is not None and writer.unsynced_bytes >= self._group_bytes:
            self.sync(now)  # before, not after: a fault must not part a record from its epoch
        if writer is None or self._fallback.ring is not None:
            return self._append_in_memory(body, klass, now)
        try:
            return writer.append(body, klass, now)
        except OSError as fault:
            return self._append_after(fault, body, klass, now)

    def _append_after(self, fault: OSError, body: bytes, klass: RecordClass, now: Moment) -> int:
        try:
            return self._room.append_after(fault, body, klass, now)
        except OSError as last:
            self._fallback.enter(last, now)
            return self._append_in_memory(body, klass, now)

    def _append_in_memory(self, body: bytes, klass: RecordClass, now: Moment) -> int:
        ring = self._ring
        assert ring is not None
        offset = ring.next_offset
        ring.append(
            Record(
                ring.epoch, offset, now.wall_ns, now.mono_ns, self.boot, now.quality, klass, body
            )
        )
        self.stats.ring_records += 1
        return offset

    # Committing

    def commit(self, epoch: int, below: int, now: Moment) -> CommitVerdict:
        """The host says it has stored everything of ``epoch`` below ``below``."""
        log = self._log_of(epoch)
        verdict = judged(log, below)
        if verdict in (CommitVerdict.FOREIGN_EPOCH, CommitVerdict.BEYOND_END):
            return verdict
        if log is not None:
            self._free_below(log, below)
        if not self.host_acknowledges:
            self._acknowledge(now)
        return verdict

    def forget(self, below: int, now: Moment) -> None:
        """Where no host acknowledges: give back what the uplink has sent, below ``below``."""
        log = self._active
        self._free_below(log, min(below, log.next_offset))
        if self._room.anything_freeable():
            self.tick(now)

    def _free_below(self, log: Log | Ring, below: int) -> None:
        if below > log.committed:
            before = log.committed
            log.commit(below)
            self.stats.committed_records += below - before

    def _acknowledge(self, now: Moment) -> None:
        self._acknowledged = self._store.host_acknowledges = True
        if self._writer is not None:
            self._guarded(self._store.save_cursor, now)

    # Time

    def next_deadline_ns(self, now: Moment) -> int | None:
        """When ``tick`` must be called at the latest, monotonic; it may lie in the past."""
        if self._ring is not None:
            return self._fallback.heal_ns
        if self._room.needed or self._room.anything_freeable():
            return now.mono_ns
        writer = self._store.writer
        assert writer is not None
        sync_ns = writer.sync_due_ns() if self._job is None else None
        space_ns = self._space_ns + self._limits.space_check_ns
        dues = (space_ns, sync_ns, writer.aged_ns, self._store.cursor_due_ns)
        return min(due for due in dues if due is not None)

    def tick(self, now: Moment) -> None:
        """Do what fell due: group commit, freeing, eviction, cursor, healing."""
        if self._ring is not None:
            if now.mono_ns >= self._fallback.heal_ns:
                self._heal(now)
            return
        self._guarded(self._tick, now)

    def _tick(self, now: Moment) -> None:
        store, writer = self._store, self._store.writer
        assert writer is not None
        mono_ns = now.mono_ns
        due_ns = writer.sync_due_ns()
        if due_ns is not None and mono_ns >= due_ns and not self._syncs_elsewhere:
            writer.sync(now)
        self._room.free_committed(now)
        if self._room.needed or mono_ns >= self._space_ns + self._limits.space_check_ns:
            self._space_ns = mono_ns
            self._room.evict()
            store.shelf.keep_reserve()
            store.retry_blocked()
        aged_ns = writer.aged_ns
        if aged_ns is not None and mono_ns >= aged_ns:
            writer.roll(now)
        cursor_ns = store.cursor_due_ns
        if cursor_ns is not None and mono_ns >= cursor_ns:
            store.save_cursor(now, both_slots=False)

    def sync(self, now: Moment) -> None:
        """Make everything appended so far durable, if the card lets us."""
        writer = self._writer
        if writer is not None:
            self._guarded(writer.sync, now)

    def sync_job(self, now: Moment) -> SyncJob | None:
        """With ``syncs_elsewhere``: the sync that is due, for a thread; then ``sync_done``."""
        writer = self._writer
        if writer is None or self._job is not None:
            return None
        due_ns = writer.sync_due_ns()
        full = writer.unsynced_bytes >= self._limits.sync_bytes
        if full or (due_ns is not None and now.mono_ns >= due_ns):
            self._job = writer.sync_job(now)
        return self._job

    def sync_done(self, job: SyncJob, fault: OSError | None, now: Moment) -> None:
        """``job.run`` came back, with the fault it raised if it did."""
        self._job = None
        writer = self._writer
        if writer is None:
            return
        if fault is None:
            writer.synced(job)
        else:
            self._fallback.enter(fault, now)

    def next_bd_seq(self) -> int:
        """The next session's number, on the card before it is returned."""
        number, durable = self._bd_seq.take()
        if not durable:
            self.stats.write_faults += 1
        return number

    def close(self, now: Moment) -> None:
        """Stop in order: all durable, and marked so. The spool is not used after this."""
        if self._ring is not None:
            self._heal(now)
        writer = self._writer
        if writer is None:
            assert self._ring is not None
            self.stats.abandoned_records += self._ring.backlog_records
            return
        self.sync(now)
        if self._ring is None:
            self._guarded(partial(self._store.save_cursor, clean=True), now)

    # Faults

    def _guarded(self, action: Callable[[Moment], None], now: Moment) -> None:
        try:
            action(now)
        except OSError as fault:
            self._fallback.enter(fault, now)

    def _heal(self, now: Moment) -> None:
        try:
            self._mend(now)
        except OSError as fault:
            self._fallback.enter(fault, now)

    def _mend(self, now: Moment) -> None:
        ring, writer = self._ring, self._store.writer
        assert ring is not None
        if writer is None or not writer.rewrite(now):
            self._store = self._store.successor(now)
            self._room = Room(self._disk, self._store, self._limits, self.stats)
        self._store.adopt(ring)
        self._store.retry_blocked()
        self._fallback.leave()
        self._job = None
        self._store.save_cursor(now)
