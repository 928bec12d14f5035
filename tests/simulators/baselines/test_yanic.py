"""Offline after ten minutes without an answer, seen at the next save."""

from simulators.baselines.yanic import Yanic
from tests.simulators.detector_cases import every, told, watched


def test_offline_at_the_first_save_after_ten_minutes() -> None:
    seconds = [*every(10.0, 125.0), *every(10.0, 900.0, start=841.0)]
    said = told(Yanic(watched()), seconds, 905.0)
    assert said == [("down", 120.0 + 605.0, 180.0), ("up", 900.0, 900.0)]


def test_an_answer_at_the_tenth_poll_is_in_time() -> None:
    assert told(Yanic(watched()), [*every(10.0, 125.0), 719.0], 1_200.0) == []
