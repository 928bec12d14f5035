"""Delays: random below bounds that grow until a connection has proved itself."""

import random

from hypothesis import given
from hypothesis import strategies as st

from edge.configuration import Reconnect
from edge.reconnect import ReconnectPolicy
from vocabulary.units import NS_PER_S


class Bounds(random.Random):
    """Draws the upper bound each time, so that a test sees it."""

    def uniform(self, a: float, b: float) -> float:
        assert a == 0
        return b


def bounds() -> ReconnectPolicy:
    return ReconnectPolicy(Reconnect(), Bounds())


def test_the_bound_grows_to_the_longest() -> None:
    policy = bounds()
    assert policy.first_delay_s() == 60
    assert policy.own_link_delay_s() == 5
    assert [policy.lost(0) for _attempt in range(6)] == [60, 60, 120, 180, 180, 180]


def test_a_day_of_failures_overflows_nothing() -> None:
    policy = bounds()
    assert {policy.lost(0) for _attempt in range(5_000)} == {60, 120, 180}


def test_only_a_stable_connection_with_a_commit_resets() -> None:
    policy, now_ns = bounds(), 0
    for lasting_s, committed, expected_s in (
        (59, True, 60),
        (60, False, 60),
        (3_600, False, 120),
        (59, True, 180),
        (60, True, 60),
        (0, True, 60),
    ):
        policy.connected(now_ns)
        if committed:
            policy.committed()
        now_ns += lasting_s * NS_PER_S
        assert policy.lost(now_ns) == expected_s, lasting_s


def test_kick_after_connect() -> None:
    """A broker that accepts and throws out at once meets ever longer pauses."""
    policy = bounds()
    delays = []
    for at_s in range(6):
        policy.connected(at_s * NS_PER_S)
        policy.committed()
        delays.append(policy.lost(at_s * NS_PER_S))
    assert delays == [60, 60, 120, 180, 180, 180]


def test_a_commit_of_an_earlier_connection_proves_nothing_of_this_one() -> None:
    policy = bounds()
    policy.connected(0)
    policy.committed()
    policy.lost(0)
    policy.connected(0)
    assert policy.lost(3_600 * NS_PER_S) == 60
    assert policy.lost(0) == 120


EVENTS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["connected", "lost"]), st.floats(0, 4_000)),
        st.just(("committed", 0.0)),
    ),
    max_size=50,
)


@given(events=EVENTS, seed=st.integers())
def test_every_delay_is_within_its_bounds(events: list[tuple[str, float]], seed: int) -> None:
    settings = Reconnect()
    policy, now_ns = ReconnectPolicy(settings, random.Random(seed)), 0
    for event, passed_s in events:
        now_ns += round(passed_s * NS_PER_S)
        if event == "connected":
            policy.connected(now_ns)
        elif event == "committed":
            policy.committed()
        else:
            assert 0 <= policy.lost(now_ns) <= settings.max_s
        assert 0 <= policy.first_delay_s() <= settings.first_max_s
        assert 0 <= policy.own_link_delay_s() <= settings.own_link_max_s


def test_jitter_is_full() -> None:
    policy = ReconnectPolicy(Reconnect(), random.Random(1))
    drawn = [policy.first_delay_s() for _ in range(1_000)]
    assert min(drawn) < 1
    assert max(drawn) > 59
    assert 28 < sum(drawn) / len(drawn) < 32
