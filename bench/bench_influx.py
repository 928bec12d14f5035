"""Points written: ours beside influxdb-client's batching writer, on a real InfluxDB 1.x.

Both make every point from values, both send batches of 5,000 with gzip over one connection, and
both are done when the server has said so; the server is then asked whether it has them all.
1.x before 1.8 does not know the client's path, so its requests are turned to /write at the last
moment; nothing else of the client is touched.
"""

import time
from collections.abc import Callable
from statistics import median
from typing import Any, Final

import influxdb_client

from bench.figure import Figure
from ingest.influx import InfluxSink
from ingest.influx_http import BATCH_LINES_MAX, InfluxSettings
from ingest.influx_query import InfluxReader
from simulators.servers import InfluxDb
from vocabulary.line_protocol import render

FAMILY: Final = "influx"
POINT_COUNT: Final = 50_000
AP_COUNT: Final = 500
ROUNDS: Final = 3
START_MS: Final = 1_800_000_000_000

library: Any = influxdb_client  # its types are not all exported

Row = tuple[dict[str, str], dict[str, bool | int | float | str], int]


def rows() -> list[Row]:
    """Usage of a city's access points, one point each per ten seconds."""
    return [
        (
            {"ap": f"ap-{ix % AP_COUNT}", "site": f"site-{ix % 50}", "area": "a", "gateway": "g"},
            {"clients": ix % 40, "rx_bytes": ix * 1_500, "tx_bytes": ix * 9_000, "retries": ix},
            START_MS + ix // AP_COUNT * 10_000,
        )
        for ix in range(POINT_COUNT)
    ]


def ours(url: str, database: str, made: list[Row]) -> None:
    """Our rendering, our sink."""
    sink = InfluxSink(InfluxSettings(url=url, database=database))
    outcome = sink.write([render("wifi_usage", *row) for row in made])
    sink.close()
    assert outcome.stored == POINT_COUNT, outcome


def theirs(url: str, database: str, made: list[Row]) -> None:
    """The client's points, the client's batching writer."""
    client = library.InfluxDBClient(url=url, token="-", org="-", enable_gzip=True)  # noqa: S106
    request = client.api_client.request

    def on_1x(method: str, target: str, query_params: Any = None, **rest: Any) -> Any:
        params = [("db", database), ("precision", dict(query_params)["precision"])]
        return request(method, target.replace("/api/v2", ""), query_params=params, **rest)

    client.api_client.request = on_1x
    options = library.WriteOptions(batch_size=BATCH_LINES_MAX)
    writer = client.write_api(write_options=options)
    for tags, fields, ts_ms in made:
        point = library.Point("wifi_usage").time(ts_ms, library.WritePrecision.MS)
        for tag, name in tags.items():
            point.tag(tag, name)
        for field, value in fields.items():
            point.field(field, value)
        writer.write(bucket=database, record=point)
    writer.close()
    client.close()


def seconds(
    write: Callable[[str, str, list[Row]], None], server: InfluxDb, made: list[Row]
) -> float:
    """Median time to write all points into a new database each time."""
    taken = []
    for turn in range(ROUNDS):
        settings = InfluxSettings(url=server.url, database=f"{write.__name__}{turn}")
        reader = InfluxReader(settings)
        reader.query(f'CREATE DATABASE "{settings.database}"')
        start_ns = time.perf_counter_ns()
        write(server.url, settings.database, made)
        taken.append((time.perf_counter_ns() - start_ns) / 1e9)
        (row,) = reader.query("SELECT count(clients) FROM wifi_usage")
        assert row["count"] == POINT_COUNT, row
        reader.query(f'DROP DATABASE "{settings.database}"')
        reader.close()
    return median(taken)


def run() -> list[Figure]:
    """Both writers on one server."""
    made = rows()
    with InfluxDb() as server:
        our_s, their_s = seconds(ours, server, made), seconds(theirs, server, made)
    return [
        Figure(
            name="influx.points_per_s",
            value=POINT_COUNT / our_s,
            unit="points/s",
            better="higher",
            beside={"influxdb_client_batching": POINT_COUNT / their_s},
        ),
        Figure(
            name="influx.ratio_vs_points",
            value=their_s / our_s,
            unit="times as fast",
            better="higher",
            beside={"influxdb_client_batching": 1.0},
        ),
    ]
