"""A moment carries both clocks, and both go on together."""

from hypothesis import given
from hypothesis import strategies as st

from vocabulary.delivery import TimeQuality
from vocabulary.moment import Moment


def test_milliseconds_are_whole_and_rounded_down() -> None:
    now = Moment(mono_ns=1_999_999, wall_ns=5_000_001)
    assert (now.mono_ms, now.wall_ms) == (1, 5)


def test_a_moment_is_trusted_unless_said() -> None:
    assert Moment(0, 0).quality is TimeQuality.SYNCED


@given(st.integers(0, 2**60), st.integers(0, 2**60), st.integers(0, 10**6))
def test_later_moves_both_clocks_and_keeps_the_quality(mono_ns: int, wall_ns: int, s: int) -> None:
    before = Moment(mono_ns, wall_ns, TimeQuality.UNSYNCED)
    after = before.later(s)
    assert after.mono_ns - mono_ns == after.wall_ns - wall_ns == s * 10**9
    assert after.quality is TimeQuality.UNSYNCED
