"""Bad input, one kind after another: counted, bounded, explained, and nobody else's state moves."""

import numpy as np
import pytest

from processing.changes import NodeState
from processing.columns import NO_CUES, NO_READINGS, Answer, Reading, answers_of, readings_of
from processing.records import K_STRANGE, ApState
from processing.settings import Settings
from processing.state import new_state
from processing.step import step
from tests.processing.asked_street import run, told_by_gateways, town_of
from tests.processing.street import OK, START_NS, at_ns, beat
from vocabulary.metrics import code_of
from vocabulary.units import NS_PER_MS, NS_PER_S

CITY = town_of(gateways=2, aps=6)
VICTIM = "g0-a2"


def changes_of_others(rows: list[Reading]) -> list[tuple[str, str]]:
    told, _, _ = run(CITY, 300.0, rows=sorted(rows, key=lambda row: row.arrival_ns))
    return [(c.node, c.state.value) for c in told.changes if c.node != VICTIM]


CALM = changes_of_others(told_by_gateways(CITY, 300.0))


def jumping_clock() -> list[Reading]:
    """Its event times jump by an hour, back and forth."""
    rows = told_by_gateways(CITY, 300.0)
    ix = CITY.ix_of[VICTIM]
    hour_ns = 3_600 * NS_PER_S
    return [
        row._replace(ts_ns=row.ts_ns + hour_ns * (-1) ** k) if row.node_ix == ix else row
        for k, row in enumerate(rows)
    ]


def beats_every_microsecond() -> list[Reading]:
    rows = told_by_gateways(CITY, 300.0)
    first = at_ns(150.0)
    storm = [beat(CITY, VICTIM, 150.0)._replace(arrival_ns=first + 1_000 * k) for k in range(5_000)]
    return [*rows, *storm]


def fails_every_microsecond() -> list[Reading]:
    rows = told_by_gateways(CITY, 300.0)
    one = beat(CITY, VICTIM, 150.0, False)
    storm = [one._replace(arrival_ns=one.arrival_ns + 1_000 * k) for k in range(5_000)]
    return [*rows, *storm]


def backward_counters() -> list[Reading]:
    rows = told_by_gateways(CITY, 300.0)
    code, ix = code_of("wifi/rx_bytes"), CITY.ix_of[VICTIM]
    more = [
        row._replace(metric=code, value=1e6 - k, exact=10**6 - k)
        for k, row in enumerate(row for row in rows if row.node_ix == ix)
    ]
    return [*rows, *more]


def negative_clients() -> list[Reading]:
    """The value check of the host refuses them; should one slip through, it moves no state."""
    rows = told_by_gateways(CITY, 300.0)
    code, ix = code_of("wifi/clients"), CITY.ix_of[VICTIM]
    return [
        *rows,
        *(r._replace(metric=code, value=-5.0, exact=-5) for r in rows if r.node_ix == ix),
    ]


@pytest.mark.parametrize(
    "make",
    [
        jumping_clock,
        beats_every_microsecond,
        fails_every_microsecond,
        backward_counters,
        negative_clients,
    ],
)
def test_no_neighbours_state_changes(make: object) -> None:
    assert changes_of_others(make()) == CALM  # type: ignore[operator]


def test_a_beat_every_microsecond_says_no_more_than_one() -> None:
    told, state, witness = run(
        CITY, 300.0, rows=sorted(fails_every_microsecond(), key=lambda row: row.arrival_ns)
    )
    assert NodeState.DOWN not in [c.state for c in told.changes]
    assert len(witness.requests) <= 4
    assert np.all(state.aps["state"] == ApState.UP)


def test_an_access_point_that_reports_through_two_gateways() -> None:
    """Its records are those of its node, whoever brings them; the inventory says who is asked."""
    rows = told_by_gateways(CITY, 300.0)
    ix = CITY.ix_of[VICTIM]
    again = [
        row._replace(arrival_ns=row.arrival_ns + 200 * NS_PER_MS, boot=7)
        for row in rows
        if row.node_ix == ix
    ]
    told, _, _ = run(CITY, 300.0, rows=sorted([*rows, *again], key=lambda row: row.arrival_ns))
    assert told.states(VICTIM) == ["up"]
    assert told.incidents == []


def test_answers_that_nobody_waited_for_are_counted() -> None:
    state = new_state(CITY, Settings(pause_ms=0), START_NS)
    rows = readings_of([beat(CITY, VICTIM, 1.0)])
    step(state, CITY, rows, NO_CUES, at_ns(2))
    ix = CITY.ix_of[VICTIM]
    made = [Answer(at_ns(3) + k, at_ns(3), ix, 99, 0, answered=False) for k in range(100)]
    outcome = step(state, CITY, NO_READINGS, NO_CUES, at_ns(4), answers=answers_of(made))
    assert state.known[K_STRANGE] == 100
    assert outcome.incidents == []
    assert state.aps[ix]["state"] == ApState.UP


def test_a_beat_of_a_gateway_is_no_beat_of_an_access_point() -> None:
    state = new_state(CITY, Settings(pause_ms=0), START_NS)
    node_ix = CITY.gateway_node_ix(0)
    row = Reading(at_ns(1), at_ns(1), node_ix, OK, 0.0)
    outcome = step(state, CITY, readings_of([row]), NO_CUES, at_ns(60))
    assert [c.level.value for c in outcome.changes if c.state is NodeState.UP] == ["gateway"]
