"""A small city out of real parts comes up, works, can be asked, and leaves nothing behind."""

import os
from pathlib import Path

import pytest

from simulators.installation import (
    Installation,
    Rhythm,
    everybody,
    gateway_configuration,
    host_configuration,
    town,
)
from simulators.reconciliation import differences
from simulators.servers import ServerFailed, listens
from simulators.stored_readings import by_gateway
from simulators.waiting import until
from vocabulary import inventory
from vocabulary.inventory import Gateway, Inventory

RHYTHM = Rhythm(access_point_s=1.0, gateway_s=1.0)
SMALL = town(gateways=1, aps_each=1, sensors_each=1)


def test_a_town_is_sound() -> None:
    made = town(gateways=2, aps_each=10, sensors_each=2)
    assert inventory.relations(made) == []
    assert (len(made.gateway), len(made.access_point), len(made.sensor)) == (2, 20, 4)


def test_strangers_join_the_town() -> None:
    stranger = Inventory(gateway=(Gateway("gw-9", "market", "riverside"),))
    made = everybody(SMALL, stranger)
    assert [row.gateway_id for row in made.gateway] == ["gw-1", "gw-9"]
    assert made.access_point == SMALL.access_point


def test_host_and_gateway_are_told_the_same_rhythm() -> None:
    host = host_configuration("mqtt://127.0.0.1", "http://127.0.0.1", RHYTHM)
    gateway = gateway_configuration(
        SMALL, "gw-1", broker="mqtt://127.0.0.1", local="mqtt://127.0.0.1", ports={}, rhythm=RHYTHM
    )
    assert host.detector.beat_ms == 1_000 * gateway.beat.access_point_s
    assert host.detector.gateway_beat_ms == 1_000 * gateway.beat.gateway_s
    assert host.host_id == gateway.uplink.host_id


@pytest.mark.story
def test_it_works_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with Installation(SMALL, seed=1, directory=tmp_path, rhythm=RHYTHM) as city:
        pids = [one.pid for one in (*city.servers, *city.programs)]
        port = city.city_broker.port
        city.begin()
        city.live(3)
        city.street.finish()
        city.drain()
        produced = city.stop_gateways()
        assert [one.exit_code for one in city.gateways.values()] == [0]
        city.host.stop()
        assert differences(city.street, city.reader()) == []
        assert by_gateway(city.reader()) == produced
    assert not listens(port)
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


@pytest.mark.story
def test_a_program_that_ends_by_itself_is_noticed(tmp_path: Path) -> None:
    with Installation(
        SMALL, seed=1, directory=tmp_path, rhythm=RHYTHM, servers_first=False, own_groups=True
    ) as city:
        assert not any(server.running for server in city.servers)
        assert os.getpgid(city.host.pid) == city.host.pid
        city.live(0.1)
        city.wake()
        assert all(server.running for server in city.servers)
        os.kill(city.host.pid, 9)
        until(lambda: not city.host.running, "the kernel took the host away")
        with pytest.raises(ServerFailed, match="ended by itself"):
            city.live(0.1)
