"""What a street said beside what a database holds: equal, missing, invented."""

from itertools import count
from pathlib import Path

import pytest

from ingest.influx import InfluxSink
from ingest.influx_http import InfluxSettings
from ingest.influx_query import InfluxReader
from simulators.access_point import Status
from simulators.installation import town
from simulators.real_street import RealStreet
from simulators.reconciliation import Difference, differences
from simulators.sds011_board import Sds011Board, Sent
from simulators.servers import InfluxDb
from simulators.stored_readings import by_gateway, in_influx
from vocabulary.line_protocol import render

AP, SENSOR = "ap-1-1", "air-1-1"
AT_MS = 1_800_000_000_000
_databases = count()


class Stored:
    """A street that has spoken, and a database to fill."""

    def __init__(self, server: InfluxDb, directory: Path) -> None:
        inventory = town(gateways=1, aps_each=1, sensors_each=1)
        self.street = RealStreet(inventory, seed=1, beat_s=1, directory=directory)
        self.street.boards[SENSOR] = board = Sds011Board(0, lambda _now_ns: (1, 2))
        self.street.access_points[AP].sent += [Status(0, 3, 100, 200, 9), Status(1, 3, 100, 200, 9)]
        board.sent.append(Sent(0, 1, 5_001, settled=True))
        settings = InfluxSettings(server.url, database=f"reconciled{next(_databases)}")
        self._sink, self.reader = InfluxSink(settings), InfluxReader(settings)

    def write(self, measurement: str, tag: str, node: str, at_ms: int, **fields: float) -> None:
        """One point."""
        tags = {tag: node, "gateway": "gw-1"}
        outcome = self._sink.write([render(measurement, tags, dict(fields), AT_MS + at_ms)])
        assert outcome.stored == 1

    def write_everything(self) -> None:
        """Exactly what the street said, with two beats and what the host works out."""
        usage = {"clients": 3, "rx_bytes": 100, "tx_bytes": 200, "uptime_s": 9}
        for ix in range(2):
            self.write("wifi_usage", "ap", AP, ix, **usage)
            self.write("wifi_check", "ap", AP, ix, seq=ix, ok=True)
        self.write("wifi_usage", "ap", AP, 7, device_ms=30_000)
        self.write("sensor", "sensor", SENSOR, 0, pm2_5_ugm3=0.1, pm10_ugm3=500.1)

    def differences(self) -> list[Difference]:
        """What the comparison says."""
        return differences(self.street, self.reader)


@pytest.fixture
def stored(influx: InfluxDb, tmp_path: Path) -> Stored:
    return Stored(influx, tmp_path)


def test_equal(stored: Stored) -> None:
    stored.write_everything()
    assert stored.differences() == []
    assert by_gateway(stored.reader) == {"gw-1": 14}
    assert in_influx(stored.reader) == 14


def test_the_same_status_twice_counts_twice(stored: Stored) -> None:
    stored.write_everything()
    stored.street.access_points[AP].sent.append(Status(2, 3, 100, 200, 9))
    assert stored.differences() == [Difference(AP, [(3, 100, 200, 9)], [])]


def test_a_reading_that_nobody_said(stored: Stored) -> None:
    stored.write_everything()
    stored.write("sensor", "sensor", SENSOR, 5, pm2_5_ugm3=0.2, pm10_ugm3=500.2)
    assert stored.differences() == [Difference(SENSOR, [], [(2, 5_002)])]


def test_a_beat_that_never_came(stored: Stored) -> None:
    stored.write_everything()
    stored.write("wifi_check", "ap", AP, 3, seq=3, ok=False)
    assert stored.differences() == [Difference(f"beats of {AP}", [2], [])]


def test_half_a_status_is_both_missing_and_invented(stored: Stored) -> None:
    stored.street.access_points[AP].sent.append(Status(2, 4, 5, 6, 7))
    stored.write_everything()
    stored.write("wifi_usage", "ap", AP, 8, clients=4)
    (found,) = stored.differences()
    assert found.missing == [(4, 5, 6, 7)]
    assert len(found.invented) == 1
