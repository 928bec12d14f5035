"""The regression list where it touches bounds and restarts: one named test a line."""

from pathlib import Path

import msgspec

from ingest.ledger_reader import LedgerReader
from processing.intervals import Cause
from simulators.clock import EPOCH_NS
from simulators.swarm import drain
from simulators.swarm_plan import KIB
from simulators.swarm_world import SwarmWorld
from tests.simulators.quiet_world import LIMITS, quiet_world, readings
from vocabulary.units import MS_PER_S, NS_PER_MS, S_PER_MIN

NAME = "gw-0"
DYING = "ap-gw-0-0"
LENGTH_S = 600.0
END_MS = EPOCH_NS // NS_PER_MS + round(LENGTH_S) * MS_PER_S
"""Behind it the street is hushed, and whoever looks then finds everything dark."""
RING_BYTES = 32 * KIB
PENDING_BYTES = 64 * KIB
Outages = set[tuple[str, Cause, int]]
Points = dict[tuple[str, str], dict[str, str]]


def bytes_held(world: SwarmWorld) -> tuple[int, int]:
    """What waits in the gateway's memory, and in the host's."""
    agent, pipeline = world.gateways[0].agent, world.host.pipeline
    assert agent is not None
    assert pipeline is not None
    return agent.spool.backlog_bytes, pipeline.pending_bytes


def test_queues_bounded_in_bytes(tmp_path: Path) -> None:
    """No card and no database for an hour: both sides hold what they may, and say what they gave.

    What a broker's client may hold is bounded in ``test_incoming_queue`` and
    ``test_broker_connection``, bytes from a port in ``test_serial_port``.
    """
    limits = msgspec.structs.replace(LIMITS, ring_bytes_max=RING_BYTES)
    with quiet_world(
        tmp_path, limits=limits, access_points=3, pending_bytes_max=PENDING_BYTES
    ) as world:
        world.run_for(30)
        world.gateways[0].disk.gone = True
        world.database.faults.is_down = True
        world.truth.gateways[NAME].allowance = world.truth.gateways[NAME].allowance._replace(
            evicts=True, faults=True
        )
        most = (0, 0)
        for _minute in range(60):
            world.run_for(S_PER_MIN)
            ring, pending = bytes_held(world)
            most = (max(most[0], ring), max(most[1], pending))
        agent = world.gateways[0].agent
        assert agent is not None
        assert sum(agent.spool.stats.ring_evicted_by_class) > 0
        assert most[0] <= RING_BYTES + LIMITS.segment_bytes
        assert PENDING_BYTES // 2 < most[1] <= 2 * PENDING_BYTES
        fates = drain(world)[NAME]
    assert fates.declared > 0
    assert fates.generated == sum(fates[1:])


def played(directory: Path, kill_s: tuple[float, ...], aps: int) -> tuple[Outages, Points]:
    """Outages and usage of ten minutes; the host is killed at these seconds and starts 5 s later.

    One access point dies in the fourth minute. What was sent to nobody comes again as history.
    """
    directory.mkdir()
    at_s = 0.0
    with quiet_world(directory, access_points=aps) as world:
        for next_s in (*kill_s, LENGTH_S):
            for stop_s in (210.0, next_s):
                if at_s < stop_s <= next_s:
                    world.run_for(stop_s - at_s)
                    at_s = stop_s
                if at_s == 210.0:
                    world._alarms[DYING].cancel()
            if next_s != LENGTH_S:
                world.host.kill()
        drain(world)
        with LedgerReader(directory / "ledger.sqlite") as ledger:
            rows = [row for row in ledger.outages() if row.start_ms < END_MS]
            outages = {(row.node, row.cause, row.start_ms) for row in rows}
        return outages, readings(world, "wifi_usage")


def total(points: Points, field: str) -> int:
    return sum(int(fields.get(field, "0i")[:-1]) for fields in points.values())


def test_windows_survive_restart(tmp_path: Path) -> None:
    """A window that restarts cut in pieces comes out as one that nothing cut."""
    outages, usage = played(tmp_path / "whole", (), 1)
    assert {row[0] for row in outages} == {DYING}
    between_beats = tuple(9.5 + 10 * turn for turn in range(6, 55))
    assert played(tmp_path / "cut", between_beats, 1) == (outages, usage)


def test_a_restart_that_misses_messages_changes_no_sum(tmp_path: Path) -> None:
    """They come again as history: counters tell the same in the end."""
    outages, usage = played(tmp_path / "whole", (), 2)
    kills = tuple(63.0 + 47 * turn for turn in range(10))
    again, late = played(tmp_path / "cut", kills, 2)
    assert {row[0] for row in again} == {row[0] for row in outages} == {DYING}
    assert late.keys() == usage.keys()
    for field in ("rx_delta_bytes", "tx_delta_bytes"):
        assert total(late, field) == total(usage, field) > 0
