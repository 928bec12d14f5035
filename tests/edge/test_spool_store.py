"""Which epoch goes on, at which offset, and what a start may believe."""

from edge.spool import BootInfo, Spool
from edge.spool_epoch import is_volatile
from edge.spool_store import SKIP
from simulators.disk import PowerCut, SimulatedDisk
from tests.edge.spool_world import LIMITS, SERIAL, START, SpoolWorld
from vocabulary.delivery import RecordClass


def test_a_power_cut_during_the_first_start_wastes_at_most_a_number() -> None:
    for call in range(1, 22):
        for seed in range(6):
            disk = SimulatedDisk(seed=seed)
            disk.cut_call = call
            boot = BootInfo("k", SERIAL)
            try:
                Spool.open(disk, limits=LIMITS, boot=boot, now=START)
            except PowerCut:
                disk.crash()
            disk.cut_call = None
            spool = Spool.open(disk, limits=LIMITS, boot=BootInfo("k2", SERIAL), now=START)
            assert not spool.stats.ram_mode
            assert spool.lost_ranges() in ([], [spool.lost_ranges()[:1] or None][0])
            assert all(lost.reason == "skipped" for lost in spool.lost_ranges())


def test_a_power_cut_during_any_later_start_is_no_harm() -> None:
    for call in range(1, 16):
        world = SpoolWorld(call)
        for _record in range(30):
            world.append(RecordClass.CHECK, 90)
        world.wait(6)
        world.disk.crash()
        world.kernel_boots += 1
        world.disk.cut_call = world.disk.calls + call
        try:
            world.spool = world._opened()
        except PowerCut:
            world.disk.crash()
        world.disk.cut_call = None
        world.kernel_boots += 1
        world.spool = world._opened()
        world.check()
        assert world.unexcused == set()


def test_an_epoch_whose_files_were_removed_goes_on_behind_its_end() -> None:
    world = SpoolWorld(0)
    for _record in range(30):
        world.append(RecordClass.CHECK, 90)
    world.commit(0.5)
    world.spool.close(world.now)
    epoch = world.spool.epoch
    for name in world.disk.names("spool"):
        if name.endswith(".seg"):
            world.disk.remove(f"spool/{name}")
    world.spool = world._opened()
    assert (world.spool.epoch, world.spool.committed) == (epoch, 15)
    assert world.spool.next_offset == 30 + SKIP
    assert [lost[1:4] for lost in world.spool.lost_ranges()] == [
        (15, 15, "corrupt"),
        (30, SKIP, "skipped"),
    ]


def test_a_cursor_of_another_board_is_not_ours() -> None:
    disk = SimulatedDisk(seed=0)
    spool = Spool.open(disk, limits=LIMITS, boot=BootInfo("k", "one"), now=START)
    first = spool.epoch
    spool.commit(first, 0, START)
    spool.close(START)
    for name in disk.names("spool"):
        if name.endswith(".seg"):
            disk.remove(f"spool/{name}")
    spool = Spool.open(disk, limits=LIMITS, boot=BootInfo("k", "two"), now=START)
    assert spool.epoch not in (first, first + 1)
    assert not spool.host_acknowledges


def test_a_ring_is_moved_whole_in_several_files() -> None:
    world = SpoolWorld(0)
    world.disk.read_only = True
    for _record in range(15):
        world.append(RecordClass.SENSOR, 200)
    volatile = world.spool.epoch
    world.commit(0.2, volatile)
    world.disk.read_only = False
    world.wait(60)
    log = world.spool._store.logs[volatile]
    assert is_volatile(volatile)
    assert len(log.segments) > 1
    assert all(part.header.side for part in log.segments)
    world.power_cut()
    assert world.spool._store.logs[volatile].backlog_records == 12
    world.commit(1.0)
    world.wait(1)
    assert volatile not in world.spool._store.logs
    assert not [name for name in world.disk.names("spool") if name.startswith(f"{volatile:016x}")]


def test_the_number_of_held_epochs_does_not_break_the_cursor() -> None:
    world = SpoolWorld(0)
    for _fault in range(40):
        world.disk.read_only = True
        world.append(RecordClass.EVENT, 20)
        world.disk.read_only = False
        world.wait(100)
    assert len(world.spool.backlogs()) == 41
    world.stop()
    assert world.spool.backlog_records == 40


def test_a_flipped_header_does_not_make_a_thinned_file_a_stranger_s() -> None:
    world = SpoolWorld(0)
    for number in range(40):
        world.append(RecordClass.EVENT if number % 2 else RecordClass.DETAIL, 100)
    world.stop()
    first = "spool/" + min(name for name in world.disk.names("spool") if name.endswith(".seg"))
    world.disk.flip_bit(first, 8 * 30)
    world.stop()
    while not world.spool.stats.evicted_records:
        world.append(RecordClass.EVENT, 100)
        world.settle()
    world.stop()
    assert world.spool.stats.foreign_segments == 0
    assert world.unexcused == set()


def test_a_name_that_was_not_synced_is_synced_by_the_next_process() -> None:
    for call in range(1, 10):
        world = SpoolWorld(call)
        while world.spool._store.main.segments[-1].end < 1800:
            world.append(RecordClass.CHECK, 60)
        world.disk.fail_call = world.disk.calls + call
        for _record in range(4):
            world.append(RecordClass.CHECK, 60)
        world.kill()
        for _record in range(4):
            world.append(RecordClass.CHECK, 60)
        world.wait(6)
        world.power_cut()
        assert world.unexcused == set()


def test_what_is_owed_outlives_a_cut_between_the_note_and_its_sync() -> None:
    for seed in range(20):
        world = SpoolWorld(seed)
        for _record in range(8):
            world.append(RecordClass.CHECK, 300)
        world.power_cut()
        world.disk.full = True
        for _record in range(12):
            world.append(RecordClass.CHECK, 300)
            world.spool.commit(world.spool.epoch, world.spool.committed, world.now)
        world.power_cut()
        assert {lost.reason for lost in world.spool.lost_ranges()} <= {"overflow", "skipped"}
        assert world.unexcused == set()
