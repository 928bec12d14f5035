"""The simulated disk breaks the way cards do, and the same way for the same seed."""

import errno

import hypothesis.strategies as st
import pytest
from hypothesis import given

from simulators.disk import PAGE_BYTES, PowerCut, SimulatedDisk

seeds = st.integers(0, 2**32)


@given(seeds, st.binary(min_size=1, max_size=3 * PAGE_BYTES))
def test_what_was_synced_survives_any_crash(seed: int, data: bytes) -> None:
    disk = SimulatedDisk(seed=seed)
    disk.write_at("a", 0, data)
    disk.sync("a")
    disk.sync_directory("")
    disk.write_at("a", len(data), b"more" * 2000)
    disk.write_at("b", 0, b"other")
    disk.crash()
    assert disk.read_at("a", 0, len(data)) == data


@given(seeds)
def test_a_page_half_synced_is_old_new_or_torn_at_a_sector(seed: int) -> None:
    disk = SimulatedDisk(seed=seed)
    disk.write_at("a", 0, b"o" * PAGE_BYTES)
    disk.sync("a")
    disk.sync_directory("")
    disk.write_at("a", 0, b"n" * PAGE_BYTES)
    disk.crash()
    sectors = disk.read_at("a", 0, PAGE_BYTES)
    parts = [sectors[at : at + 512] for at in range(0, PAGE_BYTES, 512)]
    assert all(part in (b"o" * 512, b"n" * 512) for part in parts)


def test_a_crash_may_keep_lose_and_tear() -> None:
    fates = set()
    for seed in range(60):
        disk = SimulatedDisk(seed=seed)
        disk.write_at("a", 0, b"o" * PAGE_BYTES)
        disk.sync("a")
        disk.sync_directory("")
        disk.write_at("a", 0, b"n" * PAGE_BYTES)
        disk.crash()
        fates.add(frozenset(disk.read_at("a", 0, PAGE_BYTES)))
    assert fates == {frozenset(b"o"), frozenset(b"n"), frozenset(b"on")}


def test_a_name_is_only_sure_when_its_folder_is_synced() -> None:
    kept = set()
    for seed in range(40):
        disk = SimulatedDisk(seed=seed)
        disk.write_at("a", 0, b"x")
        disk.sync("a")
        disk.sync_directory("")
        disk.rename("a", "b")
        disk.remove("b")
        disk.crash()
        kept.add(tuple(disk.names("")))
    assert kept == {("a",), ("b",), ()}


@given(seeds)
def test_the_same_seed_crashes_the_same_way(seed: int) -> None:
    images = []
    for _run in range(2):
        disk = SimulatedDisk(seed=seed)
        for number in range(5):
            disk.write_at(f"f{number}", 0, bytes([number + 1]) * 6000)
        disk.crash()
        images.append(disk.image())
    assert images[0] == images[1]


def test_a_disk_that_lies_forgets_what_it_confirmed() -> None:
    lost = 0
    for seed in range(20):
        disk = SimulatedDisk(seed=seed)
        disk.lies_about_syncs = True
        disk.write_at("a", 0, b"x")
        disk.sync("a")
        disk.sync_directory("")
        disk.crash()
        lost += disk.names("") == [] or disk.read_at("a", 0, 1) != b"x"
    assert lost


def _number(disk: SimulatedDisk) -> int | None:
    with pytest.raises(OSError, match=r".") as raised:
        disk.write_at("a", 1, b"y" * PAGE_BYTES)
    return raised.value.errno


def test_full_read_only_gone_and_failing_once() -> None:
    disk = SimulatedDisk(seed=0)
    disk.write_at("a", 0, b"x")
    disk.full = True
    assert _number(disk) == errno.ENOSPC
    disk.write_at("a", 0, b"z")  # over what is there already
    disk.full, disk.read_only = False, True
    assert _number(disk) == errno.EROFS
    assert disk.read_at("a", 0, 1) == b"z"
    disk.read_only, disk.gone = False, True
    assert _number(disk) == errno.EIO
    with pytest.raises(OSError, match=r"."):
        disk.read_at("a", 0, 1)
    disk.gone = False
    disk.fail_call = disk.calls + 1
    assert _number(disk) == errno.EIO
    disk.write_at("a", 1, b"y")


def test_capacity_ends() -> None:
    disk = SimulatedDisk(seed=0, capacity_bytes=10)
    disk.write_at("a", 0, b"12345678")
    assert disk.free_bytes() == 2
    with pytest.raises(OSError, match="No space"):
        disk.write_at("b", 0, b"123")
    disk.remove("a")
    assert disk.free_bytes() == disk.total_bytes() == 10


def test_the_power_goes_in_the_middle_of_a_call() -> None:
    lengths = set()
    for seed in range(30):
        disk = SimulatedDisk(seed=seed)
        disk.cut_call = 1
        with pytest.raises(PowerCut):
            disk.write_at("a", 0, b"x" * 100)
        lengths.add(disk.size_bytes("a"))
    assert len(lengths) > 5
    for call in ("sync", "remove"):
        disk = SimulatedDisk(seed=1)
        disk.write_at("a", 0, b"x")
        disk.cut_call = 2
        with pytest.raises(PowerCut):
            getattr(disk, call)("a")
    disk = SimulatedDisk(seed=1)
    disk.cut_call = 1
    with pytest.raises(PowerCut):
        disk.sync_directory("")
    disk.write_at("a", 0, b"x")
    disk.cut_call = disk.calls + 1
    with pytest.raises(PowerCut):
        disk.rename("a", "b")


def test_bits_flip_and_files_are_cut() -> None:
    disk = SimulatedDisk(seed=0)
    disk.write_at("a", 0, b"\0" * 5000)
    disk.sync("a")
    disk.flip_bit("a", 8 * 4500 + 3)
    assert disk.read_at("a", 4500, 1) == b"\x08"
    disk.cut_file("a", 4501)
    disk.write_at("a", 4990, b"e")
    assert disk.read_at("a", 4500, 500) == b"\x08" + b"\0" * 489 + b"e"
    disk.bad_pages.add(("a", 1))
    assert disk.read_at("a", 0, 4096) == b"\0" * 4096
    with pytest.raises(OSError, match=r"."):
        disk.read_at("a", 0, 4097)


def test_slow_calls_add_up() -> None:
    disk = SimulatedDisk(seed=0)
    disk.call_ns = 7
    disk.write_at("a", 0, b"x")
    disk.sync("a")
    assert disk.busy_ns == 14


def test_a_clone_is_a_card_of_its_own() -> None:
    disk = SimulatedDisk(seed=0)
    disk.write_at("spool/a", 0, b"x")
    twin = disk.clone(seed=1)
    twin.write_at("spool/a", 0, b"y")
    twin.crash()
    assert disk.read_at("spool/a", 0, 1) == b"x"
    disk.wipe()
    assert disk.names("spool") == []
    assert twin.names("spool") == ["a"]
