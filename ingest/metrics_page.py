"""The page for Prometheus, and what the host believes of its nodes, both from its own loop.

``/metrics`` shows a snapshot that the loop leaves here every second. ``/nodes`` is made when it is
asked for: the request waits until the loop, which alone may look, comes by.
"""

import threading
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import ThreadingWSGIServer
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


NODES_PATH: Final = "/nodes"
NODES_WAIT_S_MAX: Final = 5.0


class _Silent(WSGIRequestHandler):
    def log_message(self, *_arguments: Any) -> None:
        """Say nothing of requests."""


class Question:
    """Asked in one thread, answered in another, one at a time."""

    def __init__(self) -> None:
        self._turn, self._wanted, self._given = (
            threading.Lock(),
            threading.Event(),
            threading.Event(),
        )
        self._answer = b""

    def ask(self, timeout_s: float) -> bytes | None:
        """The answer; None if nobody gives one in time."""
        with self._turn:
            self._given.clear()
            self._wanted.set()
            return self._answer if self._given.wait(timeout_s) else None

    def answer(self, how: Callable[[], bytes]) -> None:
        """Answer if somebody asked."""
        if self._wanted.is_set():
            self._wanted.clear()
            self._answer = how()
            self._given.set()


class Page:
    """Serves both pages on loopback from its own thread."""

    def __init__(self, settings: MetricsPage) -> None:
        self._settings = settings
        self.latest = Snapshot({}, {}, {})
        self.nodes = Question()
        self._server: WSGIServer | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Open the port, unless it is 0; a port in use raises OSError."""
        if not self._settings.port:
            return
        registry = CollectorRegistry()
        registry.register(_HostCollector(self))
        self._server = make_server(
            self._settings.address,
            self._settings.port,
            self._with_nodes(make_wsgi_app(registry)),
            ThreadingWSGIServer,
            handler_class=_Silent,
        )
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def _with_nodes(self, metrics: Any) -> Callable[[Any, Any], Any]:
        def serve(environ: Any, start: Any) -> Any:
            if environ.get("PATH_INFO") != NODES_PATH:
                return metrics(environ, start)
            answer = self.nodes.ask(NODES_WAIT_S_MAX)
            status = "503 Service Unavailable" if answer is None else "200 OK"
            start(status, [("Content-Type", "application/json")])
            return [answer or b"[]"]

        return serve

    def stop(self) -> None:
        """Close the port."""
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()
