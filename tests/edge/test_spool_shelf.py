"""Spare files: overwritten again and again, one in reserve, never many."""

import pytest

from edge.spool_policy import SpoolLimits
from edge.spool_shelf import Shelf, is_spare
from simulators.disk import SimulatedDisk

LIMITS = SpoolLimits(segment_bytes=2048)


def shelf_on(disk: SimulatedDisk) -> Shelf:
    return Shelf(disk, LIMITS)


def test_a_new_file_is_filled_and_synced() -> None:
    disk = SimulatedDisk(seed=0)
    shelf = shelf_on(disk)
    shelf.fill()
    shelf.fill()
    assert (shelf.spare_count, shelf.held_bytes) == (1, 2048)
    disk.sync_directory("spool")
    disk.crash()
    name = shelf.take()
    assert disk.read_at(name, 0, 4096) == bytes(2048)
    assert shelf.spare_count == 0


def test_freed_files_come_back_up_to_a_bound() -> None:
    disk = SimulatedDisk(seed=0)
    shelf = shelf_on(disk)
    for number in range(4):
        disk.write_at(f"spool/old{number}", 0, b"x" * 2048)
        shelf.put(f"spool/old{number}", 2048)
    disk.write_at("spool/short", 0, b"x")
    shelf.put("spool/short", 1)
    assert shelf.spare_count == LIMITS.spare_count_max
    assert len(disk.names("spool")) == LIMITS.spare_count_max
    assert all(is_spare(name) for name in disk.names("spool"))
    name = shelf.take()
    assert disk.read_at(name, 0, 1) == b"x"
    shelf.give_back(name)
    assert shelf.spare_count == 2


def test_spares_found_at_start_are_adopted_or_removed() -> None:
    disk = SimulatedDisk(seed=0)
    for name, size in (("spare-7.free", 2048), ("spare-8.free", 4), ("spare-x.free", 2048)):
        disk.write_at(f"spool/{name}", 0, bytes(size))
    shelf = shelf_on(disk)
    for name in disk.names("spool"):
        shelf.adopt(name)
    assert disk.names("spool") == ["spare-7.free"]
    shelf.take()
    shelf.fill()
    assert disk.names("spool") == ["spare-7.free", "spare-9.free"]


def test_a_full_disk_leaves_no_stump() -> None:
    disk = SimulatedDisk(seed=0, capacity_bytes=100)
    shelf = shelf_on(disk)
    with pytest.raises(OSError, match="No space"):
        shelf.fill()
    shelf.keep_reserve()
    assert disk.names("spool") == []
    assert not shelf.spend_reserve()
    disk.read_only = True
    with pytest.raises(OSError, match="Read-only"):
        shelf.keep_reserve()


def test_the_reserve_can_be_spent() -> None:
    disk = SimulatedDisk(seed=0)
    shelf = shelf_on(disk)
    shelf.fill()
    assert shelf.spend_reserve()
    assert disk.names("spool") == []
