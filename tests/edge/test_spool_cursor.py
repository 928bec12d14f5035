"""The spool's memory of the host and of its boots."""

from edge.spool_cursor import (
    BOOTS_MAX,
    OWED_MAX,
    POSITIONS_MAX,
    Boot,
    Cursor,
    CursorFile,
    Position,
    boot_number,
    with_boot,
)
from edge.spool_gaps import Gap, Reason
from edge.spool_slots import VALUE_BYTES_MAX, SlotFile
from simulators.disk import SimulatedDisk

BOARD = b"0123456789abcdef"


def cursor(committed: int = 0, *, boots: tuple[Boot, ...] = ()) -> Cursor:
    return Cursor(9, BOARD, True, False, boots, (Position(9, committed, committed + 5),))


def test_it_comes_back_after_a_power_cut() -> None:
    disk = SimulatedDisk(seed=0)
    file = CursorFile(disk)
    assert file.load() is None
    file.save(cursor(7), both_slots=False)
    disk.crash()
    again = CursorFile(disk)
    found = again.load()
    assert found == cursor(7)
    assert found.position(9) == Position(9, 7, 12)
    assert found.position(8) is None
    assert not again.differs(cursor(7))
    assert again.differs(cursor(8))


def test_in_both_slots_no_flip_brings_back_an_older_one() -> None:
    for bit in range(0, 8 * 120):
        disk = SimulatedDisk(seed=0)
        file = CursorFile(disk)
        file.save(cursor(1), both_slots=False)
        file.save(cursor(2), both_slots=True)
        disk.flip_bit("spool/cursor.bin", 8 * 4096 * (bit % 2) + bit)
        assert CursorFile(disk).load() == cursor(2)


def test_the_largest_cursor_fits_its_slot() -> None:
    largest = 2**53 - 1
    full = Cursor(
        largest,
        BOARD,
        True,
        True,
        tuple(Boot(65535, BOARD) for _boot in range(BOOTS_MAX)),
        tuple(Position(largest, 2**63, 2**63) for _position in range(POSITIONS_MAX)),
        tuple(
            Gap(Reason.OVERFLOW, 2**62, 2**63, 2**32, (2**32,) * 4, 2**62, 2**62)
            for _gap in range(OWED_MAX)
        ),
    )
    disk = SimulatedDisk(seed=0)
    CursorFile(disk).save(full, both_slots=True)
    assert CursorFile(disk).load() == full
    assert disk.size_bytes("spool/cursor.bin") >= VALUE_BYTES_MAX


def test_a_value_of_another_version_is_no_cursor() -> None:
    disk = SimulatedDisk(seed=0)
    SlotFile(disk, "spool/cursor.bin").store(b"\x93\x01\x02\x03")
    assert CursorFile(disk).load() is None


def test_a_restart_keeps_the_boot_number_and_a_new_kernel_raises_it() -> None:
    known = cursor(boots=(Boot(4, b"old"), Boot(5, b"now")))
    assert boot_number(known, b"now", 5) == 5
    assert boot_number(known, b"new", 5) == 6
    assert boot_number(known, b"old", 5) == 6
    assert boot_number(known, b"now", 8) == 9
    assert boot_number(None, b"now", 0) == 1
    assert boot_number(None, b"now", 3) == 4


def test_the_boot_table_is_bounded() -> None:
    boots: tuple[Boot, ...] = ()
    for number in range(1, 100):
        boots = with_boot(boots, Boot(number, b"k"))
    boots = with_boot(boots, Boot(99, b"again"))
    assert len(boots) == BOOTS_MAX
    assert boots[-1] == Boot(99, b"again")
