"""The bounds, and who goes first: priority before age, and never more than is needed."""

import hypothesis.strategies as st
from hypothesis import given

from edge.spool_policy import (
    MIB,
    Evictable,
    Space,
    SpoolLimits,
    bytes_allowed,
    bytes_to_free,
    least_worth,
    plan,
)

GIB = 1024 * MIB
LIMITS = SpoolLimits()


def test_the_size_bound_is_the_lesser_of_two() -> None:
    assert bytes_allowed(LIMITS, Space(0, 90 * GIB, 100 * GIB)) == 2 * GIB
    assert bytes_allowed(LIMITS, Space(0, 4 * GIB, 4 * GIB)) == GIB


def test_the_floor_is_the_greater_of_two() -> None:
    assert bytes_allowed(LIMITS, Space(GIB, 9 * GIB, 100 * GIB)) == 16 * MIB
    assert bytes_allowed(LIMITS, Space(GIB, 10 * GIB, 100 * GIB)) == GIB
    assert bytes_allowed(LIMITS, Space(GIB, 412 * MIB, 4 * GIB)) == GIB - 100 * MIB


def test_a_disk_filled_by_others_leaves_a_reserve() -> None:
    assert bytes_allowed(LIMITS, Space(100 * MIB, 0, 100 * GIB)) == 16 * MIB
    assert bytes_allowed(LIMITS, Space(0, 0, 40 * MIB)) == 10 * MIB


def test_eviction_begins_at_the_bound_and_ends_below_it() -> None:
    full = Space(2 * GIB, 90 * GIB, 100 * GIB)
    assert bytes_to_free(LIMITS, full) == 0
    over = full._replace(used_bytes=2 * GIB + 1)
    down_to = 2 * GIB * 90 // 100
    assert bytes_to_free(LIMITS, over) == 2 * GIB + 1 - down_to
    assert bytes_to_free(LIMITS, full, begun=True) == 2 * GIB - down_to
    assert bytes_to_free(LIMITS, full._replace(used_bytes=down_to), begun=True) == 0


def planned(segments: list[Evictable], needed_bytes: int) -> list[tuple[int, set[int]]]:
    return [(step.key, set(step.classes)) for step in plan(segments, needed_bytes)]


def test_the_lowest_priority_goes_first_and_the_oldest_of_it() -> None:
    segments = [
        Evictable(0, 1000, (100, 100, 100, 100)),
        Evictable(1, 1000, (100, 100, 100, 100)),
    ]
    assert planned(segments, 100) == [(0, {3})]
    assert planned(segments, 150) == [(0, {3}), (1, {3})]
    assert planned(segments, 250) == [(0, {2, 3}), (1, {3})]
    assert planned(segments, 650) == [(0, {0, 1, 2, 3}), (1, {1, 2, 3})]


def test_a_segment_that_empties_gives_back_its_file() -> None:
    assert planned([Evictable(0, 1000, (0, 0, 0, 10)), Evictable(1, 1000, (9, 0, 0, 9))], 900) == [
        (0, {3})
    ]


def test_nothing_to_free_frees_nothing() -> None:
    assert planned([Evictable(0, 1000, (1, 1, 1, 1))], 0) == []
    assert planned([], 100) == []


sizes = st.tuples(*[st.integers(0, 300)] * 4)


@given(st.lists(sizes, max_size=8), st.integers(0, 4000))
def test_priority_is_never_turned_round(held: list[tuple[int, ...]], needed: int) -> None:
    segments = [Evictable(key, 2000, size) for key, size in enumerate(held)]
    steps = plan(segments, needed)
    gone = {(step.key, klass) for step in steps for klass in step.classes}
    for key, klass in gone:
        for other in segments:
            for lower in range(klass + 1, 4):
                assert (other.key, lower) in gone or not other.sizes_bytes[lower]
        assert all(
            (older, klass) in gone or not segments[older].sizes_bytes[klass] for older in range(key)
        )


def test_the_least_worth_has_the_least_of_the_higher_priorities() -> None:
    assert least_worth([]) is None
    segments = [
        Evictable(0, 9, (5, 0, 0, 0)),
        Evictable(1, 9, (0, 9, 9, 9)),
        Evictable(2, 9, (0, 8, 99, 0)),
        Evictable(3, 9, (0, 8, 99, 0)),
    ]
    assert least_worth(segments) == 2


def test_the_longest_body_is_bounded_by_the_segment() -> None:
    assert LIMITS.body_bytes_max == 60 * 1024
    assert SpoolLimits(segment_bytes=4096).body_bytes_max == 4096 - 64 - 36 - 96
