"""The machine's clock, and the one that somebody corrects."""

import pytest

from edge.clock import KeptClock, SystemClock
from simulators.clock import ScaledClock
from vocabulary.delivery import TimeQuality
from vocabulary.moment import Moment
from vocabulary.units import NS_PER_S


def test_monotonic_time_does_not_go_back() -> None:
    clock = SystemClock()
    seen = [clock.mono_ns() for _look in range(100)]
    assert seen == sorted(seen)
    assert clock.now().mono_ns >= seen[-1]


def test_waiting_is_never_negative() -> None:
    clock = SystemClock()
    assert clock.seconds_until(0) == 0
    assert 0 < clock.seconds_until(clock.mono_ns() + 10 * NS_PER_S) <= 10


def test_both_clocks_come_with_what_the_kernel_thinks_of_them() -> None:
    now = SystemClock().now()
    assert now.wall_ns > 1_700_000_000 * NS_PER_S
    assert now.quality in (TimeQuality.SYNCED, TimeQuality.UNSYNCED)


def test_the_kernel_is_asked_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SystemClock()
    clock.now()
    asked_ns = clock._asked_ns
    monkeypatch.setattr(clock, "mono_ns", lambda: asked_ns + NS_PER_S - 1)
    clock.now()
    assert clock._asked_ns == asked_ns
    monkeypatch.setattr(clock, "mono_ns", lambda: asked_ns + NS_PER_S)
    clock.now()
    assert clock._asked_ns == asked_ns + NS_PER_S


class Correcting:
    """A keeper that knows better by an hour."""

    def moment(self, raw: Moment) -> Moment:
        return Moment(raw.mono_ns, raw.wall_ns + 3_600 * NS_PER_S, TimeQuality.RECOVERED)


def test_a_kept_clock_is_the_one_behind_it_until_somebody_knows_better() -> None:
    inner = ScaledClock(1.0)
    kept = KeptClock(inner)
    assert kept.now().quality is TimeQuality.SYNCED
    assert kept.mono_ns() <= inner.mono_ns()
    assert kept.seconds_until(0) == 0
    kept.keeper = Correcting()
    now = kept.now()
    assert now.quality is TimeQuality.RECOVERED
    assert now.wall_ns - inner.now().wall_ns > 3_599 * NS_PER_S
