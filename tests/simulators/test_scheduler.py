"""Callbacks by time; the clock never goes back; a run repeats exactly."""

from hypothesis import given
from hypothesis import strategies as st

from simulators.clock import EPOCH_NS, VirtualClock
from simulators.scheduler import Alarm, Scheduler


def scheduler() -> Scheduler:
    return Scheduler(VirtualClock())


@given(st.lists(st.integers(0, 20), max_size=40))
def test_by_time_and_then_by_order_of_asking(delays_ns: list[int]) -> None:
    one = scheduler()
    called: list[tuple[int, int]] = []
    for ix, delay_ns in enumerate(delays_ns):

        def note(ix: int = ix) -> None:
            called.append((one.clock.now_ns() - EPOCH_NS, ix))

        one.at(EPOCH_NS + delay_ns, note)
    one.run_until(EPOCH_NS + 20)
    assert called == sorted((delay_ns, ix) for ix, delay_ns in enumerate(delays_ns))
    assert one.next_ns is None


def test_the_past_is_now() -> None:
    one = scheduler()
    one.run_until(EPOCH_NS + 5)
    times: list[int] = []
    one.at(EPOCH_NS, lambda: times.append(one.clock.now_ns()))
    one.step()
    assert times == [EPOCH_NS + 5]


def test_a_run_ends_where_it_was_told_and_calls_what_is_due_there() -> None:
    one = scheduler()
    called: list[str] = []
    one.at(EPOCH_NS + 10, lambda: called.append("at the end"))
    one.at(EPOCH_NS + 11, lambda: called.append("too late"))
    one.run_until(EPOCH_NS + 10)
    assert called == ["at the end"]
    assert one.clock.now_ns() == EPOCH_NS + 10
    assert one.next_ns == EPOCH_NS + 11


def test_a_callback_may_ask_for_more() -> None:
    one = scheduler()
    times: list[int] = []

    def again() -> None:
        times.append(one.clock.now_ns() - EPOCH_NS)
        if len(times) < 4:
            one.at(one.clock.now_ns() + 3, again)

    one.at(EPOCH_NS, again)
    one.run_until(EPOCH_NS + 100)
    assert times == [0, 3, 6, 9]


class Bell:
    """An alarm that notes when it rings."""

    def __init__(self) -> None:
        self.scheduler = scheduler()
        self.rang: list[int] = []
        self.alarm = Alarm(
            self.scheduler, lambda: self.rang.append(self.scheduler.clock.now_ns() - EPOCH_NS)
        )


def test_only_the_latest_time_asked_for_counts() -> None:
    bell = Bell()
    for due_ns in (10, 3, 7):
        bell.alarm.set(EPOCH_NS + due_ns)
    bell.scheduler.run_until(EPOCH_NS + 20)
    assert bell.rang == [7]


def test_the_same_time_twice_rings_once_and_an_alarm_can_be_set_again() -> None:
    bell = Bell()
    bell.alarm.set(EPOCH_NS + 5)
    bell.alarm.set(EPOCH_NS + 5)
    bell.scheduler.run_until(EPOCH_NS + 5)
    bell.alarm.set(EPOCH_NS + 5)
    bell.scheduler.run_until(EPOCH_NS + 5)
    assert bell.rang == [5, 5]


def test_an_alarm_moved_away_and_back_rings_once() -> None:
    bell = Bell()
    for due_ns in (5, 9, 5):
        bell.alarm.set(EPOCH_NS + due_ns)
    bell.scheduler.run_until(EPOCH_NS + 20)
    assert bell.rang == [5]


def test_a_cancelled_alarm_is_silent() -> None:
    bell = Bell()
    bell.alarm.set(EPOCH_NS + 5)
    bell.alarm.cancel()
    bell.scheduler.run_until(EPOCH_NS + 20)
    assert bell.rang == []


def test_an_alarm_is_only_ever_advanced() -> None:
    bell = Bell()
    for due_ns in (7, 9, 4):
        bell.alarm.advance(EPOCH_NS + due_ns)
    bell.scheduler.run_until(EPOCH_NS + 20)
    assert bell.rang == [4]
