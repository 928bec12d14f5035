"""The final ledger is a function of the records: a thousand examples of each change to a stream.

A small street, so that a thousand runs cost seconds. Whatever order records come in, however often
or late, and however the stream is cut, the rows that stand are the same.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from processing.columns import NO_CUES, NO_READINGS, Readings, readings_of
from processing.settings import Settings
from processing.state import State, new_state
from processing.step import step
from tests.processing.asked_street import told_by_gateways, town_of
from tests.processing.street import START_NS, Told, at_ns
from vocabulary.units import NS_PER_S

CITY = town_of(gateways=2, aps=3)
OFF = {"g0-a1": [(62.0, 151.0)], "g1-a2": [(20.0, 105.0)]}
READINGS = readings_of(told_by_gateways(CITY, 240.0, off=OFF, gone={"g1": [(120.0, 170.0)]}))
SETTINGS = Settings(pause_ms=0, sweep_ms=2_000, probes=False)
END_S = 900.0
EXAMPLES = 1_000

Row = tuple[str, str, int, int | None, str]
seeds = st.integers(0, 2**31)


class Ran(NamedTuple):
    """What a run left behind."""

    rows: set[Row]
    told: Told
    state: State


def ran(readings: Readings, cuts: tuple[int, ...] = (), *, restart: bool = False) -> Ran:
    """Run it; with ``restart`` from a checkpoint after every cut."""
    state = new_state(CITY, SETTINGS, START_NS)
    outcomes = []
    for low, high in pairwise((0, *cuts, readings.ts_ns.size)):
        part = Readings._make(column[low:high] for column in readings)
        now_ns = int(readings.arrival_ns[high - 1]) if high else START_NS
        outcomes.append(step(state, CITY, part, NO_CUES, now_ns))
        if restart:
            state = State.from_bytes(state.to_bytes(CITY), CITY, SETTINGS, now_ns)
    outcomes.append(step(state, CITY, NO_READINGS, NO_CUES, at_ns(END_S)))
    told = Told(outcomes)
    rows = {
        (row.node, row.level.value, row.start_ms, row.end_ms, row.state.value)
        for node in CITY.node_ids
        for row in told.standing(node)
        if row.state == "down" and row.level == "ap"
    }
    return Ran(rows, told, state)


PLAIN = ran(READINGS)


def test_there_is_something_to_be_the_same() -> None:
    assert {row[0] for row in PLAIN.rows} == set(OFF)


def sorted_by_arrival(readings: Readings) -> Readings:
    order = np.argsort(readings.arrival_ns, kind="stable")
    return Readings._make(column[order] for column in readings)


@settings(max_examples=EXAMPLES, deadline=None)
@given(seeds)
def test_permuted_doubled_and_delayed(seed: int) -> None:
    """A fifth comes twice, a few from the spool and late by up to minutes, in any order."""
    rng = np.random.default_rng(seed)
    n = READINGS.ts_ns.size
    again = np.flatnonzero(rng.random(n) < 0.2)
    twice = Readings._make(np.concatenate((c, c[again])) for c in READINGS)
    late = np.flatnonzero((rng.random(n) < 0.03) & (READINGS.ts_ns < at_ns(110.0)))
    arrival_ns = twice.arrival_ns.copy()
    arrival_ns[n:] += rng.integers(0, NS_PER_S, again.size)
    arrival_ns[late] += rng.integers(1, 300, late.size) * NS_PER_S
    historical = twice.historical.copy()
    historical[late] = True
    changed = sorted_by_arrival(twice._replace(arrival_ns=arrival_ns, historical=historical))
    assert ran(changed).rows == PLAIN.rows


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(st.integers(0, READINGS.ts_ns.size), max_size=8))
def test_batch_sizes_change_not_a_bit(cuts: list[int]) -> None:
    apart = ran(READINGS, tuple(sorted(cuts)))
    assert apart.told.changes == PLAIN.told.changes
    assert apart.told.intervals == PLAIN.told.intervals
    assert apart.told.incidents == PLAIN.told.incidents
    assert apart.state.aps.tobytes() == PLAIN.state.aps.tobytes()
    assert apart.state.known.tobytes() == PLAIN.state.known.tobytes()


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(st.integers(1, READINGS.ts_ns.size), max_size=3))
def test_cut_and_restored_from_a_checkpoint(cuts: list[int]) -> None:
    apart = ran(READINGS, tuple(sorted(cuts)), restart=True)
    assert apart.told.changes == PLAIN.told.changes
    assert apart.told.intervals == PLAIN.told.intervals
    assert apart.state.aps.tobytes() == PLAIN.state.aps.tobytes()
