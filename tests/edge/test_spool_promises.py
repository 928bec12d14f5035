"""The spool's promises by name: what other gateways got wrong, and ours must not."""

from edge.spool import BootInfo, Lost, Record, Spool, SpoolLimits
from edge.spool_epoch import is_volatile
from simulators.disk import PowerCut, SimulatedDisk
from tests.edge.spool_world import (
    LIMITS,
    SEGMENT_BYTES,
    SERIAL,
    START,
    SpoolWorld,
    fill,
    in_memory,
)
from vocabulary.delivery import RecordClass
from vocabulary.units import NS_PER_S

BOOT = BootInfo("kernel-1", SERIAL)
CHECK, EVENT, SENSOR, DETAIL = (
    RecordClass.CHECK,
    RecordClass.EVENT,
    RecordClass.SENSOR,
    RecordClass.DETAIL,
)


def test_durable_by_default() -> None:
    world = SpoolWorld(0)
    fill(world, 20)
    world.wait(6)
    assert world.durable[world.spool.epoch] == set(range(20))
    world.power_cut()
    assert world.spool.backlog_records == 20
    assert world.unexcused == set()


def test_power_cut_every_write() -> None:
    for call in range(1, 120):
        world = SpoolWorld(call)
        fill(world, 25, size_bytes=150)
        world.commit(0.4)
        world.settle()
        world.disk.cut_call = world.disk.calls + call
        try:
            for klass in (CHECK, EVENT, DETAIL, SENSOR) * 8:
                world.append(klass, 150)
                world.wait(3)
        except PowerCut:
            world.power_cut()
            fill(world, 3)
            world.power_cut()


def newest(disk: SimulatedDisk) -> str:
    return "spool/" + max(name for name in disk.names("spool") if name.endswith(".seg"))


def two_commits(world: SpoolWorld) -> tuple[int, int]:
    """Write and sync twice; where the first and the last of these bytes stand."""
    fill(world, 3)
    world.wait(6)
    segment = world.spool._store.main.segments[-1]
    begin = segment.end
    for _commit in range(2):
        fill(world, 3, size_bytes=40)
        world.wait(6)
    assert world.spool._store.main.segments[-1] is segment
    return begin, segment.end


def test_torn_tail_cut() -> None:
    """The file cut at every byte of its last two commits."""
    begin, end = two_commits(SpoolWorld(1))
    for cut in range(begin, end):
        world = SpoolWorld(1)
        assert two_commits(world) == (begin, end)
        before = [world.spool.read(offset) for offset in range(world.spool.next_offset)]
        log = world.spool._store.main
        index = log.index(log.segments[-1])
        assert index is not None
        ends = [*list(index.positions)[1:], end]
        kept = sum(at <= cut for at in ends)
        world.disk.crash()
        world.disk.cut_file(newest(world.disk), cut)
        spool = Spool.open(
            world.disk, limits=LIMITS, boot=BootInfo("kernel-2", SERIAL), now=world.now
        )
        read = [spool.read(offset) for offset in range(kept)]
        assert read == before[:kept]
        lost = spool.read(kept)
        assert isinstance(lost, Lost)
        assert spool.backlog_records == kept
        assert spool.next_offset >= len(before)
        assert spool.stats.torn_tails == (cut not in ends and cut != begin)
        offset = spool.append(b"after", klass=CHECK, now=world.now)
        assert offset >= len(before) + 65_536 - 6
        found = spool.read(offset)
        assert isinstance(found, Record)


def test_every_bit_of_a_record_flipped_costs_that_record() -> None:
    begin, end = two_commits(SpoolWorld(1))
    for bit in range(8 * (begin + 76), 8 * (begin + 2 * 76)):  # the second record of a commit
        world = SpoolWorld(1)
        two_commits(world)
        world.disk.crash()
        world.disk.flip_bit(newest(world.disk), bit)
        spool = Spool.open(
            world.disk, limits=LIMITS, boot=BootInfo("kernel-2", SERIAL), now=world.now
        )
        assert spool.stats.corrupt_records == 1
        assert spool.backlog_records == 8
        first = spool.lost_ranges()[0]
        assert (first.offset, first.count, first.reason) == (4, 1, "corrupt")
    assert end > begin


def test_disk_full_then_free() -> None:
    world = SpoolWorld(0)
    fill(world, 40)
    world.disk.full = True
    for _turn in range(60):
        world.append(CHECK, 100)
        world.wait(1)
        world.check()
    assert world.spool.next_offset == 100
    assert not in_memory(world.spool)  # it writes over its own oldest files
    assert world.spool.stats.evicted_by_class[CHECK] > 0
    world.disk.full = False
    fill(world, 10)
    world.wait(60)
    world.power_cut()
    assert world.unexcused == set()


def test_a_card_that_never_took_anything_is_waited_for() -> None:
    disk = SimulatedDisk(seed=0)
    disk.gone = True
    spool = Spool.open(disk, limits=LIMITS, boot=BOOT, now=START)
    assert in_memory(spool)
    volatile = spool.epoch
    assert is_volatile(volatile)
    assert spool.append(b"early", klass=CHECK, now=START) == 0
    now = START.later(5)
    spool.tick(now)
    assert in_memory(spool)
    disk.gone = False
    spool.tick(now.later(60))
    assert not in_memory(spool)
    assert spool.epoch != volatile
    assert spool.append(b"later", klass=CHECK, now=now.later(60)) == 0
    early = spool.read(0, volatile)
    assert isinstance(early, Record)
    assert early.body == b"early"
    assert [backlog.epoch for backlog in spool.backlogs()] == [volatile, spool.epoch]


def test_read_only_live_goes_on_and_the_backlog_can_be_read() -> None:
    world = SpoolWorld(0)
    fill(world, 10)
    durable = world.spool.epoch
    world.disk.read_only = True
    fill(world, 5)
    assert world.spool.stats.last_fault == "EROFS"
    assert is_volatile(world.spool.epoch)
    assert isinstance(world.spool.read(3, durable), Record)
    world.commit(0.4, durable)
    world.disk.read_only = False
    world.wait(120)
    assert world.spool.epoch == durable
    assert world.spool.committed == 4
    world.check()
    assert world.spool.stats.heals == 1
    world.commit(1.0)
    world.wait(1)
    assert [backlog.epoch for backlog in world.spool.backlogs()] == [durable]


def test_a_read_only_card_at_start_is_drained() -> None:
    world = SpoolWorld(0)
    fill(world, 10)
    epoch = world.spool.epoch
    world.spool.close(world.now)
    world.disk.read_only = True
    spool = Spool.open(world.disk, limits=LIMITS, boot=BOOT, now=world.now)
    assert is_volatile(spool.epoch)
    assert isinstance(spool.read(9, epoch), Record)
    assert spool.backlog_records == 10


def test_a_long_outage_fills_memory_by_class_and_is_declared() -> None:
    world = SpoolWorld(0)
    world.disk.read_only = True
    for _turn in range(12):
        fill(world, 1, DETAIL, 200)
        fill(world, 1, EVENT, 200)
    assert world.spool.stats.ring_evicted_by_class[DETAIL] > 0
    assert world.spool.stats.ring_evicted_by_class[EVENT] == 0
    lost = sum(part.count for part in world.spool.lost_ranges())
    assert lost + world.spool.backlog_records == 24
    world.disk.read_only = False
    world.wait(120)
    assert sum(part.count for part in world.spool.lost_ranges()) == lost
    world.stop()
    assert {part.reason for part in world.spool.lost_ranges()} == {"overflow"}


def test_overflow_by_class() -> None:
    world = SpoolWorld(0)
    for turn in range(200):
        fill(world, 1, (EVENT, DETAIL, SENSOR, DETAIL)[turn % 4], 120)
    stats = world.spool.stats
    assert stats.evicted_by_class[DETAIL] > 0
    assert stats.evicted_by_class[EVENT] == stats.evicted_by_class[CHECK] == 0
    used = sum(len(data) for name, data in world.disk.image().items() if ".seg" in name)
    assert used <= LIMITS.bytes_max
    account = world.account(world.spool.epoch)
    assert {lost.reason for lost in account.lost} == {"overflow"}
    assert sum(lost.count for lost in account.lost) == stats.evicted_records
    assert len(account.records) + stats.evicted_records == 200
    world.wait(10)
    world.power_cut()
    again = world.account(world.spool.epoch)
    assert again.records == account.records
    assert {lost.reason for lost in again.lost} == {"overflow", "skipped"}


def test_a_disk_filled_by_others_takes_all_but_the_reserve() -> None:
    limits = SpoolLimits(
        segment_bytes=SEGMENT_BYTES, reserve_bytes=4 * SEGMENT_BYTES, free_bytes_min=1 << 20
    )
    world = SpoolWorld(0, limits)
    world.disk._capacity_bytes = 10 << 20
    fill(world, 120)
    assert world.spool.stats.evicted_records == 0
    world.disk.write_at("other", 0, bytes((9 << 20) + 500_000))
    world.wait(31)
    used = sum(len(data) for name, data in world.disk.image().items() if name.endswith(".seg"))
    assert SEGMENT_BYTES < used <= 4 * SEGMENT_BYTES
    world.check()


def test_cursor_never_rewinds() -> None:
    world = SpoolWorld(0)
    fill(world, 60)
    world.commit(0.9)
    world.wait(61)
    committed = world.spool.committed
    for restart in (world.kill, world.power_cut, world.stop):
        restart()
        assert world.spool.committed == committed == 54


def test_a_stop_keeps_every_commit() -> None:
    world = SpoolWorld(0)
    fill(world, 10)
    world.commit(0.5)
    world.stop()
    assert (world.spool.committed, world.spool.next_offset) == (5, 10)
    assert world.spool.lost_ranges() == []


def test_a_lost_cursor_costs_duplicates_only() -> None:
    world = SpoolWorld(0)
    fill(world, 60)
    world.commit(0.5)
    world.wait(1)
    world.spool.close(world.now)
    world.disk.remove("spool/cursor.bin")
    world.committed.clear()
    world.spool = world._opened()
    assert world.spool.committed <= 30
    account = world.account(world.spool.epoch)
    assert set(account.records) >= set(range(30, 60))
    assert {lost.reason for lost in account.lost} == {"skipped"}


def test_reload_keeps_spool() -> None:
    world = SpoolWorld(0)
    fill(world, 30)
    epoch = world.spool.epoch
    world.spool.close(world.now)
    other = SpoolLimits(segment_bytes=4096, share_pct_max=100, sync_delay_ns=NS_PER_S)
    spool = Spool.open(world.disk, limits=other, boot=BOOT, now=world.now)
    assert (spool.epoch, spool.next_offset, spool.backlog_records) == (epoch, 30, 30)
    for _record in range(100):
        spool.append(bytes(100), klass=CHECK, now=world.now)
    spool.close(world.now)
    spool = Spool.open(world.disk, limits=LIMITS, boot=BOOT, now=world.now)
    assert (spool.epoch, spool.backlog_records) == (epoch, 130)
    assert spool.lost_ranges() == []
