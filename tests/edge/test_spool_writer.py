"""What the writer calls durable is durable, and a failed sync is made good."""

import pytest

from edge.spool_gaps import Gap, Reason
from edge.spool_segment import FOOTER_BYTES
from edge.spool_writer import LogWriter
from simulators.disk import SimulatedDisk
from tests.edge.spool_world import SEGMENT_BYTES, START, SpoolWorld, in_memory
from vocabulary.delivery import RecordClass
from vocabulary.units import NS_PER_MS, NS_PER_S


def writer_of(world: SpoolWorld) -> LogWriter:
    writer = world.spool._store.writer
    assert writer is not None
    return writer


def test_the_next_sync_is_due_by_the_oldest_byte_and_the_first_event() -> None:
    world = SpoolWorld(0)
    writer = writer_of(world)
    assert writer.sync_due_ns() is None
    writer.append(b"a", RecordClass.CHECK, START)
    assert writer.sync_due_ns() == START.mono_ns + 5 * NS_PER_S
    writer.append(b"b", RecordClass.EVENT, START.later(1))
    assert writer.sync_due_ns() == START.mono_ns + NS_PER_S + 100 * NS_PER_MS
    writer.append(bytes(1100), RecordClass.CHECK, START.later(1))
    assert writer.sync_due_ns() == START.mono_ns
    writer.sync(START.later(1))
    assert (writer.sync_due_ns(), writer.unsynced_bytes) == (None, 0)
    assert writer.durable_below == 3


def test_a_sync_elsewhere_does_not_cover_what_came_meanwhile() -> None:
    world = SpoolWorld(0)
    writer = writer_of(world)
    writer.append(b"a", RecordClass.EVENT, START)
    job = writer.sync_job(START.later(1))
    assert job is not None
    writer.append(b"b", RecordClass.EVENT, START.later(2))
    job.run()
    writer.synced(job)
    assert writer.durable_below == 1
    assert writer.unsynced_bytes == 37
    assert writer.sync_due_ns() == START.mono_ns + NS_PER_S + 100 * NS_PER_MS
    writer.synced(job)
    assert writer.durable_below == 1


def test_a_sync_of_a_file_closed_meanwhile_changes_nothing() -> None:
    world = SpoolWorld(0)
    writer = writer_of(world)
    writer.append(b"a", RecordClass.CHECK, START)
    job = writer.sync_job(START)
    assert job is not None
    writer.roll(START)
    writer.append(b"b", RecordClass.CHECK, START)
    writer.synced(job)
    assert writer.durable_below == 1


def test_files_are_closed_when_full_and_when_old() -> None:
    world = SpoolWorld(0)
    writer, log = writer_of(world), world.spool._store.main
    writer.append(b"a", RecordClass.CHECK, START)
    assert (writer.aged_ns or 0) == START.mono_ns + 86_400 * NS_PER_S
    world.wait(86_401)
    assert not writer.aged_ns
    assert [segment.closed for segment in log.segments] == [True, False]
    while len(log.segments) < 3:
        writer.append(bytes(300), RecordClass.CHECK, world.now)
    assert log.segments[1].end > SEGMENT_BYTES - FOOTER_BYTES - 336
    assert {segment.file_bytes for segment in log.segments} == {SEGMENT_BYTES}


def test_a_failed_sync_is_made_good_from_memory() -> None:
    """After a failed sync the kernel forgets the pages; the spool does not."""
    world = SpoolWorld(0)
    for _record in range(5):
        world.append(RecordClass.CHECK, 50)
    segment = world.spool._store.main.segments[-1]
    world.disk.fail_call = world.disk.calls + 1
    world.spool.sync(world.now)
    assert in_memory(world.spool)
    world.disk.write_at(segment.name, segment.end - 100, bytes(100))  # the lost pages
    world.mend_disk()
    world.wait(10)
    assert not in_memory(world.spool)
    world.power_cut()
    assert world.unexcused == set()
    assert world.spool.backlog_records == 5


def test_a_note_is_written_twice_and_takes_no_offset() -> None:
    world = SpoolWorld(0)
    writer, log = writer_of(world), world.spool._store.main
    gap = Gap(Reason.OVERFLOW, 0, 4, 4)
    writer.owe(gap)
    assert writer.owed == [gap]
    assert writer.append(b"a", RecordClass.CHECK, START) == 0
    assert writer.owed == []
    assert log.segments[-1].tally.note_count == 2
    assert list(log.gaps) == [gap]


@pytest.mark.parametrize("call", range(1, 12))
def test_a_fault_anywhere_in_rolling_loses_nothing(call: int) -> None:
    world = SpoolWorld(call)
    world.disk = SimulatedDisk(seed=call)
    world.spool = world._opened()
    while world.spool._store.main.segments[-1].end < 1800:
        world.append(RecordClass.CHECK, 40)
    world.disk.fail_call = world.disk.calls + call
    for _record in range(6):
        world.append(RecordClass.CHECK, 60)
    world.mend_disk()
    world.wait(100)
    world.power_cut()
    assert world.unexcused == set()
