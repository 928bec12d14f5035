"""nodata(60 s), looked at every 30 s: between 60 and 90 s after the last value."""

import pytest

from simulators.baselines.zabbix import ZabbixNodata
from tests.simulators.beat_world import START_NS
from tests.simulators.detector_cases import every, told, watched
from vocabulary.units import NS_PER_S


def test_the_start_lies_on_the_grid() -> None:
    assert START_NS % (300 * NS_PER_S) == 0  # the tests of all who ask at fixed times count on it


@pytest.mark.parametrize(("last", "at"), [(90.0, 150.0), (91.0, 180.0), (119.0, 180.0)])
def test_the_problem_begins_when_it_is_seen(last: float, at: float) -> None:
    said = told(ZabbixNodata(watched()), [*every(10.0, last), last], 400.0)
    assert said == [("down", at, at)]


def test_a_value_between_due_and_look_prevents_it() -> None:
    assert told(ZabbixNodata(watched()), [1.0, 62.0], 90.0) == []


def test_a_value_ends_it_at_once() -> None:
    assert told(ZabbixNodata(watched()), [0.0, 203.0], 210.0)[-1] == ("up", 203.0, 203.0)
