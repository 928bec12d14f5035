"""Virtual time moves when told, scaled time by itself, and neither ever back."""

import pytest

from simulators.clock import EPOCH_NS, ScaledClock, VirtualClock
from vocabulary.moment import Moment
from vocabulary.units import NS_PER_S


def test_virtual_time_moves_only_when_told_and_never_back() -> None:
    clock = VirtualClock()
    assert clock.now() == Moment(0, EPOCH_NS)
    clock.set(EPOCH_NS + 5)
    assert (clock.now_ns(), clock.mono_ns()) == (EPOCH_NS + 5, 5)
    clock.set(EPOCH_NS + 5)
    with pytest.raises(AssertionError):
        clock.set(EPOCH_NS + 4)


def test_scaled_time_runs_forward_from_the_worlds_beginning() -> None:
    clock = ScaledClock(1_000.0)
    times = [clock.now_ns() for _ in range(200)]
    assert times == sorted(times)
    assert EPOCH_NS <= times[0] < times[-1] < EPOCH_NS + 3_600_000 * NS_PER_S
    moment = clock.now()
    assert moment.wall_ns - moment.mono_ns == EPOCH_NS


def test_hurried_time_waits_less() -> None:
    slow, fast = ScaledClock(1.0), ScaledClock(100.0)
    hour_ns = 3_600 * NS_PER_S
    assert 3_000 < slow.seconds_until(hour_ns) <= 3_600
    assert 30 < fast.seconds_until(hour_ns) <= 36
    assert fast.seconds_until(-1) == 0
