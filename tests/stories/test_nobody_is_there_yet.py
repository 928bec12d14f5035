"""Host and gateway start in a city whose broker and database do not run; then these appear."""

from collections import Counter
from pathlib import Path

import pytest

from simulators.installation import Installation, Rhythm, town
from simulators.processes import Program
from simulators.reconciliation import differences
from simulators.waiting import until

SEED = 404
RHYTHM = Rhythm(access_point_s=2.0, gateway_s=2.0, margin_s=0.5)


def times_said(program: Program, event: str) -> list[int]:
    """How often each reason of an event was said."""
    return list(Counter(row["reason"] for row in program.events(event)).values())


@pytest.mark.story
def test_each_absence_is_said_once_and_nothing_is_lost(tmp_path: Path) -> None:
    print(f"seed {SEED}")  # noqa: T201 - pytest shows it when the story fails
    inventory = town(gateways=1, aps_each=3, sensors_each=1)
    with Installation(
        inventory, seed=SEED, directory=tmp_path, rhythm=RHYTHM, servers_first=False
    ) as city:
        gateway = city.gateways["gw-1"]
        until(lambda: bool(city.host.events("broker_lost")), "the host misses the broker")
        until(lambda: bool(gateway.events("uplink_lost")), "the gateway misses the city's broker")
        until(lambda: bool(gateway.events("local_broker_lost")), "the gateway misses its own")
        city.local_broker.start()
        city.begin()
        city.live(5)
        city.city_broker.start()
        until(lambda: bool(gateway.events("uplink_up")), "the gateway found the broker")
        until(lambda: bool(city.host.events("not_storing")), "the host misses the database")
        city.live(6)
        city.influx.start()
        until(lambda: bool(city.host.events("storing")), "the host found the database")
        city.live(4)
        city.street.finish()
        city.drain()
        city.stop_gateways()
        city.host.stop()

        assert times_said(city.host, "broker_lost") == [1]
        assert times_said(gateway, "uplink_lost") == [1]
        assert times_said(gateway, "local_broker_lost") == [1]
        assert times_said(city.host, "not_storing") == [1]
        assert len(city.host.events("storing")) == 1
        assert differences(city.street, city.reader()) == []
        for program in city.programs:
            assert program.exit_code == 0
            assert program.unexpected() == []
