"""What stands around the kernel: its rule, its room, its guards."""

import numpy as np
import pytest

from processing.columns import NO_CUES, NO_READINGS, Reading, cues_of, readings_of
from processing.missed_beats import Follower, event_room, new_clock, rule_of
from processing.missed_beats_kernel import RULE_BEAT, RULE_DARK, RULE_MISSES
from processing.records import AP_DTYPE, GATEWAY_DTYPE
from processing.settings import Settings
from tests.processing.street import OK, city_of
from vocabulary.units import NS_PER_S

CITY = city_of([("a0", "g0", None), ("a1", "g1", None)])


def follower(ap_count: int = 2) -> Follower:
    aps = np.zeros(ap_count, dtype=AP_DTYPE)
    gateways = np.zeros(CITY.gateway_count, dtype=GATEWAY_DTYPE)
    return Follower(CITY, rule_of(Settings()), new_clock(0), aps, gateways, event_room(CITY))


def test_the_rule_is_in_nanoseconds() -> None:
    rule = rule_of(Settings(beat_ms=10_000, misses_down=4, gateway_beat_ms=5_000, margin_ms=500))
    assert rule[RULE_BEAT] == 10 * NS_PER_S
    assert rule[RULE_DARK] == 15.5 * NS_PER_S
    assert rule[RULE_MISSES] == 4


@pytest.mark.parametrize("node_ix", [-1, CITY.node_count])
def test_a_bad_index_stops_here(node_ix: int) -> None:
    with pytest.raises(AssertionError):
        follower().more(readings_of([Reading(1, 1, node_ix, OK, 1.0)]), NO_CUES, 2)


@pytest.mark.parametrize("gateway_ix", [-1, 2])
def test_a_bad_gateway_stops_here(gateway_ix: int) -> None:
    with pytest.raises(AssertionError):
        follower().more(NO_READINGS, cues_of([(1, gateway_ix, 0)]), 2)


def test_columns_of_different_length_stop_here() -> None:
    readings = readings_of([Reading(1, 1, 0, OK, 1.0)])._replace(value=np.zeros(2))
    with pytest.raises(AssertionError):
        follower().more(readings, NO_CUES, 2)


def test_records_of_another_city_stop_here() -> None:
    with pytest.raises(AssertionError):
        follower(ap_count=3)


def test_nothing_in_nothing_out() -> None:
    made = follower()
    events = made.more(NO_READINGS, NO_CUES, NS_PER_S)
    assert events is not None
    assert events.size == 0
    assert made.more(NO_READINGS, NO_CUES, NS_PER_S) is None
