"""The marks of one epoch: committed, replay, end, live, always in this order."""

from hypothesis import given
from hypothesis import strategies as st

from edge.lane_cursor import RESEND_NS, RESEND_NS_MAX, LaneCursor
from edge.spool_cursor import Position
from vocabulary.units import NS_PER_S

EPOCH = 7


def cursor(committed: int = 0, live: int = 10) -> LaneCursor:
    return LaneCursor(EPOCH, committed=committed, live=live, mono_ns=0)


def commit(one: LaneCursor, below: int, at_s: float, *, first: bool = False) -> None:
    one.take(Position(EPOCH, below, one.live), is_active=True)
    one.answered(below, round(at_s * NS_PER_S), first=first)


def test_a_session_begins_with_all_that_is_not_committed() -> None:
    one = cursor(committed=4)
    assert (one.replay, one.end, one.live) == (4, 10, 10)
    assert one.has_replay


def test_a_commit_moves_replay_on_and_never_back() -> None:
    one = cursor()
    commit(one, 6, 0)
    assert one.replay == 6
    one.take(Position(EPOCH, 6, 10), is_active=True)
    one.replay = 9
    commit(one, 7, 1)
    assert (one.committed, one.replay) == (7, 9)


def test_what_an_earlier_session_sent_is_skipped_but_never_the_fresh() -> None:
    one = cursor()
    one.skip_sent(99)
    assert one.replay == 10
    assert not one.has_replay
    one.skip_sent(2)
    assert one.replay == 10


def test_the_window_opens_as_commits_come() -> None:
    one = cursor()
    one.in_flight.extend(range(8))
    commit(one, 5, 0)
    assert list(one.in_flight) == [5, 6, 7]


def test_no_progress_for_thirty_seconds_begins_again_then_later_and_later() -> None:
    one = cursor()
    one.replay = 10
    waits = []
    at_ns = 0
    for _round in range(8):
        assert one.resend_ns - at_ns >= RESEND_NS
        waits.append((one.resend_ns - at_ns) // NS_PER_S)
        one.resend_if_stuck(one.resend_ns - 1, wanted=True)
        assert one.replay == 10
        at_ns = one.resend_ns
        one.resend_if_stuck(at_ns, wanted=True)
        assert one.replay == 0
        one.replay = 10
    assert waits == [30, 60, 120, 240, 480, 900, 900, 900]
    assert RESEND_NS_MAX == 900 * NS_PER_S


def test_any_rise_of_the_commit_is_progress_even_if_it_never_catches_up() -> None:
    one = cursor(live=1_000)
    one.replay = 1_000
    for second in range(200):
        commit(one, 2 * second, second)
        one.resend_if_stuck(second * NS_PER_S, wanted=True)
        assert one.replay == 1_000


def test_the_same_commit_again_is_no_progress() -> None:
    one = cursor()
    commit(one, 3, 0)
    one.replay = 10
    for second in range(1, 31):
        commit(one, 3, second)
        one.resend_if_stuck(second * NS_PER_S, wanted=True)
    assert one.replay == 3


def test_nothing_is_sent_again_to_a_host_that_is_away_or_has_all() -> None:
    one = cursor()
    one.replay = 10
    one.resend_if_stuck(RESEND_NS, wanted=False)
    assert one.replay == 10
    commit(one, 10, 60)
    one.resend_if_stuck(2 * RESEND_NS + 60 * NS_PER_S, wanted=True)
    assert one.replay == 10


def test_the_first_answer_ever_brings_back_all_that_is_held() -> None:
    one = cursor()
    one.skip_sent(10)
    one.live = 12
    commit(one, 0, 0, first=True)
    assert (one.replay, one.end) == (0, 12)


def test_what_grew_old_is_replayed_alone() -> None:
    one = cursor()
    one.replay = 10
    one.live = 50  # forty went out fresh
    one.aged(2)
    assert (one.replay, one.end, one.live) == (50, 52, 52)
    one.aged(3)
    assert (one.replay, one.end, one.live) == (50, 55, 55)


def test_an_epoch_that_is_not_written_any_more_has_nothing_fresh() -> None:
    one = cursor()
    one.take(Position(EPOCH, 0, 25), is_active=False)
    assert (one.live, one.end) == (25, 25)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("live"), st.integers(1, 9)),
        st.tuples(st.just("aged"), st.integers(1, 9)),
        st.tuples(st.just("replay"), st.integers(1, 9)),
        st.tuples(st.just("commit"), st.integers(0, 9)),
        st.tuples(st.just("stuck"), st.integers(0, 99)),
    ),
    max_size=50,
)


@given(STEPS)
def test_the_marks_keep_their_order(steps: list[tuple[str, int]]) -> None:
    one, now_s, sent = cursor(), 0, set(range(0))
    for what, amount in steps:
        match what:
            case "live":
                sent |= set(range(one.live, one.live + amount))
                one.live += amount
            case "aged":
                one.aged(amount)
            case "replay":
                sent |= set(range(one.replay, min(one.end, one.replay + amount)))
                one.replay = min(one.end, one.replay + amount) if one.has_replay else one.replay
            case "commit":
                commit(one, min(one.live, one.committed + amount), now_s)
            case _:
                now_s += amount
                one.resend_if_stuck(now_s * NS_PER_S, wanted=True)
        assert one.committed <= one.replay
        assert one.end <= one.live
        assert one.replay <= one.live
        unsent = set(range(one.committed, one.live)) - sent
        assert unsent <= set(range(one.replay, one.end)), "forgotten"
        assert set(range(one.committed, one.sent_below)) <= sent | set(range(one.committed))
