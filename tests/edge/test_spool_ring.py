"""Memory in place of a card: bounded, by class, declared."""

import hypothesis.strategies as st
from hypothesis import given

from edge.spool_gaps import Lost
from edge.spool_record import Record
from edge.spool_ring import OBJECT_BYTES, Ring
from edge.spool_stats import SpoolStats

EPOCH = 77


def filled(classes: list[int], bytes_max: int = 1 << 20, size_bytes: int = 44) -> Ring:
    ring = Ring(EPOCH, bytes_max, SpoolStats())
    for offset, klass in enumerate(classes):
        ring.append(Record(EPOCH, offset, 1000 + offset, offset, 1, 0, klass, bytes(size_bytes)))
    return ring


def offsets(ring: Ring) -> list[int]:
    return [record.offset for record in ring]


def test_it_reads_what_it_was_given() -> None:
    ring = filled([1, 2, 3])
    found = ring.read(1)
    assert isinstance(found, Record)
    assert found.klass == 2
    assert ring.read(3) is None
    assert (ring.next_offset, ring.backlog_records, ring.oldest_wall_ns) == (3, 3, 1000)
    assert ring.backlog_bytes == 3 * (44 + 36)


def test_a_commit_frees() -> None:
    ring = filled([1] * 5)
    ring.commit(3)
    assert offsets(ring) == [3, 4]
    assert (ring.committed, ring.oldest_wall_ns) == (3, 1003)
    ring.commit(5)
    assert ring.oldest_wall_ns is None
    assert ring.lost_ranges(9) == []


def test_the_lowest_priority_goes_first() -> None:
    ring = filled([0, 3, 1, 3, 2, 3], bytes_max=5 * (44 + OBJECT_BYTES))
    assert offsets(ring) == [0, 2, 4, 5]
    assert ring.lost_ranges(9) == [
        Lost(EPOCH, 1, 1, "overflow", 1001, 1003, (0, 0, 0, 0)),
        Lost(EPOCH, 3, 1, "overflow", 1001, 1003, (0, 0, 0, 0)),
    ]
    assert ring.lost_ranges(1) == ring.lost_ranges(9)[:1]


@given(st.lists(st.integers(0, 3), max_size=60), st.integers(0, 60), st.integers(3, 20))
def test_every_offset_is_held_or_declared_and_memory_is_bounded(
    classes: list[int], below: int, room: int
) -> None:
    bytes_max = room * (44 + OBJECT_BYTES)
    ring = filled(classes, bytes_max)
    below = min(below, ring.next_offset)
    ring.commit(below)
    assert len(offsets(ring)) <= room
    read = below
    held: list[int] = []
    while (found := ring.read(read)) is not None:
        if isinstance(found, Record):
            held.append(found.offset)
            read += 1
        else:
            assert found.reason == "overflow"
            read += found.count
    assert held == offsets(ring)
    declared = sum(lost.count for lost in ring.lost_ranges(1000))
    assert len(held) + declared == ring.next_offset - below
