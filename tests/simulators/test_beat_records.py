"""Spans and pieces of many nodes, laid behind one another."""

from simulators.beat_records import (
    AP_DTYPE,
    MESSAGE_DTYPE,
    NEVER_NS,
    Piece,
    first_starts,
    pieces_of,
    spans_of,
)


def test_spans_of_many_nodes() -> None:
    made = spans_of([[(1, 2), (5, 6)], [], [(3, 4)]])
    assert made.first.tolist() == [0, 2, 2, 3]
    assert made.start_ns.tolist() == [1, 5, 3]
    assert made.end_ns.tolist() == [2, 6, 4]
    assert first_starts(made).tolist() == [1, NEVER_NS, 3]


def test_nobody_has_a_span() -> None:
    made = spans_of([[], []])
    assert first_starts(made).tolist() == [NEVER_NS, NEVER_NS]
    assert made.start_ns.dtype == "i8"


def test_pieces_say_when_their_last_record_arrives() -> None:
    made = pieces_of([[Piece(0, 10, 100, 0.5)], [Piece(5, 6, 7, 1.0)]])
    assert made.arrive_ns.tolist() == [100, 7]
    assert made.slope.tolist() == [0.5, 1.0]
    assert Piece(0, 10, 100, 0.5).arrived_ns == 105


def test_records_are_as_large_as_promised() -> None:
    assert AP_DTYPE.itemsize <= 256
    assert MESSAGE_DTYPE.itemsize <= 80
