"""Births: what the drive shows of them, and the orders that a check must tell apart."""

from simulators.conformance import births
from simulators.conformance.mqtt_packets import Publish
from simulators.conformance.street_under_test import ONE
from simulators.conformance.verdicts import Verdict
from tests.simulators.conformance.hand_made import (
    all_shown,
    evidence,
    good,
    goodbye,
    numbered,
    said,
)

NODE, DEVICE = said("NBIRTH", numbered(0)), said("DBIRTH", numbered(1), "ap")
DATA, DEATH = said("DDATA", numbered(2), "ap"), said("DDEATH", numbered(3), "ap")


def test_all_of_it_is_shown(verdicts: list[Verdict]) -> None:
    all_shown(verdicts, "births")


def test_a_device_that_died_may_be_born_late() -> None:
    check = births.devices_right_after_the_node
    assert good(check, evidence((ONE, [NODE, DEVICE, DATA, DEATH, DEVICE]))) == [True, True]
    assert good(check, evidence((ONE, [NODE, DEVICE, DATA, DEVICE]))) == [True, False]


def test_data_before_a_birth() -> None:
    def check(steps: list[Publish]) -> list[bool]:
        seen = evidence((ONE, steps))
        return [look.good for look in births.data_after_all_births(seen, "DDATA")]

    assert check([NODE, DEVICE, DATA]) == [True]
    assert check([DATA, NODE, DEVICE]) == [False]
    assert check([NODE, DATA, DEVICE]) == [False]


def test_a_dead_device_may_send_its_history_only() -> None:
    history = numbered(4)
    history.metrics.add(alias=1, is_historical=True)
    fresh = numbered(5)
    fresh.metrics.add(alias=1)
    steps = [NODE, DEVICE, DEATH, said("DDATA", history, "ap"), said("DDATA", fresh, "ap")]
    assert good(births.device_lost, evidence((ONE, steps))) == [True, True, False]


def test_a_session_that_was_over_owes_no_births() -> None:
    asked = numbered(0)
    asked.metrics.add(name="Node Control/Rebirth", boolean_value=True)
    request = ("heard", said("NCMD", asked))
    over = evidence((ONE, [NODE, DEVICE, request, DATA, goodbye()]))
    busy = evidence((ONE, [NODE, DEVICE, request, *[DATA] * 4, goodbye()]))
    for check in (births.rebirth_stops_data, births.rebirth_is_whole):
        assert good(check, over) == []
        assert good(check, busy) == [False]
