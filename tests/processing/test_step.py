"""Whole stories through ``step``: what people are told, what the ledger says, and for ever."""

from collections.abc import Callable
from itertools import pairwise
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processing.columns import NO_CUES, NO_READINGS, Cues, Reading, cues_of, readings_of
from processing.intervals import Cause, Level
from processing.settings import Settings
from processing.state import State, new_state, resume
from processing.step import REFUSED_BEFORE_EPOCH, REFUSED_FUTURE, step, warm_up
from tests.processing.street import (
    OK,
    SETTINGS,
    START_NS,
    Told,
    at_ns,
    beat,
    city_of,
    play,
    play_on,
    stream,
)
from vocabulary.metrics import code_of

CITY = city_of(
    [("a0", "g0", "pole"), ("a1", "g0", "pole"), ("a2", "g0", None), ("a3", "g1", "pole")]
)
YARD = city_of([("a0", "g0", None), ("a1", "g0", None), ("a2", "g1", None)])


def dead(*nodes: str, start: int, end: int) -> dict[str, range]:
    return dict.fromkeys(nodes, range(start, end))


def answers(
    gone: dict[str, range], *, by_silence: bool = False
) -> Callable[[str, int], bool | None]:
    def answer(ap: str, second: int) -> bool | None:
        if second in gone.get(ap, ()):
            return None if by_silence else False
        return True

    return answer


@pytest.mark.parametrize("by_silence", [False, True])
def test_an_access_point_goes_dark_and_comes_back(by_silence: bool) -> None:
    rows = stream(YARD, 300, answers=answers(dead("a0", start=95, end=165), by_silence=by_silence))
    told = play(YARD, rows, 300)
    assert told.states("a0") == ["up", "suspect", "down", "up"]
    assert told.spans("a0") == [("down", 95.0, 165.0)]
    (incident,) = told.latest_incidents().values()
    assert (incident.level, incident.node, incident.cause) == (Level.AP, "a0", Cause.ACCESS_POINT)
    assert (incident.end_ms or 0) - incident.start_ms == 70_000
    assert told.spans("a1") == told.spans("a2") == []


def test_an_outage_that_lasts_has_no_end() -> None:
    rows = stream(YARD, 200, answers=answers(dead("a0", start=95, end=999)))
    told = play(YARD, rows, 200)
    assert told.spans("a0") == [("down", 95.0, None)]
    assert told.latest_incidents().popitem()[1].end_ms is None


def test_a_silent_gateway_makes_nobody_down() -> None:
    rows = stream(YARD, 300, sends=lambda g, t: g != "g0" or not 100 <= t < 200)
    told = play(YARD, rows, 300)
    assert told.states("g0") == ["up", "down", "up"]
    assert told.states("a0") == told.states("a1") == ["up", "unobserved", "up"]
    assert told.spans("a0") == [("unobserved", 90.0, 200.0)]
    assert told.states("a2") == ["up"]
    (incident,) = told.latest_incidents().values()
    assert (incident.level, incident.node) == (Level.GATEWAY, "g0")
    assert set(incident.members) == {"g0", "a0", "a1"}
    assert incident.cause is Cause.GATEWAY  # nothing came from its spool: it did not live


def cut_off(gateway: str, start: int, end: int, **gone: range) -> list[Reading]:
    """A gateway without its link that keeps everything and sends it afterwards."""
    return stream(
        YARD,
        400,
        answers=answers(gone),
        sends=lambda g, t: True if g != gateway or not start <= t < end else float(end + 4),
    )


def test_back_filled_time_was_up_and_the_backhaul_is_to_blame() -> None:
    told = play(YARD, cut_off("g0", 100, 200), 400)
    assert told.spans("a0") == [("observed_up", 90.0, 200.0)]
    versions = [row.version for row in told.intervals if row.node == "a0"]
    assert versions == sorted(set(versions))
    (incident,) = told.latest_incidents().values()
    assert incident.cause is Cause.BACKHAUL
    assert "down" not in told.states("a0")


def test_an_outage_found_in_back_filled_time_pages_nobody() -> None:
    told = play(YARD, cut_off("g0", 100, 200, a0=range(115, 155)), 400)
    assert told.states("a0") == ["up", "unobserved", "up"]
    assert told.spans("a0") == [
        ("down", 115.0, 155.0),
        ("observed_up", 155.0, 200.0),
    ]
    assert {row.level for row in told.incidents} == {Level.GATEWAY}


def test_down_then_blind_then_back_is_one_incident() -> None:
    gone = answers(dead("a0", start=55, end=255))
    rows = stream(YARD, 400, answers=gone, sends=lambda g, t: g != "g0" or not 120 <= t < 200)
    told = play(YARD, rows, 400)
    assert told.spans("a0") == [
        ("down", 55.0, 110.0),
        ("unobserved", 110.0, 200.0),
        ("down", 200.0, 255.0),
    ]
    levels = [row.level for row in told.latest_incidents().values()]
    assert sorted(levels) == [Level.AP, Level.GATEWAY]
    assert all(row.end_ms is not None for row in told.latest_incidents().values())


def test_a_feeder_is_one_incident() -> None:
    gone = answers(dead("a0", "a1", "a3", start=100, end=200))
    told = play(CITY, stream(CITY, 400, answers=gone), 400)
    (incident,) = told.latest_incidents().values()
    assert (incident.level, incident.node, incident.cause) == (Level.FEEDER, "pole", Cause.FEEDER)
    assert sorted(incident.members) == ["a0", "a1", "a3"]
    assert incident.end_ms is not None
    for node in incident.members:
        assert told.states(node) == ["up", "suspect", "down", "up"]
        (row,) = told.standing(node)
        assert (row.cause, row.incident) == (Cause.FEEDER, incident.incident)
    declared = [c.at_ns for c in told.changes if c.state == "down"]
    assert max(declared) <= at_ns(100 + 45)


def test_a_healthy_neighbour_acquits_the_feeder() -> None:
    gone = answers(dead("a0", "a1", start=100, end=200))
    told = play(CITY, stream(CITY, 400, answers=gone), 400)
    assert {row.cause for row in told.latest_incidents().values()} == {Cause.ACCESS_POINT}
    assert len(told.latest_incidents()) == 2


def test_a_lone_outage_that_was_the_feeder_is_blamed_anew() -> None:
    """The other gateway is dark at first: one member alone is seen to fall."""
    city = city_of([("a0", "g0", "pole"), ("a1", "g1", "pole")])
    rows = stream(
        city,
        300,
        answers=answers(dead("a0", "a1", start=100, end=250)),
        sends=lambda g, t: g != "g1" or not 106 <= t < 126,
    )
    told = play(city, rows, 300)
    feeders = [row for row in told.latest_incidents().values() if row.level is Level.FEEDER]
    aps = [row for row in told.latest_incidents().values() if row.level is Level.AP]
    assert len(feeders) == 1
    assert aps == []
    assert set(feeders[0].members) == {"a0", "a1"}


def test_never_seen_is_unknown_not_down() -> None:
    rows = stream(YARD, 200, answers=lambda ap, _t: None if ap == "a0" else True)
    told = play(YARD, rows, 200)
    assert told.states("a0") == []
    assert [(r.state, r.reason, r.end_ms) for r in told.standing("a0")] == [
        ("unobserved", "never_seen", None)
    ]


def test_a_clock_that_jumps_moves_nobody() -> None:
    rows = stream(YARD, 300)
    for hour in (-1, 1, -24 * 365 * 40, 24 * 365 * 80):
        jump = hour * 3_600 * 10**9
        bent = [
            row._replace(ts_ns=row.ts_ns + jump) if row.arrival_ns > at_ns(100) else row
            for row in rows
        ]
        told = play(YARD, bent, 300)
        assert all(told.states(node) == ["up"] for node in ("a0", "a1", "a2", "g0", "g1"))
        assert told.intervals == []


def test_times_that_cannot_be_are_refused_and_counted() -> None:
    clients = code_of("wifi/clients")
    rows = [
        Reading(at_ns(400), at_ns(1), 0, clients, 3.0, 3, historical=True),
        Reading(-5, at_ns(1), 0, clients, 3.0, 3),
        Reading(at_ns(1), at_ns(1), 0, clients, 3.0, 3),
    ]
    state = new_state(YARD, SETTINGS, START_NS)
    outcome = step(state, YARD, readings_of(rows), NO_CUES, at_ns(2))
    assert outcome.refused == {REFUSED_FUTURE: 1, REFUSED_BEFORE_EPOCH: 1}
    assert outcome.usage.ts_ns.tolist() == [at_ns(1)]


def test_closed_rows_become_final() -> None:
    settings = Settings(pause_ms=0, final_after_ms=60_000)
    rows = stream(YARD, 400, answers=answers(dead("a0", start=95, end=165)))
    told = play(YARD, rows, 400, settings=settings)
    assert [row.status for row in told.standing("a0")] == ["final"]
    assert [row.version for row in told.intervals if row.node == "a0"] == [1, 2, 3]


def test_a_restart_is_nobodys_silence() -> None:
    settings = Settings()
    rows = [row for row in stream(YARD, 400) if not 200 <= (row.arrival_ns - START_NS) / 1e9 < 300]
    ticks = range(1, 400)
    state = new_state(YARD, settings, START_NS)
    outcomes = []
    for second in ticks:
        if 200 <= second < 300:
            continue
        if second == 300:
            state = State.from_bytes(state.to_bytes(YARD), YARD, settings, at_ns(second))
            resume(state, at_ns(second))
        part = [row for row in rows if at_ns(second - 1) <= row.arrival_ns < at_ns(second)]
        outcomes.append(step(state, YARD, readings_of(part), NO_CUES, at_ns(second)))
    told = Told(outcomes)
    assert told.states("g0") == ["up"]
    assert told.states("a0") == ["up", "unobserved", "up"]
    assert [row.reason for row in told.standing("a0")] == ["blind_via_host"]


def _story(chance: Random) -> tuple[list[Reading], Cues]:
    """Failures, silences and a back-filled blackout, at random."""
    gone = {
        ap: range(lo := chance.randrange(30, 300), lo + chance.randrange(0, 120))
        for ap in ("a0", "a1", "a2", "a3")
        if chance.random() < 0.7
    }
    lo = chance.randrange(50, 250)
    hi = lo + chance.randrange(5, 80)
    keeps = chance.random() < 0.5
    rows = stream(
        CITY,
        420,
        answers=answers(gone, by_silence=chance.random() < 0.3),
        sends=lambda g, t: True if g != "g0" or not lo <= t < hi else float(hi + 3) * keeps,
    )
    cues = cues_of([(at_ns(lo + 0.5), 0, 1)] if chance.random() < 0.5 else [])
    return [row for row in rows if chance.random() > 0.05], cues


@given(st.integers(0, 10**9), st.lists(st.integers(0, 400), max_size=12))
def test_cuts_and_restarts_from_disk_do_not_matter(seed: int, cuts: list[int]) -> None:
    rows, cues = _story(Random(seed))
    whole = play(CITY, rows, 450, cues=cues)
    parts = play(CITY, rows, 450, cues=cues, cuts=cuts)
    assert parts.changes == whole.changes
    assert parts.intervals == whole.intervals
    assert parts.incidents == whole.incidents
    half = min(len(rows) // 2, *cuts, len(rows)) if cuts else len(rows) // 2
    state = new_state(CITY, SETTINGS, START_NS)
    outcomes = [step(state, CITY, readings_of(rows[:half]), NO_CUES, START_NS)]
    restored = State.from_bytes(state.to_bytes(CITY), CITY, SETTINGS, START_NS)
    assert restored.to_bytes(CITY) == state.to_bytes(CITY)
    outcomes += play_on(restored, CITY, rows[half:], 450)
    plain = play(CITY, rows, 450)
    assert Told(outcomes).changes == plain.changes
    assert Told(outcomes).intervals == plain.intervals


@given(st.integers(0, 10**9))
def test_the_order_of_back_filled_beats_does_not_matter(seed: int) -> None:
    chance = Random(seed)
    rows = cut_off("g0", 100, 200, a0=range(110, 110 + chance.randrange(0, 60)))
    late = [row for row in rows if row.historical]
    live = [row for row in rows if not row.historical]
    slots = [row.arrival_ns for row in late]
    shuffled = list(late)
    chance.shuffle(shuffled)
    shuffled = [row._replace(arrival_ns=at) for row, at in zip(shuffled, slots, strict=True)]
    doubled = [*shuffled, *(row._replace(arrival_ns=row.arrival_ns + 1) for row in shuffled[::3])]
    mixed = sorted(live + doubled, key=lambda row: row.arrival_ns)
    a, b = play(YARD, rows, 400), play(YARD, mixed, 400)
    assert a.spans("a0") == b.spans("a0")
    assert a.spans("a1") == b.spans("a1")
    assert {i.cause for i in a.latest_incidents().values()} == {
        i.cause for i in b.latest_incidents().values()
    }


@given(st.integers(0, 10**9))
def test_the_rows_that_stand_never_overlap(seed: int) -> None:
    rows, cues = _story(Random(seed))
    told = play(CITY, rows, 450, cues=cues)
    for node in ("a0", "a1", "a2", "a3", "g0", "g1"):
        standing = told.standing(node)
        for a, b in pairwise(standing):
            assert a.end_ms is not None
            assert a.start_ms < a.end_ms <= b.start_ms


@given(st.integers(0, 10**9))
def test_another_street_changes_nothing(seed: int) -> None:
    rows, _ = _story(Random(seed))
    more = city_of(
        [*((CITY.node_ids[ix], f"g{CITY.node_gateway_ix[ix]}", None) for ix in range(4)),
         ("b0", "g2", None)],
        gateways=3,
    )  # fmt: skip
    alone = city_of([(CITY.node_ids[ix], f"g{CITY.node_gateway_ix[ix]}", None) for ix in range(4)])

    def moved(row: Reading) -> Reading:
        return row._replace(node_ix=row.node_ix + (row.node_ix >= 4))

    stranger = [beat(more, "b0", second + 0.7) for second in range(5, 400, 10)]
    mixed = sorted([*map(moved, rows), *stranger], key=lambda row: row.arrival_ns)
    assert play(more, mixed, 450).spans("a0") == play(alone, rows, 450).spans("a0")


def test_the_same_history_gives_the_same_ids() -> None:
    rows = stream(CITY, 400, answers=answers(dead("a0", "a1", "a3", start=100, end=200)))
    assert play(CITY, rows, 400).incidents == play(CITY, rows, 400).incidents


def test_an_index_out_of_range_stops_here() -> None:
    state = new_state(YARD, SETTINGS, START_NS)
    bad = readings_of([Reading(at_ns(1), at_ns(1), YARD.node_count, OK, 1.0)])
    with pytest.raises(AssertionError):
        step(state, YARD, bad, NO_CUES, at_ns(2))


def test_warm_up_leaves_nothing_to_compile() -> None:
    warm_up(YARD)
    warm_up(city_of([], gateways=0))
    outcome = step(new_state(YARD, SETTINGS, 0), YARD, NO_READINGS, NO_CUES, 5)
    assert outcome.changes == []
    assert outcome.usage.ts_ns.dtype == np.int64
