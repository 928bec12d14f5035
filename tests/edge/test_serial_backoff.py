"""How long a port is left alone, and what is said meanwhile."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.serial_backoff import (
    BUSY_WAIT_NS,
    DENIED_WAIT_NS,
    FIRST_WAIT_NS,
    PROVEN_NS,
    WAIT_NS_MAX,
    Backoff,
    Reason,
)
from vocabulary.units import NS_PER_S


def middle() -> float:
    return 0.5


def test_waits_double_up_to_the_longest() -> None:
    backoff = Backoff(middle)
    waits_s = [backoff.wait_ns(Reason.LOST) / NS_PER_S for _ in range(9)]
    assert waits_s == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]


@given(st.floats(0, 1, exclude_max=True), st.integers(0, 100))
def test_every_wait_is_a_quarter_around_its_middle(drawn: float, failures: int) -> None:
    backoff, centre = Backoff(lambda: drawn), Backoff(middle)
    for _ in range(failures):
        backoff.wait_ns(Reason.ABSENT)
        centre.wait_ns(Reason.ABSENT)
    ratio = backoff.wait_ns(Reason.ABSENT) / centre.wait_ns(Reason.ABSENT)
    assert ratio == pytest.approx(0.75 + drawn / 2)


def test_busy_and_denied_wait_alike_each_time_and_do_not_count() -> None:
    backoff = Backoff(middle)
    for _ in range(3):
        assert backoff.wait_ns(Reason.BUSY) == BUSY_WAIT_NS
        assert backoff.wait_ns(Reason.DENIED) == DENIED_WAIT_NS
    assert backoff.wait_ns(Reason.LOST) == FIRST_WAIT_NS


def test_only_a_port_that_stayed_open_starts_again() -> None:
    backoff = Backoff(middle)
    for _ in range(10):
        backoff.wait_ns(Reason.LOST)
        backoff.was_open(PROVEN_NS - 1)
    assert backoff.wait_ns(Reason.LOST) == WAIT_NS_MAX
    backoff.was_open(PROVEN_NS)
    assert backoff.wait_ns(Reason.LOST) == FIRST_WAIT_NS


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_a_remedy(reason: Reason) -> None:
    assert reason.remedy.endswith(".")
