"""Descriptors on the card: found again, judged by their hash, and never in anybody's way."""

from edge.descriptor_cache import FILES_MAX, FOLDER, DescriptorCache
from firmware_bridge.descriptor import hash_of
from simulators.disk import SimulatedDisk
from tests.firmware_bridge.vectors import DESCRIPTOR

HASH = hash_of(DESCRIPTOR)
NAME = f"{FOLDER}/{HASH:08x}.cbor"


def test_what_is_kept_is_there_at_the_next_start() -> None:
    disk = SimulatedDisk(seed=1)
    DescriptorCache(disk).keep(HASH, DESCRIPTOR)
    assert DescriptorCache(disk).known == {HASH: DESCRIPTOR}


def test_a_torn_file_is_as_good_as_none() -> None:
    disk = SimulatedDisk(seed=1)
    disk.write_at(NAME, 0, DESCRIPTOR[:100])
    disk.write_at(f"{FOLDER}/readme", 0, b"x")
    assert DescriptorCache(disk).known == {}


def test_the_number_of_files_is_bounded() -> None:
    disk = SimulatedDisk(seed=1)
    cache = DescriptorCache(disk)
    for number in range(FILES_MAX + 5):
        cache.keep(hash_of(bytes((number,))), bytes((number,)))
    assert len(disk.names(FOLDER)) == FILES_MAX == len(DescriptorCache(disk).known)


class FullDisk(SimulatedDisk):
    """Takes nothing."""

    def write_at(self, name: str, position: int, data: bytes | bytearray | memoryview) -> None:
        del name, position, data
        raise OSError(28, "No space left on device")


def test_a_card_that_takes_nothing_keeps_nobody_from_reading() -> None:
    cache = DescriptorCache(FullDisk(seed=1))
    cache.keep(HASH, DESCRIPTOR)
    assert cache.known == {HASH: DESCRIPTOR}
    assert cache.faults == 1
