"""Wills and farewells: numbers one after the other, and the last word."""

import pytest

from simulators.conformance import wills
from simulators.conformance.mqtt_packets import Publish
from simulators.conformance.street_under_test import ONE
from simulators.conformance.verdicts import Verdict
from tests.simulators.conformance.hand_made import (
    all_shown,
    connect,
    evidence,
    good,
    goodbye,
    numbered,
    said,
)


def test_all_of_it_is_shown(verdicts: list[Verdict]) -> None:
    all_shown(verdicts, "wills")


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ((0, 1), [True, True]),
        ((255, 0), [True, True]),
        ((0, 0), [True, False]),
        ((3, 5), [True, False]),
    ],
)
def test_each_connect_takes_the_next_number(numbers: tuple[int, int], expected: list[bool]) -> None:
    seen = evidence(*((ONE, [connect(ONE, number)]) for number in numbers))
    assert good(wills.bd_seq_is_next, seen) == expected


def test_nothing_is_said_after_the_farewell() -> None:
    birth, data = said("NBIRTH", numbered(0)), said("NDATA", numbered(1))
    death = Publish(f"spBv1.0/north/NDEATH/{ONE}", b"", 1, False)
    check = wills.farewell_before_disconnect
    assert good(check, evidence((ONE, [birth, data, death, goodbye()]))) == [True]
    assert good(check, evidence((ONE, [birth, death, data, goodbye()]))) == [False]
    assert good(check, evidence((ONE, [birth, data, goodbye()]))) == [False]
    assert good(check, evidence((ONE, [birth, data]))) == []  # the broker speaks for it
    assert good(check, evidence((ONE, [goodbye()]))) == []  # nobody heard a birth
