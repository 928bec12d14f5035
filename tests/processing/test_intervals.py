"""Rows are appended; the highest version of each start is what holds."""

from hypothesis import given
from hypothesis import strategies as st

from processing.intervals import Claim, IntervalState, Level, Rows, Status

DOWN, UNOBSERVED, WITHDRAWN = (
    IntervalState.DOWN,
    IntervalState.UNOBSERVED,
    IntervalState.WITHDRAWN,
)


def rows() -> Rows:
    return Rows("a0", Level.AP)


def test_saying_the_same_again_writes_nothing() -> None:
    held = rows()
    assert len(held.revise([Claim(5, None, DOWN)], Status.PROVISIONAL)) == 1
    assert held.revise([Claim(5, None, DOWN)], Status.PROVISIONAL) == []


def test_a_closed_row_is_the_next_version() -> None:
    held = rows()
    held.revise([Claim(5, None, DOWN)], Status.PROVISIONAL)
    (row,) = held.revise([Claim(5, 9, DOWN)], Status.PROVISIONAL)
    assert (row.version, row.start_ms, row.end_ms) == (2, 5, 9)


def test_what_starts_elsewhere_after_all_is_withdrawn() -> None:
    held = rows()
    held.revise([Claim(5, 20, UNOBSERVED)], Status.PROVISIONAL)
    changed = held.revise([Claim(7, 20, DOWN)], Status.AMENDED)
    assert [(row.start_ms, row.state, row.version) for row in changed] == [
        (5, WITHDRAWN, 2),
        (7, DOWN, 1),
    ]
    assert list(held.standing()) == [7]
    (back, gone) = held.revise([Claim(5, 20, UNOBSERVED)], Status.AMENDED)
    assert (back.version, gone.state) == (3, WITHDRAWN)


def test_final_rows_say_the_same() -> None:
    held = rows()
    held.revise([Claim(5, 9, DOWN), Claim(9, 12, UNOBSERVED)], Status.PROVISIONAL)
    final = held.finalise()
    assert [(row.start_ms, row.version, row.status) for row in final] == [
        (5, 2, Status.FINAL),
        (9, 2, Status.FINAL),
    ]


CLAIMS = st.lists(
    st.builds(Claim, st.integers(0, 9), st.just(99), st.sampled_from([DOWN, UNOBSERVED])),
    unique_by=lambda claim: claim.start_ms,
    max_size=5,
)


@given(st.lists(CLAIMS, max_size=8))
def test_whatever_was_said_before_the_last_word_holds(history: list[list[Claim]]) -> None:
    held, written = rows(), []
    for claims in history:
        written += held.revise(claims, Status.AMENDED)
        now = {row.start_ms: row.state for row in held.standing().values()}
        assert now == {claim.start_ms: claim.state for claim in claims}
    assert len({(row.start_ms, row.version) for row in written}) == len(written)
