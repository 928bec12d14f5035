"""A spool on a simulated disk beside a naive list of what it was given; finds every difference."""

from typing import NamedTuple

from edge.spool import BootInfo, Lost, Record, Spool, SpoolLimits
from simulators.disk import PowerCut, SimulatedDisk
from vocabulary.delivery import RecordClass
from vocabulary.moment import Moment
from vocabulary.units import NS_PER_S

SEGMENT_BYTES = 2048
LIMITS = SpoolLimits(
    segment_bytes=SEGMENT_BYTES,
    bytes_max=12 * SEGMENT_BYTES,
    share_pct_max=100,
    free_bytes_min=0,
    free_pct_min=0,
    reserve_bytes=4 * SEGMENT_BYTES,
    sync_bytes=1024,
    ring_bytes_max=8192,
)
START = Moment(1_000 * NS_PER_S, 1_800_000_000 * NS_PER_S)
SERIAL = "board-one"


class Given(NamedTuple):
    """A record the spool was given."""

    body: bytes
    klass: RecordClass


class Account(NamedTuple):
    """What can be read of one epoch, from the commit to the end."""

    records: dict[int, Record]
    lost: list[Lost]

    def declared(self, offset: int) -> str | None:
        """Why ``offset`` is declared lost; None if it is not."""
        for lost in self.lost:
            if lost.offset <= offset < lost.offset + lost.count:
                return lost.reason
        return None


def in_memory(spool: Spool) -> bool:
    """Whether the card takes nothing now."""
    return spool.stats.ram_mode


class SpoolWorld:
    """The spool, its disk, and the model."""

    def __init__(self, seed: int, limits: SpoolLimits = LIMITS) -> None:
        self.disk = SimulatedDisk(seed=seed)
        self.limits, self.now = limits, START
        self.kernel_boots = 1
        self.given: dict[int, dict[int, Given]] = {}
        self.durable: dict[int, set[int]] = {}
        self.highest: dict[int, int] = {}
        self.ever: dict[int, set[int]] = {}
        self.committed: dict[int, int] = {}
        self.buried: dict[tuple[int, int], Given] = {}
        self.flips = 0
        self.unexcused: set[tuple[int, int]] = set()
        self.in_flight: Given | None = None
        self.volatile: set[int] = set()
        self.serial = 0
        self.spool = self._opened()

    def _opened(self) -> Spool:
        boot = BootInfo(f"kernel-{self.kernel_boots}", SERIAL)
        return Spool.open(self.disk, limits=self.limits, boot=boot, now=self.now)

    # What may happen

    def append(self, klass: RecordClass, size_bytes: int) -> None:
        """One record, its body unlike any other."""
        self.serial += 1
        body = f"{self.serial:08d}".encode().ljust(size_bytes, b".")
        self.in_flight = Given(body, klass)
        offset = self.spool.append(body, klass=klass, now=self.now)
        assert offset + 1 == self.spool.next_offset
        epoch = self.spool.epoch
        assert offset > self.highest.get(epoch, -1), "an offset was used twice"
        self.highest[epoch] = offset
        self.ever.setdefault(epoch, set()).add(offset)
        self.given.setdefault(epoch, {})[offset] = self.in_flight
        self.in_flight = None
        self.learn_durable()

    def learn_durable(self) -> None:
        """Note what the spool says a power cut cannot take."""
        epoch = self.spool.epoch
        if self.spool.stats.ram_mode:
            self.volatile.add(epoch)
        else:
            below = self.spool.durable_below
            held = self.given.get(epoch, {})
            self.durable.setdefault(epoch, set()).update(o for o in held if o < below)
            for moved in self.volatile.intersection(self.epochs_held()):
                self.durable.setdefault(moved, set()).update(self.given[moved])

    def tick(self) -> None:
        """One call of ``tick``."""
        self.spool.tick(self.now)
        self.learn_durable()

    def settle(self) -> None:
        """Tick until nothing is due at once."""
        for _turn in range(200):
            due_ns = self.spool.next_deadline_ns(self.now)
            if due_ns is None or due_ns > self.now.mono_ns:
                return
            self.tick()
        msg = "always something due"
        raise AssertionError(msg)

    def wait(self, seconds: float) -> None:
        """Time passes and the shell calls when it is asked to."""
        self.now = self.now.later(seconds)
        self.settle()

    def commit(self, share: float, epoch: int | None = None) -> None:
        """The host stored a part of what is held."""
        for backlog in self.spool.backlogs():
            if epoch is not None and backlog.epoch != epoch:
                continue
            below = backlog.committed + round((backlog.next_offset - backlog.committed) * share)
            assert self.spool.commit(backlog.epoch, below, self.now) == "accepted"
            self.committed[backlog.epoch] = max(below, self.committed.get(backlog.epoch, 0))

    def kill(self) -> None:
        """SIGKILL: the process goes, the machine stays. What was in memory only is gone."""
        gone = {self.spool.epoch} if self.spool.stats.ram_mode else set()
        before = {
            epoch: set(self.account(epoch).records)
            for epoch in self.epochs_held()
            if epoch not in gone
            and not self.spool.stats.ram_mode
            and not self.disk.gone
            and not any(log.blocked for log in self.spool._store.logs.values())
        }
        self.mend_disk()
        self.now = self.now.later(1)
        self.spool = self._opened()
        for epoch, offsets in before.items():
            missing = {o for o in offsets if o >= self.committed.get(epoch, 0)}
            missing -= set(self.account(epoch).records)
            assert not missing or self.flips, (epoch, missing)
        self.check()

    def stop(self) -> None:
        """A clean stop and start."""
        self.spool.close(self.now)
        self.learn_durable()
        self.kill()

    def power_cut(self) -> None:
        """The machine goes; a new kernel boots."""
        self.disk.crash()
        self.mend_disk()
        self.kernel_boots += 1
        self.now = Moment(NS_PER_S, self.now.wall_ns + NS_PER_S)
        self.spool = self._opened()
        self.check()

    def cut_during(self, call: int, klass: RecordClass) -> None:
        """The power goes in the middle of the disk's ``call``-th call from now, if it comes."""
        self.disk.cut_call = self.disk.calls + call
        try:
            for _step in range(4):
                self.append(klass, 60)
                self.now = self.now.later(2)
                self.settle()
        except PowerCut:
            self.power_cut()
        finally:
            self.disk.cut_call = None

    def mend_disk(self) -> None:
        """The card works again."""
        self.disk.full = self.disk.read_only = self.disk.gone = False
        self.disk.fail_call = None

    # What must be true

    def epochs_held(self) -> list[int]:
        """Every epoch that can be read."""
        return [backlog.epoch for backlog in self.spool.backlogs()]

    def account(self, epoch: int) -> Account:
        """Read one epoch to its end; every offset exactly once, in order."""
        backlog = next(known for known in self.spool.backlogs() if known.epoch == epoch)
        records: dict[int, Record] = {}
        lost: list[Lost] = []
        offset = backlog.committed
        while offset < backlog.next_offset:
            found = self.spool.read(offset, epoch)
            assert found is not None, f"{offset} can be neither read nor declared"
            assert found.epoch == epoch
            assert found.offset == offset
            if isinstance(found, Record):
                records[offset] = found
                offset += 1
            else:
                assert found.count > 0
                lost.append(found)
                offset += found.count
        assert offset == backlog.next_offset
        assert self.spool.read(offset, epoch) is None
        return Account(records, lost)

    def check(self) -> None:
        """Compare all that is held with all that was given."""
        spool = self.spool
        if any(log.blocked for log in spool._store.logs.values()):
            return  # a file could not be read; it is tried again at a later tick
        total = 0
        for backlog in spool.backlogs():
            account = self.account(backlog.epoch)
            self._check_epoch(backlog.epoch, backlog.committed, backlog.next_offset, account)
            total += len(account.records)
        assert spool.backlog_records == total
        for epoch, offsets in self.durable.items():
            if epoch not in self.epochs_held():
                left = [o for o in offsets if o >= self.committed.get(epoch, 0)]
                assert not left, f"epoch {epoch:#x} is gone with {len(left)} durable records"

    def _check_epoch(self, epoch: int, committed: int, end: int, account: Account) -> None:
        given = self.given.setdefault(epoch, {})
        for offset, record in account.records.items():
            expected = given.get(offset)
            if expected is None and (epoch, offset) in self.buried:
                # given up, but the power went before the card had forgotten it
                given[offset] = expected = self.buried.pop((epoch, offset))
                self.unexcused.discard((epoch, offset))
            if expected is None and self.in_flight is not None:
                given[offset] = expected = self.in_flight
                self.ever.setdefault(epoch, set()).add(offset)
                self.in_flight = None
            assert expected is not None, f"offset {offset} was never given"
            assert (record.body, record.klass) == expected
        closed = epoch in self.volatile  # nothing is appended to it any more
        assert closed or self.highest.get(epoch, -1) < end, "an offset would be used again"
        assert committed <= max(self.committed.get(epoch, 0), 0)
        ever = self.ever.get(epoch, set())
        for lost in account.lost:
            if lost.reason != "skipped" and not self.flips:
                assert ever.issuperset(range(lost.offset, lost.offset + lost.count)), lost
        pending = {offset for offset in given if offset >= committed}
        for offset in pending - set(account.records):
            reason = account.declared(offset)
            assert reason is not None or (closed and offset >= end)
            self.buried[epoch, offset] = given.pop(offset)
            durable = offset in self.durable.get(epoch, set())
            if durable and reason != "overflow" and offset >= self.committed.get(epoch, 0):
                self.unexcused.add((epoch, offset))
        assert len(self.unexcused) <= self.flips, self.unexcused


def fill(
    world: SpoolWorld, count: int, klass: RecordClass = RecordClass.CHECK, size_bytes: int = 100
) -> None:
    """Append so many records, as a running shell would."""
    for _record in range(count):
        world.append(klass, size_bytes)
        world.settle()
