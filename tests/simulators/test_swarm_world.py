"""The world of one plan: what stands in it, and that time moves it."""

from pathlib import Path

from simulators.swarm import drain
from simulators.swarm_plan import FaultKind, draw
from simulators.swarm_world import inventory_of
from tests.simulators.quiet_world import PLAN, quiet_world


def test_the_inventory_is_that_of_the_plan() -> None:
    for seed in range(20):
        plan = draw(seed)
        inventory = inventory_of(plan)
        assert len(inventory.gateway) == plan.gateways
        assert len(inventory.access_point) == plan.gateways * plan.access_points
        assert len(inventory.sensor) == plan.gateways * plan.boards


def test_everything_on_the_street_is_stored(tmp_path: Path) -> None:
    with quiet_world(tmp_path, gateways=2, access_points=3) as world:
        world.run_for(61)
        fates = drain(world)
        assert set(fates) == {"gw-0", "gw-1"}
        heads = {head.split(",")[0] for head, _ts in world.database.points}
        assert {"sensor", "wifi_usage", "wifi_check", "gateway"} <= heads


def test_what_the_plan_excuses(tmp_path: Path) -> None:
    with quiet_world(tmp_path, begin=False) as world:
        assert not any(world.truth.gateways["gw-0"].allowance)
    kinds = (FaultKind.SMALL_SPOOL, FaultKind.DISK_FLIP, FaultKind.DISK_GONE)
    with quiet_world(tmp_path, *kinds, FaultKind.CLOCK_HOUR, begin=False) as world:
        assert all(world.truth.gateways["gw-0"].allowance)


def test_the_plan_of_the_quiet_worlds_is_quiet() -> None:
    assert not PLAN.kinds
    assert not PLAN.faults
