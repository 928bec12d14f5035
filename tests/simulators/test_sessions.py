"""A gateway's sessions follow from what befell it; what it could not send comes later, in order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.beat_records import Piece
from simulators.effects import Effects
from simulators.fleet import fleet_of
from simulators.nature import BROKER, Fault
from simulators.scenario import Kind, Scenario
from simulators.sessions import Sessions, backlog_pieces, live_pieces, sessions_of, without
from simulators.truth import Span
from tests.simulators.town_worlds import SEED, at, fault, town
from vocabulary.units import NS_PER_S

END_S = 3_600.0
G = "gw-00000"


def sessions(*faults: Fault) -> Sessions:
    effects = Effects(fleet_of(town(), Scenario(), SEED), list(faults), at(0), at(END_S))
    return sessions_of(G, effects, SEED)


def seconds(spans: list[Span]) -> list[tuple[float, float]]:
    return [((start - at(0)) / NS_PER_S, (end - at(0)) / NS_PER_S) for start, end in spans]


def test_a_calm_run_is_one_session() -> None:
    made = sessions()
    ((start_s, end_s),) = seconds(made.connected)
    assert 0 <= start_s <= 60
    assert end_s == END_S
    assert made.births_ns == [made.connected[0][0]]
    assert made.wills_ns == []


def test_a_silent_death_is_noticed_by_patience_and_an_exit_at_once() -> None:
    silent = sessions(fault(Kind.GATEWAY_POWER, G, 600, 1_200))
    assert silent.wills_ns == [at(615)]
    assert seconds(silent.connected)[0][1] == 600
    assert 1_200 <= seconds(silent.connected)[1][0] <= 1_260
    assert sessions(fault(Kind.GATEWAY_EXIT, G, 600, 1_200)).wills_ns == [at(600)]


def test_who_is_back_before_that_has_the_old_will_spoken_then() -> None:
    made = sessions(fault(Kind.BACKHAUL_CUT, "bh-0000", 600, 602))
    (will_ns,) = made.wills_ns
    assert will_ns == made.births_ns[1]
    assert at(602) <= will_ns <= at(607)


def test_a_dead_broker_speaks_no_will_and_takes_nobody() -> None:
    made = sessions(fault(Kind.BROKER_RESTART, BROKER, 600, 900))
    assert made.wills_ns == []
    first, second = seconds(made.connected)
    assert first[1] == 600
    assert second[0] >= 900


def test_a_take_over_is_births_without_a_pause() -> None:
    made = sessions(fault(Kind.SESSION_TAKEOVER, G, 600, 601))
    assert made.births_ns[1] == at(600)
    assert seconds(made.connected)[0][1] == seconds(made.connected)[1][0] == 600


@pytest.mark.parametrize("factor", [0.0, 10.0])
def test_all_that_was_kept_arrives_once_and_in_order(factor: float) -> None:
    made = sessions(
        fault(Kind.BACKHAUL_CUT, "bh-0000", 600, 1_200),
        fault(Kind.GATEWAY_POWER, G, 1_000, 1_100),
        fault(Kind.BACKHAUL_CUT, "bh-0000", 1_210, 1_300),
    )
    dead = [(at(1_000), at(1_100))]
    span = (at(0), at(END_S))
    pieces = backlog_pieces(made, dead, span, records_per_s=2.0, factor=factor)
    kept = without(without([span], made.connected, span[1]), dead, span[1])
    assert sum(one.end_ns - one.start_ns for one in pieces) == sum(b - a for a, b in kept)
    arrivals = [(one.arrive_ns, one.arrived_ns) for one in pieces]
    assert arrivals == sorted(arrivals)
    open_at = [start <= one.arrive_ns < end for one in pieces for start, end in made.connected]
    assert sum(open_at) == len(pieces)
    assert all(one.arrive_ns > one.start_ns for one in pieces)
    assert all(one.slope <= 0.1 + 1e-9 for one in pieces)


def test_live_pieces_are_the_sessions() -> None:
    made = Sessions([(5, 10), (20, 30)], [5, 20], [])
    assert live_pieces(made) == [Piece(5, 10, 5, 1.0), Piece(20, 30, 20, 1.0)]
    assert Piece(0, 100, 1_000, 0.1).arrived_ns == 1_010


cut = st.lists(st.integers(0, 50), min_size=2, max_size=8, unique=True).map(sorted)


@given(cut, cut)
def test_what_is_left_without_holes(ends: list[int], holes: list[int]) -> None:
    spans = list(zip(ends[::2], ends[1::2], strict=False))
    cuts = list(zip(holes[::2], holes[1::2], strict=False))
    left = without(spans, cuts, 50)
    for at_ns in range(50):
        inside = any(a <= at_ns < b for a, b in spans) and not any(a <= at_ns < b for a, b in cuts)
        assert inside == any(a <= at_ns < b for a, b in left)
