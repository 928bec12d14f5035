"""Long troubles and many gateways: at the end generated = stored + declared lost, to the record."""

from pathlib import Path

import msgspec
import pytest

from ingest.intake import Intake
from ingest.ledger_reader import LedgerReader
from simulators.swarm import drain
from simulators.swarm_invariants import Violation
from simulators.swarm_plan import KIB, FaultKind
from simulators.swarm_truth import Fates
from simulators.swarm_world import SwarmWorld
from tests.simulators.quiet_world import LIMITS, quiet_world
from vocabulary.units import S_PER_H, S_PER_MIN

GATEWAYS = 200
SMALL = msgspec.structs.replace(LIMITS, bytes_max=6 * LIMITS.segment_bytes, ring_bytes_max=32 * KIB)


def adds_up(world: SwarmWorld, directory: Path) -> dict[str, Fates]:
    """The truth's account and the ledger's own, compared."""
    fates = drain(world)
    with LedgerReader(directory / "ledger.sqlite") as ledger:
        accounts = ledger.accounts()
    for name, one in fates.items():
        assert one.generated == sum(one[1:]), name
        mine = [row for row in accounts if row.gateway == name]
        assert sum(row.lost for row in mine) == one.declared, name
        for row in mine:
            assert row.expected == row.received + row.lost + row.pending
    return fates


def test_the_host_pauses_while_two_hundred_gateways_speak(tmp_path: Path) -> None:
    with quiet_world(tmp_path, gateways=GATEWAYS, access_points=1, boards=0) as world:
        world.run_for(70)
        world.host.paused = True
        world.run_for(10)
        world.host.paused = False
        world.run_for(20)
        fates = adds_up(world, tmp_path)
    assert len(fates) == GATEWAYS
    assert all(one.stored == one.generated > 0 for one in fates.values())


def test_the_database_answers_500_for_ten_minutes(tmp_path: Path) -> None:
    with quiet_world(tmp_path, gateways=3) as world:
        world.run_for(70)
        world.database.faults.fails = 1.0
        world.run_for(10 * S_PER_MIN)
        assert world.host.pipeline is not None
        world.database.faults.fails = 0.0
        world.run_for(60)
        fates = adds_up(world, tmp_path)
    assert all(one.stored == one.generated > 500 for one in fates.values())


def test_the_spool_is_full_for_an_hour(tmp_path: Path) -> None:
    with quiet_world(tmp_path, FaultKind.SMALL_SPOOL, limits=SMALL) as world:
        world.run_for(70)
        world.network.cut("gw-0", up=True, down=True)
        world.run_for(2 * S_PER_H)
        agent = world.gateways[0].agent
        assert agent is not None
        before = agent.spool.stats.evicted_records
        assert before > 0
        assert agent.spool.backlog_bytes <= SMALL.bytes_max
        world.run_for(S_PER_H)  # full all the time
        assert agent.spool.stats.evicted_records > before
        world.network.cut("gw-0", up=False, down=False)
        fates = adds_up(world, tmp_path)["gw-0"]
    assert fates.declared > 100
    assert fates.stored + fates.declared == fates.generated


def test_a_loss_that_is_kept_quiet_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The gate itself: the same full spool, and a host that passes over what was given up."""
    monkeypatch.setattr(Intake, "_lost", lambda _self, *_given: None)
    with quiet_world(tmp_path, FaultKind.SMALL_SPOOL, limits=SMALL) as world:
        world.run_for(70)
        world.network.cut("gw-0", up=True, down=True)
        world.run_for(30 * S_PER_MIN)
        world.network.cut("gw-0", up=False, down=False)
        world.hush()
        made_ns = world.clock.now_ns()
        world.run_for(5 * S_PER_MIN)
        with pytest.raises(Violation, match=r"generated = stored \+ declared lost"):
            world.truth.close(made_ns)
