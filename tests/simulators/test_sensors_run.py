"""The account of a run is judged; the run itself is the command's (``simulate sensors``)."""

import msgspec
import pytest

from edge.configuration import MetricsPage
from edge.metrics_page import Page, Snapshot
from edge.serial_status import SensorStatus
from simulators.eight_sensors import eight
from simulators.sensors_run import Account, Pause, SensorAccount, SensorsRun, status_of
from simulators.servers import free_port

GOOD = SensorAccount("a-1", 10, 20, 0, 10, 10, 0, 0, 0, 0, 0, 0)
SHOWN = SensorStatus("a-1", "/dev/a", "sds011", "open", "running", 1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("change", "committed", "sound"),
    [
        ({}, 7, True),
        ({"wrong": 1}, 7, False),
        ({"stored_values": 0}, 7, False),
        ({}, 6, False),
    ],
)
def test_what_is_sound(change: dict[str, int], committed: int, sound: bool) -> None:
    one = msgspec.structs.replace(GOOD, **change)
    assert Account(60.0, (GOOD, one), 7, committed).sound is sound


def test_what_the_gateway_knows_comes_from_its_page() -> None:
    port = free_port()
    page = Page(MetricsPage(port=port))
    page.latest = Snapshot({}, {}, {}, serial=(SHOWN,))
    page.start()
    try:
        assert status_of(port) == {"a-1": SHOWN}
    finally:
        page.stop()


def test_a_pause_is_over_at_the_second_look() -> None:
    pause = Pause()
    assert [pause(), pause(), pause()] == [False, True, True]


def test_the_host_expects_every_sensor() -> None:
    rows = tuple(bench.row for bench in eight("/dev", 0))
    inventory = SensorsRun._inventory(rows)
    assert [row.sensor_id for row in inventory.sensor] == [row.sensor_id for row in rows]
    assert {row.gateway_id for row in inventory.sensor} == {inventory.gateway[0].gateway_id}
