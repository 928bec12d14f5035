"""A second real server that speaks ``/api/v2/write``: numbers arrive, text does not."""

import http.client
import json

from ingest.influx_http import InfluxSettings
from ingest.influx_stores import InfluxStores
from ingest.sink import WriteOutcome
from simulators.servers import LOOPBACK, VictoriaMetrics
from vocabulary.line_protocol import render

TS_MS = 1_770_000_000_000


def ask(server: VictoriaMetrics, path: str) -> str:
    connection = http.client.HTTPConnection(LOOPBACK, server.port, timeout=30)
    connection.request("GET", path)
    text = connection.getresponse().read().decode()
    connection.close()
    return text


def test_a_batch_is_stored_through_the_second_dialect(victoria: VictoriaMetrics) -> None:
    sink = InfluxStores(InfluxSettings(victoria.url, org="city", api="2"))
    fields = {"clients": 5, "device_ms": 2**53, "uptime_s": 9}
    lines = [render("wifi_usage", {"ap": "ap-1"}, fields, TS_MS + ix) for ix in range(6_000)]
    lines.append(render("node_state", {"ap": "ap-1"}, {"state": "down"}, TS_MS))
    lines.append(render("wifi_check", {"ap": "ap-1"}, {"ok": True}, TS_MS))
    assert sink.write(lines) == WriteOutcome(len(lines))
    assert sink.write(lines[:1]).stored == 1
    sink.close()
    ask(victoria, "/internal/force_flush")
    (row,) = (
        json.loads(line)
        for line in ask(victoria, "/api/v1/export?match[]=wifi_usage_device_ms").splitlines()
    )
    assert row["metric"]["ap"] == "ap-1"
    assert set(row["values"]) == {2**53}
    assert len(set(row["timestamps"])) == 6_000
    assert "wifi_check_ok" in ask(victoria, "/api/v1/export?match[]=wifi_check_ok")
    assert "down" not in ask(victoria, "/api/v1/export?match[]=node_state_state")
