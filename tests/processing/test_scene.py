"""An event holds everything, and nothing of the one that stood there before."""

import numpy as np

from processing.city import GATEWAY_OF
from processing.detector import need_of, new_clock, new_known, rule_of
from processing.records import AP_DTYPE, EVENT_DTYPE, GATEWAY_DTYPE, REQUEST_DTYPE, Event, EventKind
from processing.scene import CURSOR_SIZE, EVENT_COUNT, Scene, gateway_of, say, say_ap, silence_ns
from processing.settings import Settings
from tests.processing.asked_street import town_of

CITY = town_of(gateways=2, aps=2)


def scene() -> Scene:
    room = np.ones(8, dtype=EVENT_DTYPE)
    return Scene(
        rule_of(Settings()),
        need_of(Settings()),
        np.zeros(3, dtype=np.int64),
        CITY.wiring,
        new_known(),
        new_clock(0),
        np.zeros(CITY.ap_count, dtype=AP_DTYPE),
        np.zeros(CITY.gateway_count, dtype=GATEWAY_DTYPE),
        np.zeros(CURSOR_SIZE, dtype=np.int64),
        room,
        np.zeros(4, dtype=REQUEST_DTYPE),
    )


def test_who_sees_whom() -> None:
    made = scene()
    assert [gateway_of(made, ix) for ix in range(CITY.node_count)] == CITY.node_gateway_ix.tolist()
    assert CITY.wiring[GATEWAY_OF] > 0


def test_nothing_is_left_of_the_event_before() -> None:
    made = scene()
    say(made, int(EventKind.GATEWAY_BACK), 5, 7, 9)
    event = Event._make(made.room[0].tolist())
    assert (event.kind, event.node_ix, event.at_ns, event.ts_ms) == (12, 5, 7, 9)
    assert (event.missed, event.probes, event.silence_nats, event.blames) == (0, 0, 0.0, 0)
    assert made.cursor[EVENT_COUNT] == 1


def test_silence_counts_from_the_last_beat_or_from_when_observation_began_anew() -> None:
    made = scene()
    made.gateways["seen_ns"], made.gateways["ts_ms"] = 90_000_000_000, 1_000_000
    made.aps["mark_ns"], made.aps["beat_ms"] = 60_000_000_000, 970_000
    assert silence_ns(made.aps[0], made.gateways[0]) == 30_000_000_000
    say_ap(made, int(EventKind.DOWN), 0, 1, -1, 3)
    assert made.room[0]["since_ms"] == 970_000
    made.gateways["fresh_ns"] = 80_000_000_000
    assert silence_ns(made.aps[0], made.gateways[0]) == 10_000_000_000
    say_ap(made, int(EventKind.DOWN), 0, 1, -1, 1)
    assert made.room[1]["since_ms"] == 990_000
