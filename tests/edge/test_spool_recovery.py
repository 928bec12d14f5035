"""Whatever lies in the folder, a start makes the best of it and asks nobody."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from edge.spool_recovery import read_folder
from edge.spool_segment import identity
from edge.spool_stats import SpoolStats
from simulators.disk import SimulatedDisk
from tests.edge.spool_world import SERIAL, SpoolWorld
from vocabulary.delivery import RecordClass

BOARD = identity(SERIAL)


def world_of(count: int) -> SpoolWorld:
    world = SpoolWorld(0)
    for _record in range(count):
        world.append(RecordClass.CHECK, 100)
    world.spool.sync(world.now)
    return world


def test_an_empty_folder() -> None:
    folder = read_folder(SimulatedDisk(seed=0), BOARD, SpoolStats())
    assert (folder.logs, folder.spares, folder.foreign_epochs) == ({}, [], set())


def test_files_are_put_in_order_and_the_last_one_goes_on() -> None:
    world = world_of(40)
    folder = read_folder(world.disk, BOARD, SpoolStats())
    found = folder.logs[world.spool.epoch]
    assert [part.header.first for part in found.log.segments] == sorted(
        part.header.first for part in found.log.segments
    )
    assert [part.closed for part in found.log.segments][-2:] == [True, False]
    assert found.log.next_offset == 40
    assert found.tail is not None
    assert (found.torn, found.boot_max, found.side) == (False, 1, False)


@given(st.data())
def test_garbage_beside_and_inside_never_raises(draw: st.DataObject) -> None:
    world = world_of(30)
    names = st.sampled_from(
        ["x.seg", "zzzzzzzzzzzzzzzz-0000000000000000.seg", "0" * 16 + "-" + "1" * 16 + ".seg"]
    )
    for name in draw.draw(st.lists(names, max_size=3)):
        world.disk.write_at(f"spool/{name}", 0, draw.draw(st.binary(max_size=300)))
    for name in sorted(world.disk.names("spool")):
        data = draw.draw(st.one_of(st.none(), st.binary(max_size=200)))
        size = world.disk.size_bytes(f"spool/{name}")
        if data:
            world.disk.write_at(f"spool/{name}", draw.draw(st.integers(0, size)), data)
    world.disk.sync_directory("spool")
    world.spool = world._opened()
    assert not world.spool.stats.ram_mode
    offset = world.spool.append(b"after", klass=RecordClass.CHECK, now=world.now)
    assert world.spool.read(offset) is not None


def test_a_flipped_header_costs_nothing() -> None:
    for bit in range(8 * 64):
        world = world_of(40)
        first = min(name for name in world.disk.names("spool") if name.endswith(".seg"))
        world.disk.flip_bit(f"spool/{first}", bit)
        stats = SpoolStats()
        log = read_folder(world.disk, BOARD, stats).logs[world.spool.epoch].log
        assert stats.damaged_headers == 1
        assert log.backlog_records == 40


def test_a_flipped_footer_costs_nothing() -> None:
    world = world_of(40)
    first = "spool/" + min(name for name in world.disk.names("spool") if name.endswith(".seg"))
    size = world.disk.size_bytes(first)
    for bit in range(8 * (size - 96), 8 * size, 7):
        world.disk.flip_bit(first, bit)
        log = read_folder(world.disk, BOARD, SpoolStats()).logs[world.spool.epoch].log
        assert log.backlog_records == 40
        world.disk.flip_bit(first, bit)


def test_a_stranger_s_epoch_is_left_alone_even_where_a_header_is_flipped() -> None:
    world = world_of(40)
    first = "spool/" + min(name for name in world.disk.names("spool") if name.endswith(".seg"))
    world.disk.flip_bit(first, 200)
    stats = SpoolStats()
    folder = read_folder(world.disk, identity("another board"), stats)
    assert folder.logs == {}
    assert folder.foreign_epochs == {world.spool.epoch}
    assert stats.foreign_segments > 1
    assert folder.foreign_bytes == 2048 * stats.foreign_segments


def test_a_file_the_card_cannot_read_keeps_its_place() -> None:
    world = world_of(60)
    names = sorted(name for name in world.disk.names("spool") if name.endswith(".seg"))
    world.disk.bad_pages.add((f"spool/{names[1]}", 0))
    log = read_folder(world.disk, BOARD, SpoolStats()).logs[world.spool.epoch].log
    assert len(log.segments) == len(names)
    blind = log.segments[1]
    assert blind.tally.last == log.segments[2].header.first - 1
    assert log.read(blind.header.first) is None
    world.disk.bad_pages.clear()
    log.retry_blocked()
    assert log.read(blind.header.first) is not None
    assert log.backlog_records == 60


def test_a_newest_file_that_cannot_be_read_makes_the_start_skip() -> None:
    world = world_of(60)
    newest = max(name for name in world.disk.names("spool") if name.endswith(".seg"))
    world.disk.bad_pages.add((f"spool/{newest}", 0))
    world.spool = world._opened()
    assert world.spool.next_offset > 60


def test_a_card_that_reads_nothing_at_all_is_a_fault() -> None:
    world = world_of(10)
    for name in world.disk.names("spool"):
        world.disk.bad_pages.add((f"spool/{name}", 0))
    with pytest.raises(OSError, match=r"."):
        read_folder(world.disk, BOARD, SpoolStats())
    world.disk.bad_pages.clear()
    world.disk.gone = True
    with pytest.raises(OSError, match=r"."):
        read_folder(world.disk, BOARD, SpoolStats())


def test_a_file_under_another_s_name_is_known_by_its_header() -> None:
    world = world_of(40)
    names = sorted(name for name in world.disk.names("spool") if name.endswith(".seg"))
    world.disk.rename(f"spool/{names[0]}", "spool/" + "0" * 16 + "-" + "f" * 16 + ".seg")
    log = read_folder(world.disk, BOARD, SpoolStats()).logs[world.spool.epoch].log
    assert log.backlog_records == 40
    assert log.read(0) is not None
