"""Readings in a store are counted once each, and what the host worked out is none."""

from pathlib import Path

from ingest.influx import InfluxSink
from ingest.influx_http import InfluxSettings
from ingest.influx_query import InfluxReader
from simulators.servers import InfluxDb
from simulators.stored_readings import RAW_FIELDS, by_gateway, in_file, in_influx
from vocabulary.line_protocol import render
from vocabulary.metrics import CATALOGUE

LINES = [
    render("wifi_usage", {"ap": "a", "gateway": "g1"}, {"clients": 1, "rx_bytes": 2}, 1_000),
    render("wifi_usage", {"ap": "a", "gateway": "g1"}, {"clients": 1, "rx_bytes": 2}, 1_000),
    render("wifi_usage", {"ap": "b", "gateway": "g2"}, {"clients": 1}, 1_000),
    render(
        "wifi_usage", {"ap": "b", "gateway": "g2"}, {"device_ms": 5, "rx_delta_bytes": 1}, 2_000
    ),
    render("node_state", {"ap": "b", "gateway": "g2"}, {"state": "down"}, 3_000),
    render("gateway", {"gateway": "g2"}, {"uptime_s": 9}, 1_000),
]


def test_every_catalogue_metric_is_a_reading() -> None:
    assert sum(map(len, RAW_FIELDS.values())) == len(CATALOGUE)


def test_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "lines.txt"
    assert in_file(path) == 0
    path.write_text("".join(f"{line}\n" for line in LINES), "utf-8")
    assert in_file(path) == 4


def test_in_a_database(influx: InfluxDb) -> None:
    settings = InfluxSettings(influx.url, database="stored_readings")
    sink, reader = InfluxSink(settings), InfluxReader(settings)
    assert sink.write(LINES).stored == len(LINES)
    assert by_gateway(reader) == {"g1": 2, "g2": 2}
    assert in_influx(reader) == 4
    sink.close()
    reader.close()
