"""A hole in the offsets is explained by the narrowest note, and never beyond it."""

import hypothesis.strategies as st
from hypothesis import given

from edge.spool_gaps import SPANS_MAX, Gap, GapTable, Reason, decode_gap, encode_gap

spans = st.tuples(st.integers(0, 200), st.integers(1, 50))
gaps = st.builds(
    lambda reason, span: Gap(reason, span[0], span[0] + span[1], span[1], (0, span[1], 0, 0), 5, 9),
    st.sampled_from(Reason),
    spans,
)


def table_of(*held: Gap) -> GapTable:
    table = GapTable()
    for gap in held:
        table.add(gap)
    return table


@given(gaps)
def test_a_note_comes_back(gap: Gap) -> None:
    assert decode_gap(encode_gap(gap)) == gap


@given(st.binary(max_size=60))
def test_no_bytes_raise(body: bytes) -> None:
    decode_gap(body)


def test_a_senseless_note_is_none() -> None:
    assert decode_gap(encode_gap(Gap(Reason.OVERFLOW, 5, 5, 0))) is None
    assert decode_gap(encode_gap(Gap(Reason.OVERFLOW, 5, 6, 1, (1,)))) is None


def test_neighbours_are_joined_and_the_same_note_counts_once() -> None:
    one = Gap(Reason.OVERFLOW, 10, 20, 4, (0, 0, 0, 4), 100, 200)
    other = Gap(Reason.OVERFLOW, 20, 30, 3, (0, 0, 3, 0), 50, 150)
    table = table_of(one, other, one, other)
    assert list(table) == [Gap(Reason.OVERFLOW, 10, 30, 7, (0, 0, 3, 4), 50, 200)]


def test_skips_are_exact_and_not_joined_across_records() -> None:
    table = table_of(Gap(Reason.SKIPPED, 0, 10, 10), Gap(Reason.SKIPPED, 12, 20, 8))
    assert len(list(table)) == 2
    assert table.explain(1, 5, 15).count == 5


def test_a_hole_is_cut_where_its_reason_changes() -> None:
    table = table_of(Gap(Reason.OVERFLOW, 10, 1000, 40), Gap(Reason.SKIPPED, 100, 200, 100))
    reasons = []
    offset = 0
    while offset < 1100:
        lost = table.explain(7, offset, 1100)
        assert (lost.epoch, lost.offset) == (7, offset)
        reasons.append((lost.reason, lost.offset, lost.count))
        offset += lost.count
    assert reasons == [
        ("corrupt", 0, 10),
        ("overflow", 10, 90),
        ("skipped", 100, 100),
        ("overflow", 200, 800),
        ("corrupt", 1000, 100),
    ]


def test_classes_are_told_only_for_exactly_the_noted_range() -> None:
    gap = Gap(Reason.OVERFLOW, 10, 14, 4, (1, 0, 0, 3), 8, 9)
    assert table_of(gap).explain(1, 10, 14).by_class == (1, 0, 0, 3)
    assert table_of(gap).explain(1, 10, 14)[4:6] == (8, 9)
    assert table_of(gap).explain(1, 11, 14).by_class == (0, 0, 0, 0)


@given(st.lists(gaps, max_size=12), spans)
def test_an_explanation_covers_some_of_the_hole_and_no_more(
    held: list[Gap], span: tuple[int, int]
) -> None:
    first, count = span
    lost = table_of(*held).explain(1, first, first + count)
    assert 1 <= lost.count <= count
    covering = [gap for gap in held if gap.first <= first < gap.end]
    assert (lost.reason == Reason.CORRUPT and not covering) or lost.reason in {
        gap.reason for gap in covering
    }


def test_what_is_committed_is_forgotten() -> None:
    table = table_of(Gap(Reason.CORRUPT, 0, 5, 5), Gap(Reason.OVERFLOW, 7, 12, 5))
    assert table.lowest() == 0
    table.forget_below(8)
    assert [gap.first for gap in table] == [7]
    table.forget_below(12)
    assert table.lowest() is None


def test_the_table_is_bounded() -> None:
    table = table_of(
        *(Gap(Reason.SKIPPED, 10 * at, 10 * at + 5, 5) for at in range(SPANS_MAX + 20))
    )
    assert len(list(table)) == SPANS_MAX
    assert table.lowest() == 200
