"""Each kind of fault is done, undone after its time, and healed at the end."""

from pathlib import Path

import pytest

from simulators.network import WireFaults
from simulators.swarm import drain
from simulators.swarm_faults import Faults
from simulators.swarm_plan import STANDING, Fault, FaultKind
from simulators.virtual_influx import SinkFaults
from tests.simulators.quiet_world import quiet_world
from vocabulary.delivery import TimeQuality


@pytest.mark.parametrize("kind", sorted(set(FaultKind) - STANDING))
def test_a_fault_alone_breaks_no_promise(tmp_path: Path, kind: FaultKind) -> None:
    faults = tuple(Fault(15.0 + number, kind, 0, 20.0, 17 + number) for number in range(2))
    with quiet_world(tmp_path, kind, faults=faults) as world:
        Faults(world).arrange()
        world.run_for(60)
        assert any(kind in line for line in world.stage.log.lines)
        fates = drain(world)["gw-0"]
        assert fates.generated > 50


def test_all_is_as_it_was_once_healed(tmp_path: Path) -> None:
    kinds = sorted(set(FaultKind) - STANDING)
    faults = tuple(Fault(15.0 + number, kind, 0, 300.0, 1) for number, kind in enumerate(kinds))
    with quiet_world(tmp_path, *kinds, faults=faults) as world:
        Faults(world).arrange()
        world.run_for(60)
        drain(world)
        assert world.network.broker_up
        assert world.network.wire("gw-0") == WireFaults()
        assert world.database.faults == SinkFaults()
        disk = world.gateways[0].disk
        assert not any((disk.full, disk.read_only, disk.gone, disk.call_ns))
        assert world.gateways[0].clock.quality is TimeQuality.SYNCED
        assert not any((world.host.paused, world.host.ledger_refuses))
