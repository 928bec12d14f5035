"""The page for Prometheus: what the host counted, from a snapshot that its loop leaves here."""

import threading
from collections.abc import Iterator
from typing import NamedTuple
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ingest.configuration import MetricsPage


class Snapshot(NamedTuple):
    """Numbers of one moment, safe to read from another thread."""

    gauges: dict[str, float]
    counters: dict[str, float]
    refused: dict[tuple[str, str], int]


class _HostCollector(Collector):
    def __init__(self, page: "Page") -> None:
        self._page = page

    def collect(self) -> Iterator[Metric]:
        """One family per number; refusals by gateway and reason."""
        now = self._page.latest
        for name, value in now.gauges.items():
            yield GaugeMetricFamily(f"lamplighter_host_{name}", name.replace("_", " "), value)
        for name, value in now.counters.items():
            yield CounterMetricFamily(f"lamplighter_host_{name}", name.replace("_", " "), value)
        refused = CounterMetricFamily(
            "lamplighter_host_refused",
            "what was not taken, by gateway and reason",
            labels=["gateway", "reason"],
        )
        for (gateway, reason), count in sorted(now.refused.items()):
            refused.add_metric([gateway, reason], count)
        yield refused


class Page:
    """Serves ``/metrics`` on loopback from its own thread."""

    def __init__(self, settings: MetricsPage) -> None:
        self._settings = settings
        self.latest = Snapshot({}, {}, {})
        self._server: WSGIServer | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Open the port, unless it is 0; a port in use raises OSError."""
        if not self._settings.port:
            return
        registry = CollectorRegistry()
        registry.register(_HostCollector(self))
        self._server, self._thread = start_http_server(
            self._settings.port, self._settings.address, registry
        )

    def stop(self) -> None:
        """Close the port."""
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()
