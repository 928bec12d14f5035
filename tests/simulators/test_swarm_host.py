"""The host of the swarm: killed anywhere, paused, cut off, refused by its ledger."""

from pathlib import Path

import pytest

from simulators.swarm import drain
from simulators.swarm_host import ARRIVALS_MAX, HOST_ID
from tests.simulators.quiet_world import heard, quiet_world


@pytest.mark.parametrize("where", ["write", "written", "ledger", "ledgered"])
def test_it_dies_beside_a_write_and_nothing_differs(tmp_path: Path, where: str) -> None:
    with quiet_world(tmp_path) as world:
        for _ in range(3):
            world.run_for(15)
            world.host.kill_at(where)
        world.run_for(15)
        assert world.host.starts == 4
        fates = drain(world)["gw-0"]
        assert fates.stored == fates.generated


def test_a_pause_costs_nothing(tmp_path: Path) -> None:
    with quiet_world(tmp_path) as world:
        world.run_for(20)
        world.host.paused = True
        commits = world.truth.commits
        world.run_for(60)
        assert world.truth.commits == commits
        fates = drain(world)["gw-0"]
        assert fates.stored == fates.generated


def test_a_ledger_that_refuses_stops_the_commits(tmp_path: Path) -> None:
    with quiet_world(tmp_path) as world:
        world.run_for(20)
        world.host.ledger_refuses = True
        world.run_for(5)
        told = dict(world.truth.gateways["gw-0"].told)
        world.run_for(60)
        assert world.truth.gateways["gw-0"].told == told
        fates = drain(world)["gw-0"]
        assert fates.stored == fates.generated


def test_it_says_that_it_is_online_and_its_will_says_that_it_is_not(tmp_path: Path) -> None:
    with quiet_world(tmp_path, begin=False) as world:
        states = heard(world, f"spBv1.0/STATE/{HOST_ID}")
        world.begin()
        world.run_for(5)
        world.host.kill()
        world.run_for(20)
        said = [b"true" in one.payload for one in states]
        assert said[:3] == [True, False, True]
        assert all(said[2:]), "once more, when it sees itself offline"


def test_arrivals_have_a_bound(tmp_path: Path) -> None:
    with quiet_world(tmp_path) as world:
        world.run_for(10)
        world.host.paused = True
        data = heard(world, "spBv1.0/+/DDATA/#")
        world.run_for(5)
        for _ in range(ARRIVALS_MAX + 100):
            world.host._deliver(data[0])
        assert len(world.host._arrivals) == ARRIVALS_MAX
