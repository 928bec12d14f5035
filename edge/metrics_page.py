"""The page for Prometheus: what the agent counted, from a snapshot that its loop leaves here.

``/healthz`` says whether that loop turns, ``/readyz`` whether readings reach the card.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import msgspec
from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from edge import doctor_file
from edge.agent import Agent
from edge.configuration import MetricsPage
from edge.doctor_finding import Severity
from edge.serial_port import PortCounters
from edge.serial_status import SensorStatus
from edge.source_state import SourceView
from edge.uplink_session import Phase
from vocabulary.delivery import TimeQuality
from vocabulary.moment import Moment
from vocabulary.units import NS_PER_S

SERIAL_PAGE: Final = "/serial"
"""What is known of every sensor's line, as JSON, for the doctor."""
STALE_NS: Final = 15 * NS_PER_S
"""A loop that left no snapshot for so long does not turn."""


class Snapshot(NamedTuple):
    """Numbers of one moment, safe to read from another thread."""

    gauges: dict[str, float]
    counters: dict[str, float]
    refused: dict[str, int]
    sources: tuple[SourceView, ...] = ()
    strange_topics: dict[str, int] = {}  # noqa: RUF012 - never changed
    serial: tuple[SensorStatus, ...] = ()
    ports: Mapping[str, Mapping[str, int]] = {}


def snapshot(
    agent: Agent,
    now: Moment,
    *,
    connects: int,
    attempts: int,
    losses: int = 0,
    ports: Mapping[str, PortCounters] | None = None,
) -> Snapshot:
    """Read the agent; call it from the agent's own loop."""
    spool, uplink = agent.spool, agent.uplink
    online = None if uplink.lanes is None else uplink.lanes.host_online
    oldest_ns = spool.oldest_wall_ns
    oldest_age_s = 0 if oldest_ns is None else max(0, now.wall_ns - oldest_ns) / NS_PER_S
    return Snapshot(
        {
            "spool_records": spool.backlog_records,
            "spool_bytes": spool.backlog_bytes,
            "spool_oldest_age_seconds": oldest_age_s,
            "clock_synced": now.quality is TimeQuality.SYNCED,
            "spool_in_memory": spool.stats.ram_mode,
            "spool_sync_seconds": spool.stats.last_sync_ns / NS_PER_S,
            "uplink_up": uplink.phase is not Phase.DOWN,
            "uplink_recent_losses": losses,
            **({} if online is None else {"host_online": online}),
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
            "spool_slow_syncs": spool.stats.slow_syncs,
            "spool_synced_bytes": spool.stats.synced_bytes,
        },
        {
            **agent.counts,
            **agent.checks.counts,
            **uplink.counts,
            "value_out_of_range": agent.out_of_range,
        },
        agent.sources.views(now.mono_ns),
        dict(agent.sources.strange),
        agent.serial.status(now.mono_ns),
        {path: msgspec.structs.asdict(one) for path, one in (ports or {}).items()},
    )


def _serial_families(serial: Iterable[SensorStatus]) -> Iterator[Metric]:
    """One family for the counts, and one for each thing that goes up and down."""
    labels = ["port", "sensor"]
    counts = CounterMetricFamily(
        "lamplighter_serial_events", "what happened on a sensor's line", labels=[*labels, "kind"]
    )
    silence = GaugeMetricFamily(
        "lamplighter_serial_silence_seconds", "since the last valid unit", labels=labels
    )
    no_reading = GaugeMetricFamily(
        "lamplighter_serial_no_reading_seconds", "since the last reading", labels=labels
    )
    is_open = GaugeMetricFamily("lamplighter_serial_open", "the port is open", labels=labels)
    barren = GaugeMetricFamily(
        "lamplighter_serial_alive_but_silent", "it answers and gives no readings", labels=labels
    )
    for one in serial:
        where = [one.port, one.sensor_id]
        for kind, count in {**one.counters, "reopens": one.reopens}.items():
            counts.add_metric([*where, kind], count)
        silence.add_metric(where, one.silence_s)
        no_reading.add_metric(where, one.no_reading_s)
        is_open.add_metric(where, one.port_state == "open")
        barren.add_metric(where, one.alive_but_silent)
    yield from (counts, silence, no_reading, is_open, barren)


def _port_family(ports: Mapping[str, Mapping[str, int]]) -> Metric:
    family = CounterMetricFamily(
        "lamplighter_serial_port_events", "what happened on a port", labels=["port", "kind"]
    )
    for path, counters in ports.items():
        for kind, count in counters.items():
            family.add_metric([path, kind], count)
    return family


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
        yield from _sources(now.sources)
        strange = CounterMetricFamily(
            "lamplighter_strange_topic", "messages on topics nobody reads", labels=["topic"]
        )
        for topic, count in now.strange_topics.items():
            strange.add_metric([topic], count)
        yield strange
        yield from _serial_families(now.serial)
        yield _port_family(now.ports)
        if self._page.doctor_directory is not None:
            yield _findings(doctor_file.load(self._page.doctor_directory))


def _findings(worst: Mapping[str, Severity]) -> Metric:
    """How many codes the doctor found last, by how much they matter."""
    made = GaugeMetricFamily(
        "lamplighter_doctor_findings", "codes found by the last doctor", labels=["severity"]
    )
    for severity in Severity:
        made.add_metric([str(severity)], list(worst.values()).count(severity))
    return made


def _sources(views: tuple[SourceView, ...]) -> Iterator[Metric]:
    """What the doctor asks of each source: age and bound, status, last values, refusals."""
    labels = ["ap", "topic", "format"]
    age = GaugeMetricFamily("lamplighter_source_age_seconds", "-1 before any", labels=labels)
    bound = GaugeMetricFamily("lamplighter_source_max_age_seconds", "silence", labels=labels)
    status = GaugeMetricFamily(
        "lamplighter_source_status", "what it said of itself", labels=[*labels, "status"]
    )
    value = GaugeMetricFamily("lamplighter_source_value", "last", labels=[*labels, "metric"])
    refused = CounterMetricFamily(
        "lamplighter_source_refused", "by reason", labels=[*labels, "reason"]
    )
    for one in views:
        who = [one.ap_id, one.topic, one.format]
        age.add_metric(who, one.age_s)
        bound.add_metric(who, one.max_age_s)
        status.add_metric([*who, one.status], 1)
        for name, number in one.values.items():
            value.add_metric([*who, name], number)
        for reason, count in one.refused.items():
            refused.add_metric([*who, reason], count)
    yield from (age, bound, status, value, refused)


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_arguments: Any) -> None:
        """A page that is fetched each minute is no event."""


Respond = Callable[[str, list[tuple[str, str]]], Any]


class Page:
    """Serves ``/metrics``, ``/healthz`` and ``/readyz`` on loopback from its own thread."""

    def __init__(
        self,
        settings: MetricsPage,
        mono_ns: Callable[[], int] = lambda: 0,
        doctor_directory: Path | None = None,
    ) -> None:
        self._settings, self._mono_ns = settings, mono_ns
        self.doctor_directory = doctor_directory
        self._shown = Snapshot({}, {}, {})
        self._shown_ns: int | None = None
        self._server: WSGIServer | None = None
        self._thread: threading.Thread | None = None

    @property
    def latest(self) -> Snapshot:
        """The numbers to show."""
        return self._shown

    @latest.setter
    def latest(self, snapshot: Snapshot) -> None:
        self._shown, self._shown_ns = snapshot, self._mono_ns()

    def healthy(self) -> bool:
        """Whether the loop has left a snapshot lately."""
        return self._shown_ns is not None and self._mono_ns() - self._shown_ns < STALE_NS

    def ready(self) -> bool:
        """Whether readings reach the card."""
        return self.healthy() and not self._shown.gauges.get("spool_in_memory", 1)

    def start(self) -> None:
        """Open the port, unless it is 0; a port in use raises OSError."""
        if not self._settings.port:
            return
        registry = CollectorRegistry()
        registry.register(_AgentCollector(self))
        numbers = make_wsgi_app(registry)

        def page(environ: dict[str, Any], respond: Respond) -> Iterable[bytes]:
            path = environ.get("PATH_INFO")
            if path == SERIAL_PAGE:
                respond("200 OK", [("Content-Type", "application/json")])
                return [msgspec.json.encode(self.latest.serial)]
            asked = {"/healthz": self.healthy, "/readyz": self.ready}.get(str(path))
            if asked is None:
                shown: Iterable[bytes] = numbers(environ, respond)
                return shown
            fine = asked()
            status = "200 OK" if fine else "503 Service Unavailable"
            respond(status, [("Content-Type", "text/plain")])
            return [b"ok\n" if fine else b"no\n"]

        self._server = make_server(
            self._settings.address, self._settings.port, page, handler_class=_Quiet
        )
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="metrics page", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Close the port."""
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()
