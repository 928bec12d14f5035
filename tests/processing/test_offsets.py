"""The offset set against a plain set of numbers."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from processing.offsets import Added, OffsetSet

SPANS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 12)), max_size=40)


def _prefix_end(members: set[int], base: int) -> int:
    end = base
    while end in members:
        end += 1
    return end


@given(st.lists(st.integers(0, 60), max_size=80), st.integers(0, 20))
def test_single_offsets_like_a_set(offsets: list[int], base: int) -> None:
    held, twin = OffsetSet(base), set(range(base))
    for offset in offsets:
        assert bool(held.add(offset)) == (offset not in twin)
        twin.add(offset)
        assert held.prefix_end == _prefix_end(twin, base)
    assert all(held.contains(offset) == (offset in twin) for offset in range(80))
    assert len(held) == len(twin) - base


@given(SPANS, st.integers(0, 20))
def test_ranges_like_a_set(spans: list[tuple[int, int]], base: int) -> None:
    held, twin = OffsetSet(base), set(range(base))
    for lo, size in spans:
        fresh = set(range(lo, lo + size)) - twin
        assert bool(held.add_range(lo, lo + size)) == bool(fresh)
        twin |= fresh
    assert {o for lo, hi in held.intervals() for o in range(lo, hi)} == twin - set(range(base))
    ranges = held.intervals()
    assert all(a[1] < b[0] for a, b in pairwise(ranges))
    assert OffsetSet.of(base, ranges).intervals() == ranges


@given(SPANS, st.integers(0, 80))
def test_raising_the_base_forgets_below(spans: list[tuple[int, int]], base: int) -> None:
    held, twin = OffsetSet(), set[int]()
    for lo, size in spans:
        held.add_range(lo, lo + size)
        twin |= set(range(lo, lo + size))
    held.raise_base(base)
    assert held.base == base
    assert all(held.contains(o) == (o < base or o in twin) for o in range(100))
    assert held.prefix_end == _prefix_end(twin | set(range(base)), base)


def test_beyond_the_bound_a_new_range_is_shed_but_a_neighbour_joins() -> None:
    held = OffsetSet(ranges_max=2)
    assert held.add(10) is Added.NEW
    assert held.add(20) is Added.NEW
    assert held.add(30) is Added.SHED
    assert not held.contains(30)
    assert held.add(21) is Added.NEW
    assert held.add(21) is Added.SEEN
    assert held.add_range(11, 20) is Added.NEW
    assert held.intervals() == [(10, 22)]
    assert held.add(30) is Added.NEW
