"""Thinned files keep what they must, say what they lost, and are whole at every moment."""

import pytest

from edge.spool import Lost, Record
from edge.spool_exact import dropped, joined, notes_in, thin, write_exact
from edge.spool_gaps import Gap, Reason
from edge.spool_log import Log
from edge.spool_record import Tally
from edge.spool_segment import Header
from edge.spool_stats import SpoolStats
from simulators.disk import PowerCut, SimulatedDisk
from tests.edge.spool_world import SpoolWorld
from vocabulary.delivery import RecordClass

EPOCH = 1 << 32 | 3


def made(offset: int, klass: int) -> Record:
    return Record(EPOCH, offset, 100 + offset, offset, 1, 0, klass, b"%d" % offset)


def log_of(disk: SimulatedDisk, *files: list[Record]) -> Log:
    log = Log(disk, EPOCH, SpoolStats())
    for records in files:
        first, upto = records[0].offset, records[-1].offset + 1
        header = Header(EPOCH, first, bytes(16), bytes(16), 1)
        log.segments.append(write_exact(disk, header, records, [], upto))
        log.next_offset = upto
    disk.sync_directory("spool")
    return log


def read_all(log: Log) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    offset = log.committed
    while (part := log.read(offset)) is not None:
        if isinstance(part, Lost):
            found.extend((offset + step, str(part.reason)) for step in range(part.count))
            offset += part.count
        else:
            found.append((offset, "held"))
            offset += 1
    return found


def test_a_whole_file_is_read_back() -> None:
    disk = SimulatedDisk(seed=0)
    records = [made(offset, offset % 4) for offset in range(10)]
    log = log_of(disk, records)
    disk.crash()
    assert [log.read(offset) for offset in range(10)] == records
    assert log.segments[0].tally.counts == [3, 3, 2, 2]
    assert disk.names("spool") == [log.segments[0].name.removeprefix("spool/")]


def test_thinning_keeps_the_other_classes_and_declares_the_rest() -> None:
    disk = SimulatedDisk(seed=0)
    log = log_of(disk, [made(offset, offset % 4) for offset in range(8)], [made(8, 0)])
    before = log.segments[0].file_bytes
    gap = thin(disk, log, 0, frozenset({2, 3}))
    assert gap == Gap(Reason.OVERFLOW, 2, 8, 4, (0, 0, 2, 2), 102, 107)
    assert log.segments[0].file_bytes < before
    assert read_all(log) == [
        (0, "held"),
        (1, "held"),
        (2, "overflow"),
        (3, "overflow"),
        (4, "held"),
        (5, "held"),
        (6, "overflow"),
        (7, "overflow"),
        (8, "held"),
    ]
    assert thin(disk, log, 0, frozenset({2, 3})) is None
    again = thin(disk, log, 0, frozenset({1}))
    assert again is not None
    index = log.index(log.segments[0])
    assert index is not None
    assert notes_in(log, index) == [gap, again]


def test_what_is_committed_is_dropped_without_a_word() -> None:
    disk = SimulatedDisk(seed=0)
    log = log_of(disk, [made(offset, 3) for offset in range(8)], [made(8, 0)])
    log.commit(5)
    gap = thin(disk, log, 0, frozenset({3}))
    assert gap is not None
    assert (gap.first, gap.end, gap.lost) == (5, 8, 3)


def test_emptied_neighbours_share_one_stub() -> None:
    disk = SimulatedDisk(seed=0)
    files = [[made(10 * file + at, 3) for at in range(10)] for file in range(20)]
    log = log_of(disk, *files, [made(200, 0)])
    for _file in range(20):
        at = next(at for at, part in enumerate(log.segments) if part.tally.record_count)
        assert thin(disk, log, at, frozenset({3})) is not None
    assert len(log.segments) == 2
    assert len(disk.names("spool")) == 2
    index = log.index(log.segments[0])
    assert index is not None
    assert notes_in(log, index) == [Gap(Reason.OVERFLOW, 0, 200, 200, (0, 0, 0, 200), 100, 299)]
    assert read_all(log) == [*((at, "overflow") for at in range(200)), (200, "held")]


@pytest.mark.parametrize("call", range(1, 9))
def test_a_power_cut_leaves_the_file_before_or_after(call: int) -> None:
    for seed in range(12):
        world = SpoolWorld(seed)
        for number in range(40):
            world.append(RecordClass(number % 4), 60)
        world.spool.sync(world.now)
        world.learn_durable()
        log = world.spool._store.main
        world.disk.cut_call = world.disk.calls + call
        try:
            thin(world.disk, log, 0, frozenset({3}))
            thin(world.disk, log, 0, frozenset({0, 1, 2}))
        except PowerCut:
            pass
        world.power_cut()
        assert world.unexcused == set()


def test_a_gap_is_summed_up() -> None:
    assert dropped([made(3, 1), made(9, 3)]) == Gap(
        Reason.OVERFLOW, 3, 10, 2, (0, 1, 0, 1), 103, 109
    )
    one, other = Gap(Reason.OVERFLOW, 0, 4, 4), Gap(Reason.OVERFLOW, 4, 6, 2)
    assert joined([one, other]) == [Gap(Reason.OVERFLOW, 0, 6, 6)]
    assert Tally(0).record_count == 0
