"""How long a state may last, and whether anything came meanwhile."""

import pytest

from firmware_bridge.events import NEVER_NS
from firmware_bridge.link_watch import LinkWatch
from firmware_bridge.session import NOTHING_NS, Cue, State
from vocabulary.units import NS_PER_S


@pytest.mark.parametrize("state", [State.SYNCING, State.QUIET, State.GARBAGE])
def test_nothing_and_garbled_have_their_own_times(state: State) -> None:
    watch = LinkWatch(0)
    watch.moved(state, 0)
    assert watch.limit_ns == NOTHING_NS[state]
    assert watch.cue(NOTHING_NS[state] - 1) is None
    watch.bytes_came(NS_PER_S)
    for second in range(2, 6):
        assert watch.cue(second * NS_PER_S) is None
        watch.bytes_came(second * NS_PER_S)
    assert watch.limit_ns == 6 * NS_PER_S
    assert watch.cue(6 * NS_PER_S) is Cue.GARBLED
    assert watch.cue(7 * NS_PER_S) is None


def test_running_ends_with_three_heartbeats_missed_at_least_three_seconds() -> None:
    watch = LinkWatch(0)
    watch.moved(State.RUNNING, 0)
    watch.frame_came(NS_PER_S)
    assert watch.limit_ns == 4 * NS_PER_S
    watch.expect_heartbeat(10)
    assert watch.limit_ns == 31 * NS_PER_S
    watch.bytes_came(5 * NS_PER_S)
    assert watch.cue(31 * NS_PER_S) is Cue.GARBLED


def test_foreign_is_a_minute_whatever_comes() -> None:
    watch = LinkWatch(0)
    watch.moved(State.FOREIGN, 0)
    watch.bytes_came(59 * NS_PER_S)
    watch.frame_came(59 * NS_PER_S)
    assert watch.limit_ns == 60 * NS_PER_S
    assert watch.cue(60 * NS_PER_S) is Cue.NOTHING


def test_hello_is_asked_for_while_it_is_wanted() -> None:
    watch = LinkWatch(0)
    assert watch.ask_ns == NEVER_NS
    watch.ask_anew(0)
    times = []
    for _ in range(9):
        times.append(watch.ask_ns / NS_PER_S)
        watch.asked(watch.ask_ns)
    assert times == [0.5, 1.0, 1.5, 2.5, 4.5, 8.5, 13.5, 18.5, 23.5]
    watch.asking = False
    assert watch.ask_ns == NEVER_NS
    watch.moved(State.QUIET, 30 * NS_PER_S)
    assert watch.ask_ns == 31 * NS_PER_S
