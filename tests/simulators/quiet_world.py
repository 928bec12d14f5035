"""A world of the swarm in which nothing fails but what the test breaks; the truth watches it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from edge.spool_policy import SpoolLimits
from simulators.broker import Message
from simulators.swarm_plan import KIB, FaultKind, Plan
from simulators.swarm_world import SwarmWorld

LIMITS = SpoolLimits(
    segment_bytes=16 * KIB,
    share_pct_max=100,
    free_bytes_min=0,
    free_pct_min=0,
    reserve_bytes=64 * KIB,
)
PLAN = Plan(
    seed=1,
    gateways=1,
    access_points=2,
    boards=1,
    fault_s=60.0,
    kinds=frozenset(),
    faults=(),
    limits=LIMITS,
    commit_s=2.0,
    pending_bytes_max=64 * KIB * KIB,
    replay_per_s=20.0,
    window=256,
)


@contextmanager
def quiet_world(
    directory: Path, *kinds: FaultKind, begin: bool = True, **changes: Any
) -> Iterator[SwarmWorld]:
    """A world that has begun, with the standing faults named and the plan changed."""
    plan = PLAN._replace(kinds=frozenset(kinds), **changes)
    world = SwarmWorld(plan, directory / "ledger.sqlite")
    try:
        if begin:
            world.begin()
        yield world
    finally:
        world.close()


def heard(world: SwarmWorld, topic_filter: str) -> list[Message]:
    """A listener at the broker; the list grows as messages come."""
    messages: list[Message] = []
    world.broker.connect(f"listener-{topic_filter}", messages.append).subscribe(topic_filter)
    return messages


def readings(world: SwarmWorld, measurement: str) -> dict[tuple[str, str], dict[str, str]]:
    """The points of one measurement."""
    points = world.database.points.items()
    return {spot: dict(fields) for spot, fields in points if spot[0].startswith(f"{measurement},")}
