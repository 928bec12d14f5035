"""No epoch is ever used twice, whatever is wiped, cloned or cut."""

from edge.spool_epoch import (
    COUNT_BITS,
    VOLATILE,
    SpoolCount,
    generation_of,
    is_volatile,
    volatile_epoch,
)
from simulators.disk import PowerCut, SimulatedDisk
from vocabulary.delivery import EPOCH_MAX
from vocabulary.moment import Moment

NOW = Moment(5, 1_800_000_000_000_000_000)


def new(
    disk: SimulatedDisk, board: bytes = b"b", *, generation: int = 1, cloned: bool = False
) -> int:
    count = SpoolCount(disk)
    count.load()
    return count.new_epoch(generation, board, b"k", NOW, cloned=cloned)


def test_the_count_rises_and_is_durable_first() -> None:
    disk = SimulatedDisk(seed=0)
    first = new(disk)
    disk.crash()
    second = new(disk)
    disk.crash()
    assert second == first + 1
    assert generation_of(second) == 1
    assert 0 < second <= EPOCH_MAX
    assert not is_volatile(second)
    assert new(disk, generation=7) == (7 << COUNT_BITS) + (second & (2**32 - 1)) + 1


def test_new_cards_begin_at_different_counts() -> None:
    epochs = {new(SimulatedDisk(seed=0), bytes([board])) for board in range(50)}
    assert len(epochs) == 50


def test_a_cloned_card_leaves_the_count_of_its_twin() -> None:
    disk = SimulatedDisk(seed=0)
    first = new(disk, b"one")
    twin = disk.clone(seed=1)
    assert new(disk, b"one") == first + 1
    assert new(twin, b"two", cloned=True) not in (first, first + 1)


def test_a_cut_in_the_middle_never_gives_an_epoch_twice() -> None:
    for seed in range(20):
        for call in range(1, 8):
            disk = SimulatedDisk(seed=seed)
            used = {new(disk)}
            disk.cut_call = disk.calls + call
            try:
                used.add(new(disk))
            except PowerCut:
                disk.crash()
            disk.cut_call = None
            assert new(disk) not in used


def test_a_flipped_bit_never_gives_an_epoch_twice() -> None:
    for bit in range(0, 8 * 40):
        for slot in (0, 4096 * 8):
            disk = SimulatedDisk(seed=0)
            used = {new(disk), new(disk)}
            disk.flip_bit("spool_count", slot + bit)
            assert new(disk) not in used


def test_a_count_that_was_lost_catches_up() -> None:
    disk = SimulatedDisk(seed=0)
    count = SpoolCount(disk)
    assert count.load() is None
    count.keep_up_with((1 << COUNT_BITS) + 41)
    count.keep_up_with((1 << COUNT_BITS) + 40)
    count.keep_up_with((1 << COUNT_BITS) + VOLATILE + 99)
    assert SpoolCount(disk).load() == 41
    assert new(disk) & (2**32 - 1) == 42


def test_volatile_epochs_are_apart_from_all_others() -> None:
    made = {volatile_epoch(1, b"b", b"k", NOW.later(at)) for at in range(100)}
    assert len(made) == 100
    assert all(is_volatile(epoch) and 0 < epoch <= EPOCH_MAX for epoch in made)
    assert {generation_of(epoch) for epoch in made} == {1}
