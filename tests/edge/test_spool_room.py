"""Inside the bounds: what is committed goes first, then what matters least."""

from edge.spool import SpoolLimits
from tests.edge.spool_world import LIMITS, SEGMENT_BYTES, SpoolWorld
from vocabulary.delivery import RecordClass


def used(world: SpoolWorld) -> int:
    return world.spool._room.space().used_bytes


def test_the_space_counted_is_the_space_taken() -> None:
    world = SpoolWorld(0)
    for number in range(90):
        world.append(RecordClass(number % 4), 120)
        if number % 9 == 0:
            world.settle()
    files = world.disk.image().items()
    taken = sum(len(data) for name, data in files if name.endswith((".seg", ".free")))
    assert used(world) == taken


def test_eviction_goes_down_to_its_lower_mark_and_rests() -> None:
    world = SpoolWorld(0)
    while not world.spool.stats.evicted_records:
        world.append(RecordClass.SENSOR, 120)
        world.settle()
    assert used(world) <= LIMITS.bytes_max * 90 // 100
    assert not world.spool._room.needed


def test_a_commit_before_the_bound_saves_the_records() -> None:
    world = SpoolWorld(0)
    for _turn in range(300):
        world.append(RecordClass.DETAIL, 120)
        world.commit(1.0)
        world.settle()
    assert world.spool.stats.evicted_records == 0


def test_events_outlive_everything_and_go_oldest_first() -> None:
    world = SpoolWorld(0)
    for number in range(400):
        world.append(RecordClass.EVENT, 120)
        if number % 5 == 0:
            world.append(RecordClass.SENSOR, 120)
        world.settle()
    held = world.account(world.spool.epoch).records
    events = [offset for offset, record in held.items() if record.klass == 0]
    assert world.spool.stats.evicted_by_class[0] > 0
    assert events == sorted(events)
    lost_events = world.spool.stats.evicted_by_class[0]
    assert len(events) == 400 - lost_events
    assert min(events) >= lost_events


def test_a_full_partition_writes_over_the_least_worth() -> None:
    world = SpoolWorld(0)
    for klass in (RecordClass.EVENT, RecordClass.DETAIL, RecordClass.CHECK):
        for _record in range(30):
            world.append(klass, 120)
            world.settle()
    world.disk.full = True
    for _record in range(25):
        world.append(RecordClass.EVENT, 120)
    stats = world.spool.stats
    assert not stats.ram_mode
    assert stats.evicted_by_class[RecordClass.DETAIL] > 0
    assert stats.evicted_by_class[RecordClass.EVENT] == 0
    assert world.spool.read(world.spool.next_offset - 1) is not None
    world.power_cut()
    assert world.unexcused == set()


def test_the_smallest_spool_still_works() -> None:
    limits = SpoolLimits(
        segment_bytes=SEGMENT_BYTES,
        bytes_max=3 * SEGMENT_BYTES,
        share_pct_max=100,
        free_bytes_min=0,
        free_pct_min=0,
        reserve_bytes=SEGMENT_BYTES,
    )
    world = SpoolWorld(0, limits)
    for number in range(300):
        world.append(RecordClass(number % 4), 200)
        world.settle()
        assert used(world) <= 4 * SEGMENT_BYTES
    world.power_cut()
    assert world.unexcused == set()
