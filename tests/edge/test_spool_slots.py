"""A small value is old or new after any power cut, and never gone."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from edge.spool_slots import SLOT_BYTES, VALUE_BYTES_MAX, SlotFile
from simulators.disk import PowerCut, SimulatedDisk


def stored(disk: SimulatedDisk, *values: bytes) -> SlotFile:
    slots = SlotFile(disk, "spool/value")
    slots.load()
    for value in values:
        slots.store(value)
    return slots


def loaded(disk: SimulatedDisk) -> bytes | None:
    return SlotFile(disk, "spool/value").load()


def test_nothing_stored_is_none() -> None:
    assert loaded(SimulatedDisk(seed=0)) is None


@given(st.lists(st.binary(max_size=VALUE_BYTES_MAX), min_size=1, max_size=5))
def test_the_last_value_comes_back(values: list[bytes]) -> None:
    disk = SimulatedDisk(seed=0)
    stored(disk, *values)
    disk.crash()
    assert loaded(disk) == values[-1]
    stored(disk, b"after")
    assert loaded(disk) == b"after"


@given(st.integers(0, 2**32), st.integers(1, 8), st.integers(0, 3))
def test_a_power_cut_leaves_the_old_or_the_new(seed: int, call: int, before: int) -> None:
    disk = SimulatedDisk(seed=seed)
    values = [bytes([number]) * 3000 for number in range(9)]
    slots = stored(disk, *values[:before])
    disk.cut_call = disk.calls + call
    durable = values[before - 1] if before else None
    tried = durable
    try:
        for value in values[before:]:
            tried = value
            slots.store(value)
            durable = value
    except PowerCut:
        disk.crash()
    assert loaded(disk) in (durable, tried)


@given(st.integers(0, 8 * 2 * SLOT_BYTES - 1))
def test_a_flipped_bit_gives_the_value_before_at_worst(bit: int) -> None:
    disk = SimulatedDisk(seed=0)
    stored(disk, b"older" * 100, b"newer" * 100)
    disk.flip_bit("spool/value", bit)
    assert loaded(disk) in (b"older" * 100, b"newer" * 100)
    stored(disk, b"next")
    assert loaded(disk) == b"next"


def test_damage_is_counted_and_two_slots_gone_are_none() -> None:
    disk = SimulatedDisk(seed=0)
    stored(disk, b"one", b"two")
    disk.flip_bit("spool/value", 8 * 20)
    disk.flip_bit("spool/value", 8 * (SLOT_BYTES + 20))
    slots = SlotFile(disk, "spool/value")
    assert slots.load() is None
    assert slots.damaged_slots == 2


def test_a_failed_store_leaves_the_value() -> None:
    disk = SimulatedDisk(seed=0)
    slots = stored(disk, b"kept")
    disk.read_only = True
    with pytest.raises(OSError, match="Read-only"):
        slots.store(b"refused")
    disk.read_only = False
    assert loaded(disk) == b"kept"
    slots.store(b"taken")
    assert loaded(disk) == b"taken"
