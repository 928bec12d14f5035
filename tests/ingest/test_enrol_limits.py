"""Five tries a minute, ten failures, an hour; and no address list without an end."""

from hypothesis import given
from hypothesis import strategies as st

from ingest import enrol_limits
from ingest.enrol_limits import (
    ADDRESSES_MAX,
    FAILURES_MAX,
    LOCKED_S,
    TRIES_A_MINUTE,
    TryLimits,
    Verdict,
)


@given(st.lists(st.integers(0, 20), max_size=60))
def test_never_more_than_five_in_any_minute(gaps_s: list[int]) -> None:
    limits, now_s, let_in = TryLimits(), 1_000, []
    for gap_s in gaps_s:
        now_s += gap_s
        if limits.ask("a", now_s) is Verdict.COME_IN:
            let_in.append(now_s)
    for ix in range(len(let_in) - TRIES_A_MINUTE):
        assert let_in[ix + TRIES_A_MINUTE] - let_in[ix] >= 60


def test_ten_failures_lock_for_an_hour_and_a_success_forgives() -> None:
    limits = TryLimits()
    assert not any(limits.failed("a", 0) for _ in range(FAILURES_MAX - 1))
    limits.succeeded("a")
    assert not any(limits.failed("a", 0) for _ in range(FAILURES_MAX - 1))
    assert limits.failed("a", 0)
    assert limits.ask("a", LOCKED_S - 1) is Verdict.LOCKED
    assert limits.ask("b", 0) is Verdict.COME_IN
    assert limits.ask("a", LOCKED_S) is Verdict.COME_IN
    assert limits.unlock("a")
    assert not limits.unlock("a")


def test_addresses_are_bounded() -> None:
    limits = TryLimits()
    for ix in range(ADDRESSES_MAX + 10):
        limits.ask(str(ix), 0)
    assert len(limits._known) == ADDRESSES_MAX
    assert enrol_limits.TRIES_A_MINUTE == 5
