"""Fetching a descriptor: piece by piece, judged whole, believed only with its hash."""

from firmware_bridge.board_counters import BoardCounters
from firmware_bridge.board_events import DescriptorLearned
from firmware_bridge.descriptor_fetch import DescriptorFetch
from firmware_bridge.messages import Desc
from tests.firmware_bridge.vectors import DESCRIPTOR

HASH = 0xFEAC11C5


def fetch(known: dict[int, bytes] | None = None) -> DescriptorFetch:
    """A new one."""
    return DescriptorFetch(known or {}, BoardCounters())


def test_pieces_in_order_make_it_whole() -> None:
    one = fetch()
    assert not one.begin(HASH, 159)
    assert not one.take(Desc(62, DESCRIPTOR[62:124]))  # not what was asked for
    while not one.complete:
        assert one.take(Desc(one.offset, DESCRIPTOR[one.offset :][:62]))
    assert one.judge() == DescriptorLearned(HASH, DESCRIPTOR)
    assert one.descriptor is not None
    assert one.begin(HASH, 159)  # known now


def test_what_was_kept_is_judged_again() -> None:
    assert fetch({HASH: DESCRIPTOR}).begin(HASH, 159)
    assert not fetch({HASH: DESCRIPTOR}).begin(HASH, 158)
    assert not fetch({HASH: DESCRIPTOR[:-1] + b"x"}).begin(HASH, 159)
    assert not fetch({5: b"x"}).begin(5, 1)


def test_three_failures_are_hopeless() -> None:
    one = fetch()
    one.begin(HASH, 159)
    for _ in range(3):
        assert not one.hopeless
        one.take(Desc(0, bytes(159)))
        assert isinstance(one.judge(), str)
        assert one.offset == 0
    assert one.hopeless


def test_a_board_that_ends_early_has_lied() -> None:
    one = fetch()
    one.begin(HASH, 159)
    one.take(Desc(0, DESCRIPTOR[:100]))
    assert one.take(Desc(100, b""))
    assert one.complete
    assert "hash is" in str(one.judge())
