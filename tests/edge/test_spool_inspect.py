"""Looking at a card changes nothing on it, and tells what is wrong with it."""

import msgspec

from edge.spool_inspect import show, verify
from simulators.disk import SimulatedDisk
from tests.edge.spool_world import SpoolWorld
from vocabulary.delivery import RecordClass


def used() -> SpoolWorld:
    world = SpoolWorld(0)
    for number in range(40):
        world.append(RecordClass(number % 4), 100)
    world.commit(0.25)
    world.wait(61)
    world.power_cut()
    world.disk.read_only = True
    for _record in range(3):
        world.append(RecordClass.EVENT, 50)
    world.disk.read_only = False
    world.wait(100)
    world.spool.close(world.now)
    return world


def test_a_card_is_shown_as_it_is() -> None:
    world = used()
    before, calls = world.disk.image(), world.disk.calls
    card = show(world.disk)
    assert world.disk.image() == before
    assert world.disk.calls == calls
    written, memory = sorted(card.epochs, key=lambda epoch: epoch.role, reverse=True)
    assert (written.role, written.committed, written.records, written.lost) == (
        "written",
        10,
        30,
        0,
    )
    assert (written.skipped, written.board) == (65_536, "board-one")
    assert (memory.role, memory.records, memory.files) == ("memory", 3, 1)
    assert written.next_offset == 40 + 65_536
    assert (card.boots, card.clean_stop, card.host_acknowledges) == (2, True, True)
    assert msgspec.json.encode(card)


def test_an_empty_card_is_shown() -> None:
    card = show(SimulatedDisk(seed=0))
    assert (card.epochs, card.boots, card.aliases) == ([], 0, 0)
    assert verify(SimulatedDisk(seed=0)).sound


def test_a_sound_card_verifies() -> None:
    world = used()
    found = verify(world.disk)
    assert found.sound
    assert sum(file.records for file in found.files) >= 33


def test_every_kind_of_damage_is_named() -> None:
    world = used()
    names = sorted(name for name in world.disk.names("spool") if name.endswith(".seg"))
    world.disk.flip_bit(f"spool/{names[0]}", 8 * 300)
    world.disk.flip_bit(f"spool/{names[1]}", 8 * 20)
    world.disk.bad_pages.add((f"spool/{names[2]}", 0))
    found = verify(world.disk)
    assert not found.sound
    assert found.unreadable == [names[2]]
    by_name = {file.name: file for file in found.files}
    assert (by_name[names[0]].bad_stretches, by_name[names[0]].missing) == (1, 1)
    assert not by_name[names[1]].header_whole
    assert sum(not file.sound for file in found.files) == 2
