"""A number keeps its metric for good, through cuts, flips and dead cards."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from edge.alias_table import ALIASES_MAX, FILES, AliasRow, AliasTable, decode_rows, encode_row
from edge.errors import AliasesExhausted
from simulators.disk import PowerCut, SimulatedDisk

EPOCH = 1 << 32 | 5
slugs = st.text("abcdefghij-0123456789", max_size=12)
rows = st.builds(AliasRow, slugs, slugs, st.integers(1, 34))


def opened(disk: SimulatedDisk) -> AliasTable:
    return AliasTable.open(disk, EPOCH)


@given(st.lists(rows, max_size=20))
def test_aliases_are_dense_and_lasting(wanted: list[AliasRow]) -> None:
    disk = SimulatedDisk(seed=0)
    table = opened(disk)
    aliases = [table.alias_of(*row) for row in wanted]
    distinct = list(dict.fromkeys(wanted))
    assert sorted(set(aliases)) == list(range(1, len(distinct) + 1))
    disk.crash()
    again = opened(disk)
    assert [again.alias_of(*row) for row in wanted] == aliases
    assert again.rows() == distinct
    assert again.items() == list(enumerate(distinct, start=1))
    for alias, row in zip(aliases, wanted, strict=True):
        assert again.describe(alias) == row
    assert again.describe(len(distinct) + 1) is None


@given(st.integers(1, 65535), rows, st.binary(max_size=30), st.integers(0, 200))
def test_a_row_comes_back_over_damage(alias: int, row: AliasRow, before: bytes, cut: int) -> None:
    raw = encode_row(EPOCH, alias, row)
    assert (alias, row) in list(decode_rows(before + raw + raw[:cut]))


@given(st.binary(max_size=200))
def test_no_bytes_raise(data: bytes) -> None:
    list(decode_rows(data))


def test_a_head_whose_row_was_torn_off_is_no_row() -> None:
    """The sum of nothing is nought: a head with nought in it and nothing behind looks right."""
    head = (40).to_bytes(2, "little") + bytes(4)
    assert list(decode_rows(head)) == []


def test_many_are_given_out_with_one_sync() -> None:
    disk = SimulatedDisk(seed=0)
    table = opened(disk)
    before = disk.calls
    table.reserve(("ap-1", f"metric/{number}", 9) for number in range(500))
    assert disk.calls - before <= 5
    disk.crash()
    assert len(opened(disk).rows()) == 500


@given(st.integers(0, 2**32), st.integers(1, 14))
def test_a_number_in_use_survives_any_cut(seed: int, call: int) -> None:
    disk = SimulatedDisk(seed=seed)
    table = opened(disk)
    used: dict[AliasRow, int] = {}
    disk.cut_call = disk.calls + call
    try:
        for number in range(6):
            row = AliasRow("d", f"m{number}", 9)
            used[row] = table.alias_of(*row)
    except PowerCut:
        disk.crash()
    disk.cut_call = None
    again = opened(disk)
    for row, alias in used.items():
        assert again.describe(alias) == row
    fresh = again.alias_of("d", "new", 9)
    assert fresh not in used.values()
    assert opened(disk).describe(fresh) == ("d", "new", 9)


@given(st.integers(0, 1), st.data())
def test_a_flipped_bit_is_mended_from_the_other_file(which: int, draw: st.DataObject) -> None:
    disk = SimulatedDisk(seed=0)
    held = [AliasRow("device", f"m{number}", 9) for number in range(8)]
    opened(disk).reserve(held)
    size = disk.size_bytes(FILES[which])
    disk.flip_bit(FILES[which], draw.draw(st.integers(0, 8 * size - 1)))
    assert opened(disk).rows() == held
    disk.remove(FILES[1 - which])
    assert opened(disk).rows() == held


def test_a_dead_card_does_not_stop_births() -> None:
    disk = SimulatedDisk(seed=0)
    opened(disk).alias_of("", "bdSeq", 4)
    disk.gone = True
    table = opened(disk)
    blind = table.alias_of("d", "m", 9)
    assert blind > ALIASES_MAX  # what the card knows below that could not be read
    assert (table.unsettled_rows, table.settle()) == (1, False)
    assert table.write_faults > 0


def test_a_number_given_out_blindly_never_says_what_the_card_says_otherwise() -> None:
    disk = SimulatedDisk(seed=0)
    known = opened(disk).alias_of("d", "m", 9)
    disk.gone = True
    table = opened(disk)
    blind = {name: table.alias_of("d", name, 9) for name in ("other", "m")}
    disk.gone = False
    assert table.settle()
    again = opened(disk)
    for one in (table, again):
        assert one.describe(known) == ("d", "m", 9)
        assert one.describe(blind["m"]) == ("d", "m", 9)
        assert one.describe(blind["other"]) == ("d", "other", 9)
        assert one.announced(blind["m"]) == one.alias_of("d", "m", 9) == known
        assert len(one.rows()) == 2


def test_what_was_given_out_from_memory_is_written_when_the_card_is_back() -> None:
    disk = SimulatedDisk(seed=0)
    table = opened(disk)
    table.alias_of("", "bdSeq", 4)
    disk.full = True
    assert table.alias_of("d", "m", 9) == 2
    assert table.unsettled_rows == 1
    disk.full = False
    assert table.settle()
    assert opened(disk).describe(2) == ("d", "m", 9)


def test_there_is_an_end() -> None:
    table = opened(SimulatedDisk(seed=0))
    table.reserve(("d", f"m{number}", 9) for number in range(ALIASES_MAX))
    assert table.alias_of("d", "m7", 9) == 8
    with pytest.raises(AliasesExhausted, match="65535"):
        table.alias_of("d", "one more", 9)
