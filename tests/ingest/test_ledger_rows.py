"""Snapshots are snapshots, and rows that contradict themselves cannot be made."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.ledger_rows import Completeness, LedgerContents, Node, Received, nodes_of
from processing.offsets import OffsetSet
from tests.ingest.ledger_examples import TOWN


@given(base=st.integers(0, 50), offsets=st.lists(st.integers(0, 100)))
def test_a_snapshot_says_what_the_set_said(base: int, offsets: list[int]) -> None:
    growing = OffsetSet(base)
    for offset in offsets:
        growing.add(offset)
    held = Received.of(("gw-1", 7), growing)
    assert (held.gateway, held.epoch) == ("gw-1", 7)
    assert held.prefix_end == growing.prefix_end
    assert OffsetSet.of(held.base, held.ranges).intervals() == growing.intervals()
    before = held.ranges
    growing.add(1_000)
    assert held.ranges == before


def test_contents_say_what_may_be_committed() -> None:
    held = OffsetSet.of(0, [(0, 5), (7, 9)])
    assert LedgerContents(3, None, {("gw-1", 7): held}).prefixes == {("gw-1", 7): 5}


@pytest.mark.parametrize("fields", [{"late": 1}, {"quarantined": 1}, {"lost": -1}])
def test_accounts_that_cannot_be_are_our_own_mistake(fields: dict[str, int]) -> None:
    with pytest.raises(AssertionError):
        Completeness("gw-1", 7, 500_000, **fields)


def test_every_node_of_the_inventory_is_a_row_with_its_place() -> None:
    rows = {(node.level, node.node): node for node in nodes_of(TOWN)}
    assert len(rows) == 1 + 2 + 1 + 2 + 1
    assert rows["ap", "ap-2"] == Node("ap", "ap-2", "ap-2", "north", "park", "gw-1")
    assert rows["sensor", "sds-1"].site == "library"
    assert rows["site", "park"].name == 'Parque "Sur" حديقة'
