"""seq: one after the other, and round."""

import pytest

from simulators.conformance import sequence
from simulators.conformance.street_under_test import ONE
from simulators.conformance.verdicts import Verdict
from tests.simulators.conformance.hand_made import all_shown, evidence, numbered, said


def test_all_of_it_is_shown(verdicts: list[Verdict]) -> None:
    all_shown(verdicts, "sequence")


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [((0, 1, 2), []), ((0, 255, 0), [False, True]), ((0, 254, 255, 1), [False, True, False])],
)
def test_without_a_turn_nothing_was_shown(numbers: tuple[int, ...], expected: list[bool]) -> None:
    verbs = ["NBIRTH", *["NDATA"] * (len(numbers) - 1)]
    steps = [said(verb, numbered(seq)) for verb, seq in zip(verbs, numbers, strict=True)]
    looks = sequence.follows_and_wraps(evidence((ONE, list(steps))))
    assert [look.good for look in looks] == expected
