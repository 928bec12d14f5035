"""One gateway of the swarm: power, process, link and a disk that makes it wait."""

from pathlib import Path

import pytest

from simulators.swarm import drain
from simulators.swarm_invariants import Violation
from simulators.swarm_plan import FaultKind
from tests.simulators.quiet_world import heard, quiet_world
from vocabulary.units import NS_PER_S


def test_it_boots_connects_and_is_heard(tmp_path: Path) -> None:
    with quiet_world(tmp_path) as world:
        births = heard(world, "spBv1.0/+/NBIRTH/+")
        world.run_for(20)
        gateway = world.gateways[0]
        assert (gateway.connects, len(births)) == (1, 1)
        assert gateway.agent is not None
        assert gateway.agent.spool.committed > 0


def test_it_does_not_spin(tmp_path: Path) -> None:
    with quiet_world(tmp_path) as world:
        world.run_for(10)
        agent = world.gateways[0].agent
        assert agent is not None
        agent.spool.tick = lambda now: None  # type: ignore[method-assign]  # noqa: ARG005
        with pytest.raises(Violation, match="spins"):
            world.run_for(20)


def test_a_killed_process_comes_back_in_the_same_boot_and_a_cut_one_in_the_next(
    tmp_path: Path,
) -> None:
    with quiet_world(tmp_path) as world:
        gateway = world.gateways[0]
        boots = []
        for end in (gateway.kill, gateway.stop, gateway.power_cut):
            world.run_for(20)
            assert gateway.agent is not None
            boots.append(gateway.agent.spool.boot)
            end()
            assert gateway.agent is None
        world.run_for(40)
        assert gateway.agent is not None
        assert [*boots, gateway.agent.spool.boot] == [1, 1, 1, 2]
        drain(world)


def test_it_may_end_in_any_call_to_its_disk(tmp_path: Path) -> None:
    with quiet_world(tmp_path, FaultKind.POWER_CUT_IN_CALL) as world:
        gateway = world.gateways[0]
        for call in range(1, 25, 3):
            world.run_for(12)
            gateway.end_in_call(call, kill=bool(call % 2))
            world.run_for(30)
        fates = drain(world)["gw-0"]
        assert fates.generated == fates.stored + fates.declared > 100


def test_while_it_waits_for_its_disk_everything_else_waits(tmp_path: Path) -> None:
    with quiet_world(tmp_path) as world:
        world.run_for(10)
        gateway = world.gateways[0]
        before = len(world.truth.gateways["gw-0"].records)
        gateway.disk.call_ns = 3 * NS_PER_S
        world.run_for(30)
        gateway.disk.call_ns = 0
        world.run_for(20)
        made = len(world.truth.gateways["gw-0"].records) - before
        assert made > 50, "what waited was sampled all the same"
        fates = drain(world)["gw-0"]
        assert fates.stored == fates.generated


def test_a_dead_card_does_not_stop_it(tmp_path: Path) -> None:
    with quiet_world(tmp_path, FaultKind.DISK_GONE) as world:
        world.run_for(20)
        gateway = world.gateways[0]
        gateway.disk.gone = True
        world.run_for(60)
        assert gateway.agent is not None
        stats = gateway.agent.spool.stats
        assert stats.ram_mode
        gateway.disk.gone = False
        world.run_for(90)
        assert (stats.ram_mode, stats.heals) == (False, 1)
        fates = drain(world)["gw-0"]
        assert fates.stored == fates.generated
