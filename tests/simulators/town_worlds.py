"""Small runs that the town's tests share; the seed is always said."""

from collections import Counter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from processing.columns import Readings
from processing.intervals import Interval
from processing.state import State, new_state
from processing.step import step
from simulators.arrivals import Arrivals
from simulators.nature import Fault
from simulators.scenario import Kind, Length, Scenario, Trouble
from simulators.town import Town, generate
from simulators.truth import TrueLevel
from vocabulary.metrics import code_of
from vocabulary.units import NS_PER_S

SEED = 11
HOUR_S = 3_600.0
START_NS = Scenario().calendar.start_ns
OK = code_of("wifi/ok")


def at(seconds: float) -> int:
    """So long after the start."""
    return START_NS + round(seconds * NS_PER_S)


def town(ap_count: int = 40) -> Town:
    return generate(ap_count, SEED)


def run_of(
    scenario: Scenario, *, aps: int = 40, seconds: float = HOUR_S, seed: int = SEED
) -> Arrivals:
    return Arrivals(town(aps), scenario, seed, seconds)


def fault(kind: Kind, node: str, start_s: float, end_s: float, **more: object) -> Fault:
    """One fault as nature would draw it."""
    level = TrueLevel.AP if node.startswith("ap-") else TrueLevel.GATEWAY
    level = TrueLevel.BACKHAUL if node.startswith("bh-") else level
    level = TrueLevel.FEEDER if node.startswith("fd-") else level
    members = more.pop("members", ())
    assert isinstance(members, tuple)
    return Fault(kind, level, node, at(start_s), at(end_s), Trouble(kind, **more), members)  # type: ignore[arg-type]


def once(kind: Kind, node: str, at_s: float, for_s: float, **more: object) -> Trouble:
    """One fault as a scenario would name it."""
    return Trouble(kind, at_s=at_s, node=node, length=Length(median_s=for_s), **more)  # type: ignore[arg-type]


class Seen(NamedTuple):
    """What the processor made of a run."""

    state: State
    intervals: list[Interval]
    changes: Counter[str]


def seen(run: Arrivals) -> Seen:
    state = new_state(run.city, run.settings, run.start_ns)
    made = Seen(state, [], Counter())
    for chunk in run:
        outcome = step(state, run.city, chunk.readings, chunk.cues, chunk.now_ns)
        made.intervals.extend(outcome.intervals)
        made.changes.update(f"{one.level} {one.state}" for one in outcome.changes)
    return made


def readings_of(run: Arrivals) -> Readings:
    """All readings of a run, in one piece."""
    parts = [chunk.readings for chunk in run]
    return Readings(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def beats_of(readings: Readings, node_ix: int) -> NDArray[np.float64]:
    """The beats of one node in order of event time: 1 or 0."""
    mine = (readings.node_ix == node_ix) & (readings.metric == OK)
    made: NDArray[np.float64] = readings.value[mine][
        np.argsort(readings.ts_ns[mine], kind="stable")
    ]
    return made
