"""What is told of a sensor's line, to the city and to the doctor."""

import pytest

from edge.serial_status import LINK_METRICS, SensorStatus
from vocabulary.metrics import CATALOGUE, in_range


def status(**counters: int) -> SensorStatus:
    return SensorStatus(
        sensor_id="air-1",
        port="/dev/a",
        protocol="sds011",
        port_state="open",
        link="running",
        silence_s=1.0,
        no_reading_s=2.0,
        interval_s=1.0,
        reopens=3,
        counters=counters,
    )


def test_every_number_has_its_place_in_the_catalogue() -> None:
    values = status(frames=7, crc_errors=2, resyncs=1, out_of_range=4).link_values
    assert [name for name, _ in values] == list(LINK_METRICS)
    for name, value in values:
        assert not isinstance(value, str)
        assert in_range(CATALOGUE[name], value)
    assert dict(values)["link/refused"] == 6
    assert dict(values)["link/reopens"] == 3


def test_shares() -> None:
    assert status().error_share == status().unanswered_share == 0
    made = status(frames=98, crc_errors=2, requests=50, timeouts=0)
    assert made.error_share == pytest.approx(0.02)
    assert status(requests=50, timeouts=5).unanswered_share == pytest.approx(0.1)
