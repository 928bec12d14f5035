"""The host's clock reads as a date and never steps back."""

from ingest.clock import Clock, SystemClock
from vocabulary.units import NS_PER_S

HOUSE_BUILT_NS = 1_700_000_000 * NS_PER_S
FAR_FUTURE_NS = 7_000_000_000 * NS_PER_S


def test_it_is_a_date_in_nanoseconds() -> None:
    clock: Clock = SystemClock()
    assert HOUSE_BUILT_NS < clock.now_ns() < FAR_FUTURE_NS


def test_it_never_steps_back() -> None:
    clock = SystemClock()
    times = [clock.now_ns() for _ in range(1_000)]
    assert times == sorted(times)


def test_two_of_them_agree() -> None:
    one, other = SystemClock(), SystemClock()
    assert abs(one.now_ns() - other.now_ns()) < NS_PER_S
