"""Which node is hit by what and when: the faults of one run, drawn before it begins.

Each node draws from a stream of its own, named after the fault and the node, so that another
site, another fault or a longer run changes nothing of what was drawn here. Times are whole
milliseconds, for that is what travels.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import numpy as np

from simulators.chance import stream
from simulators.scenario import Kind, Length, Scenario, Trouble, check_nodes
from simulators.town import Town
from simulators.truth import TrueLevel
from vocabulary.units import NS_PER_MS, NS_PER_S

YEAR_S: Final = 31_557_600.0
REST_S: Final = 600.0
"""A node that was hit is left alone for so long after, so that two outages stay two."""
BROKER: Final = "broker"
HOST: Final = "host"

_LEVELS: Final = {
    Kind.AP_CRASH: TrueLevel.AP,
    Kind.RADIO_OFF: TrueLevel.AP,
    Kind.FLAPPING: TrueLevel.AP,
    Kind.DEGRADATION: TrueLevel.AP,
    Kind.GATEWAY_POWER: TrueLevel.GATEWAY,
    Kind.GATEWAY_EXIT: TrueLevel.GATEWAY,
    Kind.MAINTENANCE: TrueLevel.GATEWAY,
    Kind.COINCIDENCE: TrueLevel.GATEWAY,
    Kind.CLOCK_STEP: TrueLevel.GATEWAY,
    Kind.SESSION_TAKEOVER: TrueLevel.GATEWAY,
    Kind.BACKHAUL_CUT: TrueLevel.BACKHAUL,
    Kind.FEEDER_OUT: TrueLevel.FEEDER,
    Kind.BROKER_RESTART: TrueLevel.BROKER,
    Kind.PROCESSOR_PAUSE: TrueLevel.BROKER,
}


class Fault(NamedTuple):
    """One thing that happens to one node from ``start_ns`` to ``end_ns``."""

    kind: Kind
    level: TrueLevel
    node: str
    start_ns: int
    end_ns: int
    trouble: Trouble
    members: tuple[str, ...] = ()
    """Access points that are hit beside it, for a coincidence and inside a maintenance."""

    @property
    def length_ns(self) -> int:
        """How long it lasts."""
        return self.end_ns - self.start_ns


def level_of(kind: Kind) -> TrueLevel:
    """What sort of node a kind of fault hits."""
    return _LEVELS[kind]


def length_s(law: Length, rng: np.random.Generator) -> float:
    """One length, in seconds."""
    drawn = law.median_s
    if law.law == "choice" and law.values_s:
        drawn = float(rng.choice(np.array(law.values_s)))
    elif law.law == "exponential":  # of this median
        drawn = float(rng.exponential(law.median_s / math.log(2.0)))
    elif law.law == "lognormal":
        drawn = float(rng.lognormal(math.log(max(law.median_s, 1e-9)), law.sigma_ln))
    elif law.law == "loguniform":
        drawn = float(np.exp(rng.uniform(math.log(max(law.min_s, 1e-3)), math.log(law.max_s))))
    return min(max(drawn, law.min_s), law.max_s)


def _ns(start_ns: int, seconds: float) -> int:
    return start_ns + round(seconds * 1_000) * NS_PER_MS


class _Victims(NamedTuple):
    """Nodes of each level, and the access points of each gateway."""

    nodes: Mapping[TrueLevel, tuple[str, ...]]
    aps_of: Mapping[str, tuple[str, ...]]


def _victims(town: Town) -> _Victims:
    inventory = town.inventory
    aps_of: dict[str, list[str]] = {row.gateway_id: [] for row in inventory.gateway}
    for ap in inventory.access_point:
        aps_of[ap.gateway_id].append(ap.ap_id)
    nodes = {
        TrueLevel.AP: tuple(row.ap_id for row in inventory.access_point),
        TrueLevel.GATEWAY: tuple(aps_of),
        TrueLevel.BACKHAUL: tuple(town.backhauls()),
        TrueLevel.FEEDER: tuple(town.feeders()),
    }
    return _Victims(nodes, {gateway: tuple(rows) for gateway, rows in aps_of.items()})


def _nodes_hit(kind: Kind, victims: _Victims) -> tuple[str, ...]:
    if kind is Kind.BROKER_RESTART:
        return (BROKER,)
    if kind is Kind.PROCESSOR_PAUSE:
        return (HOST,)
    return victims.nodes[_LEVELS[kind]]


def _one(
    trouble: Trouble, node: str, start_ns: int, rng: np.random.Generator, victims: _Victims
) -> Fault:
    end_ns = _ns(start_ns, max(0.001, length_s(trouble.length, rng)))
    members: tuple[str, ...] = ()
    if trouble.kind in (Kind.COINCIDENCE, Kind.MAINTENANCE):
        behind = victims.aps_of.get(node, ())
        if trouble.kind is Kind.COINCIDENCE:  # strangers: nobody may find a common parent
            behind = victims.nodes[TrueLevel.AP]
        count = min(trouble.ap_count, len(behind))
        members = tuple(behind[ix] for ix in rng.choice(len(behind), count, replace=False))
    return Fault(trouble.kind, _LEVELS[trouble.kind], node, start_ns, end_ns, trouble, members)


def _renewal(
    trouble: Trouble,
    node: str,
    rng: np.random.Generator,
    span: tuple[int, float],
    victims: _Victims,
) -> Iterable[Fault]:
    """The faults of one node, one after the other; ``span`` is (start_ns, duration_s)."""
    start_ns, duration_s = span
    mean_s = YEAR_S / trouble.per_year
    at_s = float(rng.exponential(mean_s))
    while at_s < duration_s:
        fault = _one(trouble, node, _ns(start_ns, at_s), rng, victims)
        yield fault
        at_s += fault.length_ns / NS_PER_S + REST_S + float(rng.exponential(mean_s))


def draw_faults(town: Town, scenario: Scenario, seed: int, *, duration_s: float) -> list[Fault]:
    """Every fault of a run, in order of time.

    Raises:
        NodeAbsent: a fault names a node that the town has not.
    """
    check_nodes(scenario, town.nodes() | {BROKER, HOST})
    victims, start_ns = _victims(town), scenario.calendar.start_ns
    seen: Counter[Kind] = Counter()
    faults: list[Fault] = []
    for trouble in scenario.trouble:
        label = f"{trouble.kind}/{seen[trouble.kind]}"
        seen[trouble.kind] += 1
        nodes = _nodes_hit(trouble.kind, victims)
        if trouble.at_s is not None:
            rng = stream(seed, label, "at")
            node = trouble.node or str(rng.choice(np.array(nodes)))
            faults.append(_one(trouble, node, _ns(start_ns, trouble.at_s), rng, victims))
        elif trouble.per_year:
            for node in nodes:
                rng = stream(seed, label, node)
                faults.extend(_renewal(trouble, node, rng, (start_ns, duration_s), victims))
    return sorted(faults, key=lambda fault: (fault.start_ns, fault.node, fault.kind))
