"""Waiting ends when the thing happens, and otherwise says what never did."""

import pytest

from simulators.waiting import NeverHappened, until


def test_it_looks_until_it_happens() -> None:
    answers = [False, False, True]
    until(lambda: answers.pop(0), "the third look", pause_s=0.001)
    assert answers == []


def test_what_happened_already_is_not_waited_for() -> None:
    until(lambda: True, "at once", looks_max=1, pause_s=3_600)


def test_what_never_happens_is_named() -> None:
    looks: list[int] = []

    def look() -> bool:
        looks.append(1)
        return False

    with pytest.raises(NeverHappened, match="the lamp is lit"):
        until(look, "the lamp is lit", looks_max=3, pause_s=0.001)
    assert len(looks) == 3
