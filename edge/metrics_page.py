"""The page for Prometheus: what the agent counted, from a snapshot that its loop leaves here."""

import threading
from collections.abc import Iterator
from typing import NamedTuple
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from edge.agent import Agent
from edge.configuration import MetricsPage
from edge.uplink_session import Phase
from vocabulary.delivery import TimeQuality
from vocabulary.moment import Moment
from vocabulary.units import NS_PER_S


class Snapshot(NamedTuple):
    """Numbers of one moment, safe to read from another thread."""

    gauges: dict[str, float]
    counters: dict[str, float]
    refused: dict[str, int]


def snapshot(agent: Agent, now: Moment, *, connects: int, attempts: int) -> Snapshot:
    """Read the agent; call it from the agent's own loop."""
    spool, uplink = agent.spool, agent.uplink
    oldest_ns = spool.oldest_wall_ns
    oldest_age_s = 0 if oldest_ns is None else max(0, now.wall_ns - oldest_ns) / NS_PER_S
    return Snapshot(
        {
            "spool_records": spool.backlog_records,
            "spool_bytes": spool.backlog_bytes,
            "spool_oldest_age_seconds": oldest_age_s,
            "clock_synced": now.quality is TimeQuality.SYNCED,
            "spool_in_memory": spool.stats.ram_mode,
            "uplink_up": uplink.phase is not Phase.DOWN,
        },
        {
            "readings": agent.readings,
            "spool_committed_records": spool.committed,
            "mqtt_connects": connects,
            "mqtt_attempts": attempts,
            "commits": uplink.commits,
            "spool_lost_records": spool.stats.evicted_records + spool.stats.corrupt_records,
            "spool_torn_tails": spool.stats.torn_tails,
            "spool_write_faults": spool.stats.write_faults,
            "spool_heals": spool.stats.heals,
            "spool_synced_bytes": spool.stats.synced_bytes,
        },
        {
            **agent.counts,
            **agent.checks.counts,
            **uplink.counts,
            "value_out_of_range": agent.out_of_range,
        },
    )


class _AgentCollector(Collector):
    def __init__(self, page: "Page") -> None:
        self._page = page

    def collect(self) -> Iterator[Metric]:
        """One family per number; refusals by reason."""
        now = self._page.latest
        for name, value in now.gauges.items():
            yield GaugeMetricFamily(f"lamplighter_{name}", name.replace("_", " "), value)
        for name, value in now.counters.items():
            yield CounterMetricFamily(f"lamplighter_{name}", name.replace("_", " "), value)
        refused = CounterMetricFamily(
            "lamplighter_refused", "what was not taken, by reason", labels=["reason"]
        )
        for reason, count in now.refused.items():
            refused.add_metric([str(reason)], count)
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
        registry.register(_AgentCollector(self))
        self._server, self._thread = start_http_server(
            self._settings.port, self._settings.address, registry
        )

    def stop(self) -> None:
        """Close the port."""
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()
