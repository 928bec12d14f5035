"""One record a beat, whatever the access point does: an ok, a fail, never both."""

from itertools import pairwise
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from edge.life import Beat, Life
from vocabulary.units import NS_PER_MS, NS_PER_S

BEAT_S, MARGIN_S = 10.0, 0.5
DUE_NS = round((BEAT_S + MARGIN_S) * NS_PER_S)


def life() -> Life:
    return Life("ap-one", beat_s=BEAT_S, margin_s=MARGIN_S, mono_ns=0)


def s(seconds: float) -> int:
    return round(seconds * NS_PER_S)


def test_a_message_is_an_ok() -> None:
    assert life().heard(s(3)) == Beat("ap-one", ok=True, seq=0, due_mono_ns=s(3))


def test_one_ok_an_interval_however_talkative() -> None:
    one = life()
    given_at = [at_s for at_s in range(60) if one.heard(s(at_s)) is not None]
    assert given_at == [0, 10, 20, 30, 40, 50]


def test_a_beat_that_comes_a_little_early_is_still_one() -> None:
    one = life()
    assert one.heard(s(10))
    assert one.heard(s(19.6))
    assert one.heard(s(29.0)) is None


def test_silence_for_an_interval_and_a_margin_is_a_fail_and_one_more_each_interval() -> None:
    one = life()
    assert one.tick(DUE_NS - 1) is None
    assert one.tick(DUE_NS) == Beat("ap-one", ok=False, seq=0, due_mono_ns=DUE_NS)
    assert one.tick(DUE_NS) is None
    assert one.tick(s(20.5)) == Beat("ap-one", ok=False, seq=1, due_mono_ns=s(20.5))


def test_the_fail_is_dated_when_it_fell_due() -> None:
    beat = life().tick(s(12))
    assert beat is not None
    assert beat.due_mono_ns == DUE_NS


def test_the_first_word_after_silence_is_an_ok_at_once() -> None:
    one = life()
    one.heard(s(1))
    one.tick(s(11.5))
    beat = one.heard(s(11.6))
    assert beat is not None
    assert beat.ok


def test_what_we_slept_through_is_not_reported() -> None:
    one = life()
    one.heard(s(1))
    assert one.tick(s(600)) is None  # its messages wait in the queue, and come now
    beat = one.heard(s(600))
    assert beat is not None
    assert beat.ok
    assert beat.seq == 1


def test_after_a_pause_silence_is_counted_afresh() -> None:
    one = life()
    one.tick(s(600))
    assert one.deadline_ns == s(610.5)
    beat = one.tick(s(610.5))
    assert beat is not None
    assert not beat.ok


class Given(NamedTuple):
    """A beat, and the moment we gave it."""

    beat: Beat
    at_ns: int


@given(st.lists(st.integers(1, 15_000), max_size=60))
def test_never_an_ok_and_a_fail_for_the_same_beat(gaps_ms: list[int]) -> None:
    """The shell ticks when it is told to; messages come when they come."""
    one, now_ns = life(), 0
    beats: list[Given] = []
    heard_ns: list[int] = []

    def note(beat: Beat | None, at_ns: int) -> None:
        if beat is not None:
            beats.append(Given(beat, at_ns))

    for gap_ms in gaps_ms:
        until_ns = now_ns + gap_ms * NS_PER_MS
        while one.deadline_ns <= until_ns:
            now_ns = one.deadline_ns
            note(one.tick(now_ns), now_ns)
        now_ns = until_ns
        heard_ns.append(now_ns)
        note(one.heard(now_ns), now_ns)
    assert [given.beat.seq for given in beats] == list(range(len(beats)))
    early_ns = s(BEAT_S - MARGIN_S)
    for before, after in pairwise(beats):
        assert before.at_ns <= after.at_ns
        if before.beat.ok and after.beat.ok:
            assert after.at_ns - before.at_ns >= early_ns
    for beat, at_ns in beats:
        if not beat.ok:  # nothing at all was heard in the time it stands for
            assert not any(at_ns - DUE_NS < heard < at_ns for heard in heard_ns)
        else:
            assert at_ns in heard_ns


@given(st.integers(0, 200))
def test_a_dead_one_gives_exactly_one_fail_an_interval(intervals: int) -> None:
    one = life()
    end_ns = DUE_NS + intervals * s(BEAT_S)
    fails = 0
    while one.deadline_ns <= end_ns:
        fails += one.tick(one.deadline_ns) is not None
    assert fails == intervals + 1


def test_after_its_greatest_age_it_has_left_and_beats_no_more_until_it_is_back() -> None:
    life = Life("ap", beat_s=10.0, margin_s=0.5, mono_ns=0, max_age_s=35.0)
    assert life.heard(0) is not None
    fails = []
    for second in range(1, 200):
        beat = life.tick(second * NS_PER_S)
        if beat is not None:
            assert not life.has_left
            fails.append(beat.due_mono_ns / NS_PER_S)
    assert fails == [10.5, 20.5, 30.5]
    assert life.has_left
    assert life.deadline_ns > 10**6 * NS_PER_S
    back = life.heard(300 * NS_PER_S)
    assert back is not None
    assert (back.ok, back.seq, life.has_left) == (True, 4, False)
    assert life.deadline_ns == 310.5 * NS_PER_S
