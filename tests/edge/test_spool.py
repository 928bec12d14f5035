"""The spool as its callers know it: group commit, offsets, epochs, commits, a real disk."""

from pathlib import Path

import pytest

from edge.disk_files import RealDisk
from edge.spool import BootInfo, CommitVerdict, Record, Spool
from edge.spool_epoch import is_volatile
from simulators.disk import SimulatedDisk
from tests.edge.spool_world import LIMITS, SEGMENT_BYTES, SERIAL, START, SpoolWorld, fill, in_memory
from vocabulary.delivery import RecordClass, TimeQuality
from vocabulary.moment import Moment
from vocabulary.units import NS_PER_MS, NS_PER_S

BOOT = BootInfo("kernel-1", SERIAL)
CHECK, EVENT, SENSOR = (
    RecordClass.CHECK,
    RecordClass.EVENT,
    RecordClass.SENSOR,
)


def test_a_record_comes_back_as_it_went_in() -> None:
    disk = SimulatedDisk(seed=0)
    spool = Spool.open(disk, boot=BOOT, now=START)
    now = Moment(START.mono_ns + 5, START.wall_ns - 7, TimeQuality.UNSYNCED)
    assert spool.append(b"body", klass=SENSOR, now=now) == 0
    assert spool.read(0) == Record(
        spool.epoch, 0, now.wall_ns, now.mono_ns, 1, TimeQuality.UNSYNCED, SENSOR, b"body"
    )
    assert spool.read(1) is None
    assert (spool.next_offset, spool.committed, spool.backlog_records) == (1, 0, 1)
    assert spool.backlog_bytes == 40
    assert spool.oldest_wall_ns == now.wall_ns
    assert not is_volatile(spool.epoch)


# Group commit


def test_a_group_is_synced_five_seconds_behind_its_first_byte() -> None:
    world = SpoolWorld(0)
    world.append(CHECK, 50)
    due_ns = world.spool.next_deadline_ns(world.now)
    assert due_ns == START.mono_ns + 5 * NS_PER_S
    world.now = START.later(4.9)
    world.append(CHECK, 50)
    world.settle()
    assert world.spool.durable_below == 0
    world.now = START.later(5)
    world.settle()
    assert world.spool.durable_below == 2


def test_an_event_is_synced_within_200_ms() -> None:
    world = SpoolWorld(0)
    world.append(CHECK, 50)
    world.append(EVENT, 50)
    due_ns = world.spool.next_deadline_ns(world.now)
    assert due_ns is not None
    assert due_ns <= START.mono_ns + 200 * NS_PER_MS
    world.wait(0.2)
    assert world.spool.durable_below == 2


def test_64_kib_are_synced_at_once() -> None:
    disk = SimulatedDisk(seed=0)
    spool = Spool.open(disk, boot=BOOT, now=START)
    while spool.durable_below == 0:
        spool.append(bytes(1000), klass=CHECK, now=START)
    assert spool.stats.synced_bytes >= 64 * 1024
    assert spool.next_offset <= 65


def test_syncs_can_run_elsewhere() -> None:
    disk = SimulatedDisk(seed=0)
    spool = Spool.open(disk, boot=BOOT, now=START, syncs_elsewhere=True)
    spool.append(b"x", klass=EVENT, now=START)
    assert spool.sync_job(START) is None
    later = START.later(0.2)
    spool.tick(later)
    assert spool.durable_below == 0
    assert (spool.next_deadline_ns(later) or 0) <= later.mono_ns
    job = spool.sync_job(later)
    assert job is not None
    assert spool.sync_job(later) is None
    spool.append(b"y", klass=EVENT, now=later)  # while the thread runs
    job.run()
    spool.sync_done(job, None, later)
    assert spool.durable_below == 1
    job = spool.sync_job(later.later(0.2))
    assert job is not None
    spool.sync_done(job, OSError(5, "lost"), later.later(0.2))
    assert in_memory(spool)
    spool.append(b"z", klass=EVENT, now=later.later(0.3))
    spool.tick(later.later(20))
    assert not in_memory(spool)
    assert spool.backlog_records == 3


# Offsets and epochs


def test_a_restart_in_the_same_boot_leaves_no_hole_and_a_new_boot_does() -> None:
    world = SpoolWorld(0)
    fill(world, 5)
    world.kill()
    assert (world.spool.next_offset, world.spool.boot) == (5, 1)
    world.wait(6)
    world.power_cut()
    assert (world.spool.next_offset, world.spool.boot) == (5 + 65_536, 2)
    assert [lost[1:4] for lost in world.spool.lost_ranges()] == [(5, 65_536, "skipped")]
    world.stop()
    assert (world.spool.next_offset, world.spool.boot) == (5 + 65_536, 2)
    world.spool.close(world.now)
    world.kernel_boots += 1
    world.spool = world._opened()
    assert (world.spool.next_offset, world.spool.boot) == (5 + 65_536, 3)


def test_a_card_that_lies_never_makes_an_offset_mean_two_records() -> None:
    for seed in range(40):
        world = SpoolWorld(seed)
        world.disk.lies_about_syncs = True
        fill(world, 15)
        world.wait(6)
        sent = world.spool.next_offset
        epoch = world.spool.epoch
        world.disk.crash()
        world.kernel_boots += 1
        world.spool = world._opened()
        assert world.spool.epoch != epoch or world.spool.next_offset >= sent


def test_a_wiped_spool_gets_a_new_epoch_and_so_does_a_new_generation() -> None:
    world = SpoolWorld(0)
    fill(world, 5)
    first = world.spool.epoch
    world.spool.close(world.now)
    for name in world.disk.names("spool"):
        world.disk.remove(f"spool/{name}")
    spool = Spool.open(world.disk, limits=LIMITS, boot=BOOT, now=world.now)
    assert (spool.epoch, spool.next_offset) == (first + 1, 0)
    spool.append(b"held", klass=CHECK, now=world.now)
    spool.close(world.now)
    spool = Spool.open(world.disk, limits=LIMITS, boot=BOOT, now=world.now, generation=2)
    assert spool.epoch == (2 << 32) + (first & (2**32 - 1)) + 2
    assert [part[:4] for part in spool.backlogs()] == [(first + 1, 0, 1, 1), (spool.epoch, 0, 0, 0)]


def test_a_cloned_card_begins_anew_and_leaves_its_twin_s_records() -> None:
    world = SpoolWorld(0)
    fill(world, 5)
    world.spool.close(world.now)
    twin = world.disk.clone(seed=1)
    other = BootInfo("kernel-1", "board-two")
    spool = Spool.open(twin, limits=LIMITS, boot=other, now=world.now)
    assert spool.epoch not in (world.spool.epoch, world.spool.epoch + 1)
    assert (spool.backlog_records, spool.stats.foreign_segments) == (0, 1)
    spool.append(b"mine", klass=CHECK, now=world.now)
    spool.close(world.now)
    spool = Spool.open(twin, limits=LIMITS, boot=other, now=world.now)
    assert spool.backlog_records == 1


def test_a_card_swapped_while_running_is_told_by_its_files() -> None:
    world = SpoolWorld(0)
    fill(world, 5)
    epoch = world.spool.epoch
    world.disk.gone = True
    world.append(CHECK, 50)
    world.disk.wipe()
    world.disk.gone = False
    world.wait(100)
    assert not in_memory(world.spool)
    assert world.spool.epoch != epoch
    assert world.spool.stats.abandoned_records == 5
    assert world.spool.backlog_records == 1


# Commits


def test_verdicts() -> None:
    world = SpoolWorld(0)
    fill(world, 10)
    spool, epoch = world.spool, world.spool.epoch
    assert not spool.host_acknowledges
    assert spool.commit(epoch + 1, 3, world.now) is CommitVerdict.FOREIGN_EPOCH
    assert spool.commit(epoch, 11, world.now) is CommitVerdict.BEYOND_END
    assert spool.commit(epoch, 0, world.now) is CommitVerdict.ACCEPTED
    assert world.spool.host_acknowledges
    assert spool.commit(epoch, 7, world.now) is CommitVerdict.ACCEPTED
    assert spool.commit(epoch, 7, world.now) is CommitVerdict.ACCEPTED
    assert spool.commit(epoch, 6, world.now) is CommitVerdict.STALE
    assert (spool.committed, spool.stats.committed_records) == (7, 7)


def test_the_first_answer_of_a_host_is_remembered_at_once() -> None:
    world = SpoolWorld(0)
    world.spool.commit(world.spool.epoch, 0, world.now)
    world.disk.crash()
    world.kernel_boots += 1
    world.spool = world._opened()
    assert world.spool.host_acknowledges


def test_freed_files_are_written_over() -> None:
    world = SpoolWorld(0)
    for _turn in range(20):
        fill(world, 20)
        world.commit(1.0)
        world.wait(1)
    assert len(world.disk.names("spool")) <= 3 + LIMITS.spare_count_max
    world.power_cut()
    assert world.spool.backlog_records == 0


def test_where_no_host_acknowledges_the_uplink_frees() -> None:
    world = SpoolWorld(0)
    fill(world, 40)
    world.spool.forget(30, world.now)
    assert world.spool.committed == 30
    world.spool.forget(20, world.now)
    world.spool.forget(99, world.now)
    assert (world.spool.committed, world.spool.backlog_records) == (40, 0)
    assert not world.spool.host_acknowledges


def test_the_accounts_add_up_over_all_epochs() -> None:
    world = SpoolWorld(0)
    fill(world, 10)
    world.commit(0.3)
    world.disk.read_only = True
    fill(world, 5)
    assert world.spool.backlog_records == 7 + 5
    world.disk.read_only = False
    world.wait(100)
    fill(world, 2)
    assert world.spool.backlog_records == 7 + 5 + 2
    assert world.spool.oldest_wall_ns == START.wall_ns
    assert world.spool.backlog_bytes == 14 * 136


# The real disk


def test_on_a_real_disk(tmp_path: Path) -> None:
    disk = RealDisk(tmp_path)
    spool = Spool.open(disk, boot=BOOT, now=START)
    for number in range(15_000):
        spool.append(b"%08d" % number * 10, klass=CHECK, now=START)
    assert spool.commit(spool.epoch, 5_000, START) is CommitVerdict.ACCEPTED
    spool.tick(START)
    fresh = RealDisk(tmp_path)  # as after SIGKILL: nothing was closed
    again = Spool.open(fresh, boot=BOOT, now=START.later(1))
    assert (again.next_offset, again.backlog_records + again.committed) == (15_000, 15_000)
    for number in range(again.committed, 15_000):
        record = again.read(number)
        assert isinstance(record, Record)
        assert record.body == b"%08d" % number * 10
    again.close(START.later(2))
    assert (tmp_path / "spool_count").stat().st_size == 8192
    assert {path.suffix for path in (tmp_path / "spool").iterdir()} <= {".seg", ".bin", ".free"}


def test_a_real_directory_that_nobody_may_write(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    spool = Spool.open(RealDisk(tmp_path / "file" / "below"), boot=BOOT, now=START)
    assert in_memory(spool)
    assert spool.append(b"x", klass=CHECK, now=START) == 0
    spool.close(START)
    assert spool.stats.abandoned_records == 1


def test_a_body_too_long_is_our_mistake() -> None:
    world = SpoolWorld(0)
    with pytest.raises(AssertionError):
        world.spool.append(bytes(SEGMENT_BYTES), klass=CHECK, now=world.now)


def test_session_numbers_go_on() -> None:
    world = SpoolWorld(0)
    assert [world.spool.next_bd_seq() for _session in range(3)] == [0, 1, 2]
    world.power_cut()
    assert world.spool.next_bd_seq() == 3
    world.disk.read_only = True
    assert world.spool.next_bd_seq() == 4
    assert world.spool.stats.write_faults == 1
