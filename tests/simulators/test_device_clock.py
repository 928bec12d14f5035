"""A board's clocks beside true time."""

import random

import hypothesis.strategies as st
from hypothesis import given

from simulators.clock import EPOCH_NS, VirtualClock
from simulators.device_clock import POWERED_S, DeviceClock
from vocabulary.delivery import TimeQuality
from vocabulary.units import NS_PER_S, S_PER_H


def board(drift_ppm: int = 0) -> tuple[VirtualClock, DeviceClock]:
    true = VirtualClock()
    return true, DeviceClock(true, random.Random(1), drift_ppm=drift_ppm)


def test_a_good_clock_says_the_time() -> None:
    true, clock = board()
    true.set(EPOCH_NS + 10 * NS_PER_S)
    now = clock.now()
    assert (now.wall_ns, now.quality) == (true.now_ns(), TimeQuality.SYNCED)
    assert POWERED_S[0] <= now.mono_ns / NS_PER_S - 10 <= POWERED_S[1]


def test_without_a_battery_it_is_1970_until_somebody_tells() -> None:
    true, clock = board()
    clock.power_on(knows_time=False)
    assert clock.now().wall_ns == clock.now().mono_ns
    assert clock.now().quality is TimeQuality.UNSYNCED
    clock.synchronise()
    assert clock.now().wall_ns == true.now_ns()


@given(st.integers(-(10**12), 10**12))
def test_a_step_moves_wall_time_and_nothing_else(step_s: int) -> None:
    _true, clock = board()
    before = clock.now()
    clock.step(step_s * NS_PER_S)
    after = clock.now()
    assert after.mono_ns == before.mono_ns
    assert after.wall_ns == max(0, before.wall_ns + step_s * NS_PER_S)
    assert after.quality is before.quality


@given(st.integers(-100, 100), st.integers(0, 10**6))
def test_what_falls_due_on_the_board_is_not_asked_for_too_early(ppm: int, wait_ms: int) -> None:
    true, clock = board(ppm)
    due_ns = clock.mono_ns() + wait_ms * 1_000_000
    true.set(clock.true_ns(due_ns))
    assert 0 <= clock.mono_ns() - due_ns < 1_000


def test_drift_adds_up() -> None:
    true, clock = board(100)
    before_ns = clock.mono_ns()
    true.set(EPOCH_NS + S_PER_H * NS_PER_S)
    passed_ns = clock.mono_ns() - before_ns
    assert abs(passed_ns - S_PER_H * NS_PER_S * 1_000_100 // 1_000_000) <= 1
