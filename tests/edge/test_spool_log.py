"""Reading one epoch across files, in any order, over holes and over a card that will not read."""

import hypothesis.strategies as st
from hypothesis import given

from edge.spool import Lost, Record
from edge.spool_log import LOADED_MAX, Log
from tests.edge.spool_world import SpoolWorld
from vocabulary.delivery import RecordClass


def world_of(count: int, seed: int = 0) -> tuple[SpoolWorld, Log]:
    world = SpoolWorld(seed)
    for number in range(count):
        world.append(RecordClass(number % 4), 100)
    return world, world.spool._store.main


@given(st.lists(st.integers(0, 99), max_size=60))
def test_any_order_of_reading_gives_the_same(offsets: list[int]) -> None:
    world, log = world_of(80)
    for offset in offsets:
        found = log.read(offset)
        if offset >= 80:
            assert found is None
        else:
            assert isinstance(found, Record)
            assert found.body == world.given[log.epoch][offset].body


def test_memory_holds_two_files_at_most() -> None:
    _world, log = world_of(100)
    assert len(log.segments) > 4
    for offset in range(100):
        log.read(offset)
        log.read(99 - offset)
    assert len(log._loaded) <= LOADED_MAX


def test_accounts_of_a_file_half_committed() -> None:
    world, log = world_of(30)
    for below in range(31):
        log.commit(below)
        assert log.backlog_records == 30 - below
        assert log.backlog_bytes == 136 * (30 - below)
        assert (log.oldest_wall_ns is None) == (below == 30)
    assert world.spool.read(29) is not None


def test_files_are_freeable_once_the_next_one_is_reached() -> None:
    _world, log = world_of(40)
    second = log.segments[1].header.first
    log.commit(second - 1)
    assert log.freeable() == 0
    log.commit(second)
    assert log.freeable() == 1
    log.commit(40)
    assert log.freeable() == len(log.segments) - 1


def test_a_record_that_rots_in_the_open_file_is_declared_when_read() -> None:
    world, log = world_of(3)
    index = log.index(log.segments[-1])
    assert index is not None
    world.disk.flip_bit(log.segments[-1].name, 8 * (index.positions[1] + 50))
    lost = log.read(1)
    assert isinstance(lost, Lost)
    assert (lost.offset, lost.count, lost.reason) == (1, 1, "corrupt")
    assert log.read(1) == lost
    assert isinstance(log.read(2), Record)
    assert world.spool.stats.corrupt_records == 1


def test_a_record_that_rots_in_a_closed_file_is_counted_once() -> None:
    world, log = world_of(40)
    world.disk.flip_bit(log.segments[0].name, 8 * 300)
    for _turn in range(2):
        assert isinstance(log.read(1), Lost)
        assert [lost[1:4] for lost in log.lost_ranges(9)] == [(1, 1, "corrupt")]
    assert world.spool.stats.corrupt_records == 1
    assert log.backlog_records == 39


def test_a_file_that_cannot_be_read_is_tried_again_before_it_is_given_up() -> None:
    world, log = world_of(60)
    name = log.segments[1].name
    first, last = log.segments[1].tally.first, log.segments[1].tally.last
    world.disk.bad_pages.add((name, 0))
    for _try in range(3):
        assert log.read(first) is None
        assert log.read(first) is None
        assert log.blocked
        world.wait(31)
        assert not log.blocked
    lost = log.read(first)
    assert isinstance(lost, Lost)
    assert (lost.offset, lost.count, lost.reason) == (first, last - first + 1, "io_error")
    assert isinstance(log.read(last + 1), Record)


def test_a_file_that_can_be_read_again_loses_nothing() -> None:
    world, log = world_of(60)
    name, first = log.segments[1].name, log.segments[1].tally.first
    world.disk.bad_pages.add((name, 0))
    assert log.read(first) is None
    assert isinstance(log.read(0), Record)
    world.disk.bad_pages.clear()
    world.wait(31)
    assert isinstance(log.read(first), Record)
    assert log.lost_ranges(9) == []


def test_lost_ranges_are_bounded_and_in_order() -> None:
    world, log = world_of(60)
    for segment in log.segments[:3]:
        world.disk.flip_bit(segment.name, 8 * 300)
    for offset in range(60):
        log.read(offset)
    ranges = log.lost_ranges(100)
    assert [lost.offset for lost in ranges] == sorted(lost.offset for lost in ranges)
    assert len(ranges) == 3
    assert log.lost_ranges(2) == ranges[:2]
