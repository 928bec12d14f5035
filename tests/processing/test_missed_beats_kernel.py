"""The kernel against its slow twin, and the states it must never reach."""

from typing import NamedTuple

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from processing.city import City
from processing.columns import NO_CUES, Cues, Reading, Readings, cues_of, readings_of
from processing.missed_beats import Follower, event_room, new_clock, rule_of
from processing.records import (
    AP_DTYPE,
    GATEWAY_DTYPE,
    NEVER,
    ApState,
    Event,
    EventKind,
    Records,
)
from processing.settings import Settings
from tests.processing import naive
from tests.processing.street import HEARTBEAT, OK, city_of
from vocabulary.units import NS_PER_MS

SETTINGS = Settings(pause_ms=0)
CITY = city_of([("a0", "g0", None), ("a1", "g0", None), ("a2", "g1", None)])
UNTIL_MS = 200_001
NAMES = {
    EventKind.SUSPECT: "suspect",
    EventKind.DOWN: "down",
    EventKind.ALIVE: "up",
    EventKind.BLIND_GATEWAY: "blind",
}


class Said(NamedTuple):
    """One thing that arrives: at, node, and for an access point what the beat says."""

    at_ms: int
    node_ix: int
    ok: bool


def reading(said: Said) -> Reading:
    at_ns = said.at_ms * NS_PER_MS
    metric = OK if said.node_ix < CITY.ap_count else HEARTBEAT
    return Reading(at_ns, at_ns, said.node_ix, metric, float(said.ok))


def followed(
    readings: Readings,
    cues: Cues = NO_CUES,
    *,
    city: City = CITY,
    until_ms: int = UNTIL_MS,
    settings: Settings = SETTINGS,
    aps: Records | None = None,
) -> list[Event]:
    gateways = np.zeros(city.gateway_count, dtype=GATEWAY_DTYPE)
    gateways["will_ns"] = NEVER
    aps = np.zeros(city.ap_count, dtype=AP_DTYPE) if aps is None else aps
    follower = Follower(city, rule_of(settings), new_clock(0), aps, gateways, event_room(city))
    events: list[Event] = []
    while (more := follower.more(readings, cues, until_ms * NS_PER_MS)) is not None:
        events += map(Event._make, more.tolist())
    return events


def transitions(events: list[Event]) -> set[tuple[int, int, str]]:
    return {(e.at_ms, e.node_ix, NAMES[EventKind(e.kind)]) for e in events if e.kind in NAMES}


MOMENTS = st.integers(0, 4 * 199).map(lambda quarter: 250 * quarter + 125)
STREAM = st.lists(
    st.builds(Said, MOMENTS, st.integers(0, CITY.node_count - 1), st.booleans()),
    max_size=120,
    unique_by=lambda said: said.at_ms,
).map(sorted)


@given(STREAM)
def test_agrees_with_the_slow_twin(stream: list[Said]) -> None:
    beats = [naive.Beat(said.at_ms, said.node_ix, said.ok) for said in stream]
    beats = [beat for beat in beats if beat.ap_ix < CITY.ap_count]
    seen_by = CITY.node_gateway_ix.tolist()
    arrivals = {
        gateway_ix: [said.at_ms for said in stream if seen_by[said.node_ix] == gateway_ix]
        for gateway_ix in range(CITY.gateway_count)
    }
    gateway_of = dict(enumerate(seen_by[: CITY.ap_count]))
    expected = naive.transitions(beats, arrivals, gateway_of, UNTIL_MS, SETTINGS)
    assert transitions(followed(readings_of(map(reading, stream)))) == expected


def steady(until_ms: int, *, dead_from_ms: int = 10**9) -> list[Said]:
    """Access point 0 beats until it dies, its gateway every five seconds for ever."""
    beats = [Said(at, 0, True) for at in range(2_000, min(until_ms, dead_from_ms), 10_000)]
    own = [Said(at, CITY.ap_count, True) for at in range(1_000, until_ms, 5_000)]
    return sorted(beats + own)


def test_down_after_three_beats_and_the_margin_of_observed_silence() -> None:
    events = followed(readings_of(map(reading, steady(120_000, dead_from_ms=60_000))))
    down = next(event for event in events if event.kind == EventKind.DOWN)
    last_ok_ms = 52_000
    proven_ms = 86_000  # the first word of the gateway after three beats and the margin
    assert down.at_ms == proven_ms
    assert (down.ok_ms, down.since_ms, down.missed) == (last_ok_ms, last_ok_ms, 3)


def test_nobody_is_down_while_the_gateway_is_silent() -> None:
    stream = [said for said in steady(300_000) if not 100_000 < said.at_ms < 200_000]
    events = followed(readings_of(map(reading, stream)), until_ms=300_000)
    kinds = {event.kind for event in events}
    assert EventKind.BLIND_GATEWAY in kinds
    assert not kinds & {EventKind.SUSPECT, EventKind.DOWN}


def test_a_single_beat_cannot_miss_twice() -> None:
    said = [Said(2_000, 0, True)]
    rows = [reading(s) for s in said]
    rows += [reading(Said(12_000 + ms, 0, False))._replace(mono_ms=12_000) for ms in range(20)]
    aps: Records = np.zeros(CITY.ap_count, dtype=AP_DTYPE)
    followed(readings_of(rows), until_ms=13_000, aps=aps)
    assert aps[0]["missed"] == 1
    assert aps[0]["state"] == ApState.SUSPECT


def test_failures_alone_do_not_make_an_unseen_node_down() -> None:
    rows = [reading(Said(at, 0, False)) for at in range(2_000, 100_000, 10_000)]
    events = followed(readings_of(rows), until_ms=110_000)
    assert all(event.node_ix >= CITY.ap_count for event in events)


def test_historical_records_prove_nothing() -> None:
    live = [reading(said) for said in steady(120_000, dead_from_ms=60_000)]
    late = [
        reading(Said(at, 0, True))._replace(historical=True) for at in range(62_000, 120_000, 9_000)
    ]
    rows = sorted(live + late, key=lambda row: row.arrival_ns)
    events = followed(readings_of(rows))
    assert EventKind.DOWN in {event.kind for event in events}
    assert sum(event.kind == EventKind.LATE_OK for event in events) == len(late)


@given(st.integers(0, 2**31), st.integers(1, 60))
def test_event_times_move_no_state(seed: int, size: int) -> None:
    chance = np.random.default_rng(seed)
    said = [
        Said(int(at), int(chance.integers(0, CITY.node_count)), bool(chance.integers(0, 2)))
        for at in np.sort(chance.choice(199_000, size, replace=False))
    ]
    straight = readings_of(map(reading, said))
    bent_ns: NDArray[np.int64] = chance.integers(0, 2**60, len(said))
    bent = straight._replace(ts_ns=bent_ns)
    assert transitions(followed(straight)) == transitions(followed(bent))


def test_a_pause_of_ours_is_nobodys_silence() -> None:
    settings = Settings(pause_ms=2_000)
    chatter = [Said(at, CITY.ap_count, True) for at in range(1_000, 200_000, 1_000)]
    stream = sorted({*steady(200_000), *chatter})
    paused = [said for said in stream if not 100_000 < said.at_ms < 170_000]
    events = followed(readings_of(map(reading, paused)), settings=settings, until_ms=200_000)
    kinds = [event.kind for event in events if event.node_ix == 0]
    assert kinds == [EventKind.ALIVE, EventKind.BLIND_HOST, EventKind.ALIVE]
    short = [said for said in stream if not 100_000 < said.at_ms < 108_000]
    events = followed(readings_of(map(reading, short)), settings=settings, until_ms=200_000)
    assert [event.kind for event in events if event.node_ix == 0] == [EventKind.ALIVE]


def test_the_room_may_be_small() -> None:
    """Many more events than the room holds come out, in order, none lost."""
    rows = [reading(Said(2_000, 0, True))]
    rows += [reading(Said(3_000 + at, 0, True))._replace(historical=True) for at in range(5_000)]
    events = followed(readings_of(rows), until_ms=10_000)
    late = [event.ts_ms for event in events if event.kind == EventKind.LATE_OK]
    assert late == list(range(3_000, 8_000))


def test_a_will_waits_for_its_grace_and_a_birth_cancels_it() -> None:
    stream = readings_of(map(reading, steady(100_000)))
    ms = NS_PER_MS
    # gateway speaks at 41 s; will at 42 s; next word of it at 46 s
    events = followed(stream, cues_of([(42_000 * ms, 0, 1)]), until_ms=50_000)
    will = next(event for event in events if event.kind == EventKind.GATEWAY_WILL)
    assert 45_000 <= will.at_ms <= 45_250
    cues = cues_of([(42_000 * ms, 0, 1), (44_000 * ms, 0, 2)])
    kinds = {event.kind for event in followed(stream, cues, until_ms=50_000)}
    assert EventKind.GATEWAY_WILL not in kinds


def test_without_a_broker_nobody_is_called_silent() -> None:
    ms = NS_PER_MS
    stream = [said for said in steady(300_000) if not 100_000 < said.at_ms < 170_000]
    cues = cues_of([(100_500 * ms, 0, 3), (150_000 * ms, 0, 4), (151_000 * ms, 0, 1)])
    events = followed(readings_of(map(reading, stream)), cues, until_ms=300_000)
    kinds = [event.kind for event in events if event.at_ms > 90_000]
    assert kinds == [EventKind.BLIND_HOST, EventKind.ALIVE]


def test_what_lay_before_a_birth_nobody_observed() -> None:
    """A gateway dies and is born twice, each time within its grace; its access points live on."""
    ms, gateway = NS_PER_MS, CITY.ap_count
    before = [Said(at, 0, True) for at in range(2_000, 42_001, 10_000)]
    alive = [*range(1_000, 43_001, 1_000), 57_500, 72_500, *range(73_000, 130_001, 1_000)]
    stream = sorted([*before, *(Said(at, gateway, True) for at in alive)])
    readings = readings_of(map(reading, stream))
    births = cues_of([(57_000 * ms, 0, 2), (72_000 * ms, 0, 2)])
    events = followed(readings, births, until_ms=130_000)
    downs = [one.at_ms for one in events if one.node_ix == 0 and one.kind == EventKind.DOWN]
    assert len(downs) == 1
    assert 101_000 <= downs[0] <= 103_000, "three beats after its gateway was heard for good"
