"""Who is asked when: fair to the good, patient with the dead, and never more than a tenth for them.

``rs485_dead_slave`` and ``slave_returns`` are judged here on policy alone; with bytes in
``test_polled_line.py``, and with the real agent in ``tests/edge/test_regressions_serial.py``.
"""

from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.events import NEVER_NS
from firmware_bridge.poll_plan import (
    BACKOFF_NS_MAX,
    FAILING_SHARE_MAX,
    FAILURES_MAX,
    PollPlan,
    patience_ns,
    poll_ns,
    silence_ns,
)
from firmware_bridge.polled_sensor import Question
from vocabulary.units import NS_PER_MS, NS_PER_S

QUESTION = Question(bytes(8), 25, lambda _stream, _ix: 0)
ANSWER_NS = 40 * NS_PER_MS
PATIENCE_NS = 240 * NS_PER_MS


def test_silences_and_times_of_the_page() -> None:
    assert round(silence_ns(9_600) / NS_PER_MS) == 4
    assert round(silence_ns(2_400) / NS_PER_MS) == 16
    assert poll_ns(QUESTION, 9_600) // NS_PER_MS == 34 + 20 + 8
    assert patience_ns(QUESTION, 9_600) // NS_PER_MS == 234


def played(
    intervals_s: dict[str, float], dead: set[str], seconds: int, alive_from_s: float = 1e9
) -> tuple[dict[str, int], dict[str, int], int]:
    """Answers and questions per slave, and the time spent waiting for the dead."""
    plan = PollPlan({name: round(s * NS_PER_S) for name, s in intervals_s.items()}, 0)
    answers, asked, waited_ns = dict.fromkeys(intervals_s, 0), dict.fromkeys(intervals_s, 0), 0
    now_ns = 0
    while now_ns < seconds * NS_PER_S:
        name = plan.next(now_ns)
        if name is None:
            now_ns = max(now_ns + 1, plan.deadline_ns)
            continue
        asked[name] += 1
        began_ns = now_ns
        if name in dead and now_ns < alive_from_s * NS_PER_S:
            now_ns += PATIENCE_NS
            waited_ns += PATIENCE_NS
            plan.unanswered(name, asked_ns=began_ns, mono_ns=now_ns)
        else:
            now_ns += ANSWER_NS
            answers[name] += 1
            plan.answered(name, now_ns)
    return answers, asked, waited_ns


def test_rs485_dead_slave() -> None:
    intervals = dict.fromkeys(("a", "b", "c", "dead"), 1.0)
    answers, asked, waited_ns = played(intervals, {"dead"}, 3_600)
    for name in ("a", "b", "c"):
        assert answers[name] >= 0.95 * 3_600
    assert waited_ns <= FAILING_SHARE_MAX * 3_600 * NS_PER_S
    assert 15 <= asked["dead"] <= 40


def test_many_dead_ones_share_one_tenth() -> None:
    """In the first minute, when all of them would be asked often; later each waits by itself."""
    intervals = {"good": 1.0} | {f"dead-{ix}": 1.0 for ix in range(15)}
    answers, _, waited_ns = played(intervals, set(intervals) - {"good"}, 60)
    assert answers["good"] >= 0.95 * 60
    before_they_fail_ns = 15 * FAILURES_MAX * PATIENCE_NS
    assert waited_ns <= before_they_fail_ns + FAILING_SHARE_MAX * 60 * NS_PER_S + PATIENCE_NS


def test_slave_returns() -> None:
    answers, _, _ = played({"a": 1.0, "dead": 1.0}, {"dead"}, 1_000, alive_from_s=600)
    # Asked within one back-off, at most five minutes, and from then on as all the others.
    assert answers["dead"] >= 1_000 - 600 - 300 - 1


def test_a_failed_question_is_asked_again_at_once_twice() -> None:
    plan = PollPlan({"a": 10 * NS_PER_S}, 0)
    for number in range(3):
        assert plan.next(number) == "a"
        plan.unanswered("a", asked_ns=number, mono_ns=number)
    assert plan.next(3) is None
    assert plan.turns["a"].failing
    assert plan.turns["a"].due_ns == 2 + 10 * NS_PER_S


def test_back_off_doubles_to_five_minutes_and_no_further() -> None:
    plan, now_ns, waits = PollPlan({"a": NS_PER_S}, 0), 0, []
    for _ in range(14):
        plan.unanswered("a", asked_ns=now_ns, mono_ns=now_ns)
        waits.append(max(0, plan.turns["a"].due_ns - now_ns))
        now_ns = max(now_ns, plan.turns["a"].due_ns)
    assert [wait // NS_PER_S for wait in waits[:6]] == [0, 0, 1, 2, 4, 8]
    assert waits[-1] == BACKOFF_NS_MAX


def test_a_slow_rhythm_is_not_made_faster() -> None:
    plan = PollPlan({"a": 2 * BACKOFF_NS_MAX}, 0)
    for _ in range(5):
        plan.unanswered("a", asked_ns=0, mono_ns=0)
    assert plan.turns["a"].due_ns == 2 * BACKOFF_NS_MAX


def test_missed_rounds_are_left_out_not_caught_up() -> None:
    plan = PollPlan({"a": NS_PER_S}, 0)
    plan.answered("a", 10 * NS_PER_S + 1)
    assert plan.turns["a"].due_ns == 11 * NS_PER_S
    assert PollPlan({}, 0).deadline_ns == NEVER_NS


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=60))
def test_nobody_is_forgotten(turns: list[tuple[str, bool]]) -> None:
    plan, now_ns = PollPlan(dict.fromkeys("abc", NS_PER_S), 0), 0
    for name, good in turns:
        now_ns += 10 * NS_PER_MS
        if good:
            plan.answered(name, now_ns)
        else:
            plan.unanswered(name, asked_ns=now_ns, mono_ns=now_ns + PATIENCE_NS)
        assert plan.deadline_ns <= now_ns + 10 * BACKOFF_NS_MAX
        assert plan.next(plan.deadline_ns) is not None
