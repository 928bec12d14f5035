"""Stretches of time against sets of milliseconds."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from simulators import score_spans as spans
from simulators.score_spans import Spans, spans_of

ROWS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 40), st.integers(0, 12)).map(
        lambda row: (row[0], row[1], row[1] + row[2])
    ),
    max_size=12,
)
Instants = set[tuple[int, int]]


def naive(rows: list[tuple[int, int, int]]) -> Instants:
    return {(ix, at) for ix, start, end in rows for at in range(start, end)}


def instants(made: Spans) -> Instants:
    return naive(list(zip(*(column.tolist() for column in made), strict=True)))


@given(ROWS)
def test_a_union_is_sorted_and_apart(rows: list[tuple[int, int, int]]) -> None:
    made = spans_of(rows)
    assert instants(made) == naive(rows)
    assert spans.length_ms(made) == len(naive(rows))
    same = made.stream_ix[1:] == made.stream_ix[:-1]
    assert np.all(~same | (made.start_ms[1:] > made.end_ms[:-1]))
    lengths = [sum(ix == stream for ix, _ in naive(rows)) for stream in range(3)]
    assert spans.lengths_ms(made, 3).tolist() == lengths


@given(ROWS, ROWS)
def test_two_sets(first: list[tuple[int, int, int]], second: list[tuple[int, int, int]]) -> None:
    a, b = spans_of(first), spans_of(second)
    assert instants(spans.both(a, b)) == naive(first) | naive(second)
    assert instants(spans.minus(a, b)) == naive(first) - naive(second)
    assert spans.shared_ms(a, b) == len(naive(first) & naive(second))


@given(ROWS, st.lists(st.tuples(st.integers(0, 2), st.integers(0, 55)), max_size=9))
def test_inside(rows: list[tuple[int, int, int]], asked: list[tuple[int, int]]) -> None:
    columns = np.array(asked, dtype=np.int64).reshape(-1, 2).T
    found = spans.inside(spans_of(rows), columns[0], columns[1])
    assert found.tolist() == [one in naive(rows) for one in asked]


def test_ends() -> None:
    made = spans_of([(0, 5, 10), (1, 5, 30)])
    assert instants(spans.clipped(made, 7)) == naive([(0, 5, 7), (1, 5, 7)])
    assert instants(spans.widened(made, 6)) == naive([(0, 0, 16), (1, 0, 36)])
    assert instants(spans.only(made, 1)) == naive([(0, 5, 10)])
