"""The final rule: examples a person can check, a slow twin, and independence of order."""

from itertools import pairwise
from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from processing.intervals import IntervalState
from processing.settings import Settings
from processing.verdict import Live, Piece, Silence, encoded, pieces
from tests.processing import naive

SETTINGS = Settings()
DOWN, UP, UNOBSERVED = (
    IntervalState.DOWN,
    IntervalState.OBSERVED_UP,
    IntervalState.UNOBSERVED,
)


def judged(
    beats: dict[int, bool], silences: list[Silence] | None = None, live: Live = Live.CLOSED
) -> list[Piece]:
    """Beats are given in seconds."""
    codes = np.array([encoded(1_000 * at, ok) for at, ok in beats.items()], dtype=np.int64)
    return pieces(codes, silences or [], SETTINGS, live)


def test_an_outage_lasts_from_middle_to_middle() -> None:
    beats = {0: True, 10: False, 20: False, 30: False, 40: True}
    assert judged(beats) == [
        Piece(0, 5_000, UP),
        Piece(5_000, 35_000, DOWN),
        Piece(35_000, 40_000, UP),
    ]


def test_two_failures_are_a_blip() -> None:
    assert judged({0: True, 10: False, 20: False, 30: True}) == [Piece(0, 30_000, UP)]


def test_a_lost_record_inside_an_outage_does_not_split_it() -> None:
    beats = {0: True, 10: False, 30: False, 40: True}
    assert judged(beats)[1] == Piece(5_000, 35_000, DOWN)


def test_a_hole_is_unobserved() -> None:
    beats = {0: True, 10: True, 50: True}
    assert judged(beats) == [
        Piece(0, 10_000, UP),
        Piece(10_000, 50_000, UNOBSERVED),
    ]


def test_three_beats_are_no_hole() -> None:
    assert judged({0: True, 30: True}) == [Piece(0, 30_000, UP)]


def test_live_silence_stands_for_failures() -> None:
    assert judged({0: True, 60: True}, [Silence(0, 5)])[1] == Piece(5_000, 55_000, DOWN)


def test_late_records_outweigh_live_silence() -> None:
    beats = {0: True, 10: True, 20: True, 31: True, 39: True, 50: True, 60: True}
    assert judged(beats, [Silence(0, 5)]) == [Piece(0, 60_000, UP)]


def test_silence_then_records_of_failure() -> None:
    beats = {0: True, 40: False, 50: False, 60: True}
    assert judged(beats, [Silence(0, 3)])[1] == Piece(5_000, 55_000, DOWN)


def test_what_lasts_has_no_end() -> None:
    failing = {0: True, 10: False, 20: False, 30: False}
    assert judged(failing, live=Live.DOWN)[-1] == Piece(5_000, None, DOWN)
    assert judged(failing, live=Live.BLIND)[-2:] == [
        Piece(5_000, 30_000, DOWN),
        Piece(30_000, None, UNOBSERVED),
    ]
    assert judged({0: True}, live=Live.BLIND) == [Piece(0, None, UNOBSERVED)]


BEATS = st.dictionaries(st.integers(1, 400), st.booleans(), min_size=1, max_size=40)


@given(BEATS)
def test_agrees_with_the_slow_twin(inner: dict[int, bool]) -> None:
    beats = {0: True, **inner, 401: True}
    found = judged(beats)
    named = {DOWN: "down", UP: "up", UNOBSERVED: "unobserved"}
    in_ms = {1_000 * at: ok for at, ok in beats.items()}
    for at_ms in range(250, 401_000, 500):
        piece = next(p for p in found if p.end_ms is None or at_ms < p.end_ms)
        assert named[piece.state] == naive.state_at(at_ms, in_ms, SETTINGS)


@given(BEATS, st.randoms(use_true_random=False))
def test_order_and_doubles_do_not_matter(inner: dict[int, bool], chance: Random) -> None:
    codes = [encoded(1_000 * at, ok) for at, ok in {0: True, **inner}.items()]
    shuffled = [*codes, *codes[::2]]
    chance.shuffle(shuffled)
    a = pieces(np.array(codes), [Silence(0, 7)], SETTINGS, Live.CLOSED)
    assert a == pieces(np.array(shuffled), [Silence(0, 7)], SETTINGS, Live.CLOSED)


@given(BEATS, st.lists(st.tuples(st.integers(0, 300), st.integers(1, 20)), max_size=4))
def test_pieces_are_in_order_and_touch(
    inner: dict[int, bool], spans: list[tuple[int, int]]
) -> None:
    silences = [Silence(1_000 * at, missed) for at, missed in spans]
    found = judged({0: True, **inner, 500: True}, silences)
    assert found[0].start_ms == 0
    for a, b in pairwise(found):
        assert a.end_ms == b.start_ms
        assert a.state is not b.state
    assert found[-1].end_ms == 500_000
