"""What stands around the kernel: its rule, its room, its guards."""

import numpy as np
import pytest

from processing.columns import (
    NO_CUES,
    NO_READINGS,
    Answer,
    Reading,
    answers_of,
    cues_of,
    readings_of,
)
from processing.detector import (
    Follower,
    Memory,
    event_room,
    need_of,
    new_clock,
    new_known,
    request_room,
    rule_of,
)
from processing.records import AP_DTYPE, GATEWAY_DTYPE
from processing.scene import NEED_AP, NEED_NOISY_AP, RULE_BEAT, RULE_DARK, RULE_MISSES
from processing.settings import Settings
from tests.processing.street import OK, city_of
from vocabulary.units import NS_PER_S

CITY = city_of([("a0", "g0", None), ("a1", "g1", None)])


def follower(ap_count: int = 2) -> Follower:
    aps = np.zeros(ap_count, dtype=AP_DTYPE)
    gateways = np.zeros(CITY.gateway_count, dtype=GATEWAY_DTYPE)
    room, requests = event_room(CITY), request_room(CITY)
    memory = Memory(new_clock(0), new_known(), aps, gateways, room, requests)
    return Follower(CITY, (rule_of(Settings()), need_of(Settings())), memory)


def test_the_rule_is_in_nanoseconds() -> None:
    rule = rule_of(Settings(beat_ms=10_000, misses_down=4, gateway_beat_ms=5_000, margin_ms=500))
    assert rule[RULE_BEAT] == 10 * NS_PER_S
    assert rule[RULE_DARK] == 15.5 * NS_PER_S
    assert rule[RULE_MISSES] == 4


def test_the_allowance_in_plain_words_is_the_threshold_in_nats() -> None:
    need = need_of(Settings(beat_ms=10_000, false_alarms_per_ap_year=0.05))
    assert need[NEED_AP] == pytest.approx(17.96, abs=0.01)  # ln(3.16e6 beats a year / 0.05)
    assert need[NEED_NOISY_AP] == pytest.approx(14.97, abs=0.01)
    bold = need_of(Settings(false_alarms_per_ap_year=5.0))
    assert bold[NEED_AP] == bold[NEED_NOISY_AP] < need[NEED_NOISY_AP]


def test_an_answer_of_nobody_stops_here() -> None:
    answers = answers_of([Answer(1, 1, CITY.ap_count, 1, 0, answered=True)])
    with pytest.raises(AssertionError):
        follower().more(NO_READINGS, NO_CUES, 2, answers)


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
