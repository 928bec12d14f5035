"""A host of ours, complete: real Mosquitto, real InfluxDB, ledger; and what it came to believe."""

import re
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from ingest.commands import rebirth
from ingest.configuration import BrokerPlace, HostConfiguration, InfluxPlace, Limits, MetricsPage
from ingest.host_process import HostProcess
from ingest.influx import InfluxSink
from ingest.influx_http import InfluxSettings
from ingest.influx_query import InfluxReader
from ingest.ledger import Ledger
from ingest.node_session import NodeSession
from simulators.servers import InfluxDb, Mosquitto
from simulators.waiting import until
from tests.ingest.mqtt_peer import PATIENCE_S, Heard, Peer
from vocabulary.event_log import EventLog
from vocabulary.inventory import AccessPoint, Area, Gateway, Inventory, Site
from vocabulary.payload import Metric, Payload, decode

DISTRICT: Final = "district-1"
NODES: Final = (
    "gw-pysparkplug",
    "gw-spb-wrapper",
    "gw-node-js",
    "gw-node-js-dies",
    "gw-node-js-packed",
)
MARKER: Final = "gw-marker"
TOWN: Final = Inventory(
    area=(Area("north", "North"),),
    site=(Site("library", "City Library", "north"),),
    gateway=tuple(Gateway(name, "library", DISTRICT) for name in (*NODES, MARKER)),
    access_point=tuple(AccessPoint(f"ap-{name}", "library", name) for name in NODES),
)


def ap_of(node: str) -> str:
    """The access point that a node speaks for."""
    return f"ap-{node}"


class ForeignTown:
    """Broker, database, host and a listener; a context manager."""

    def __init__(self, directory: Path, influx: InfluxDb) -> None:
        self.broker = Mosquitto(["log_type all"])
        self._settings = InfluxSettings(url=influx.url, database="interop")
        self._directory = directory
        self.host: HostProcess
        self.tap: Peer
        self._thread: threading.Thread
        self._said = threading.Condition()
        self._log: list[str] = []

    def _write(self, line: str) -> None:
        with self._said:
            self._log.append(line)
            self._said.notify_all()

    def __enter__(self) -> Self:
        self.broker.start()
        sink = InfluxSink(self._settings)
        sink.probe()
        self.host = HostProcess(
            HostConfiguration(
                inventory="",
                broker=BrokerPlace(self.broker.url),
                influx=InfluxPlace(self._settings.url),
                limits=Limits(commit_s=0.05),
                metrics_page=MetricsPage(port=0),
            ),
            TOWN,
            EventLog("host", as_json=True, write=self._write),
            sink=sink,
            ledger=Ledger.open(self._directory / "ledger.sqlite"),
        )
        self._thread = threading.Thread(target=self.host.run)
        self._thread.start()
        with self._said:
            assert self._said.wait_for(
                lambda: any("broker_up" in line for line in self._log), PATIENCE_S
            ), self._log
        self.tap = Peer(self.broker.port, "tap", "spBv1.0/#")
        self.tap.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.tap.__exit__(kind, error, trace)
        self.host.stop()
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()
        self.broker.close()

    # what was said ------------------------------------------------------------------------

    def heard(self, verb: str, node: str, device: str = "") -> list[Heard]:
        """Messages of one kind from one node."""
        topic = f"spBv1.0/{DISTRICT}/{verb}/{node}" + (f"/{device}" if device else "")
        return [one for one in self.tap.heard if one.topic == topic]

    def until_heard(self, verb: str, node: str, device: str = "", times: int = 1) -> None:
        """Wait for messages of one kind."""
        self.tap.until(lambda _all: len(self.heard(verb, node, device)) >= times)

    def payloads(self, verb: str, node: str, device: str = "") -> list[Payload]:
        """The same, decoded."""
        return [decode(one.payload) for one in self.heard(verb, node, device)]

    def ask_rebirth(self, node: str) -> None:
        """As our host does."""
        made = rebirth(DISTRICT, node, self.host.clock.now_ns())
        self.tap.say(made.topic, made.payload)

    def broker_log(self) -> str:
        """All that the broker said."""
        return self.broker.log_path.read_text("utf-8", errors="replace")

    def was_handed_command(self, client_id: str) -> bool:
        """Whether the broker has sent a command to a client."""
        return re.search(rf"Sending PUBLISH to {client_id} .*/NCMD/", self.broker_log()) is not None

    def will_qos(self, client_id: str) -> int | None:
        """With which QoS a client gave its will, as the broker noted it."""
        pattern = rf" as {re.escape(client_id)} \([^)]*\)\..*?Will message specified .*?q(\d)\)"
        match = re.search(pattern, self.broker_log(), re.DOTALL)
        return int(match.group(1)) if match else None

    def subscribed_qos(self, topic_filter: str) -> int | None:
        """With which QoS somebody subscribed, as the broker noted it."""
        match = re.search(rf"\t{re.escape(topic_filter)} \(QoS (\d)\)", self.broker_log())
        return int(match.group(1)) if match else None

    # what the host makes of it ------------------------------------------------------------

    @property
    def sessions(self) -> dict[str, NodeSession]:
        """What the host believes of its nodes."""
        return self.host.pipeline.intake.sessions

    def settled(self, node: str) -> None:
        """Wait until the host has taken all that the node said so far."""
        mark = self.host.clock.now_ns()
        until(lambda: self._swept_ns() > mark, f"the host takes what {node} said")

    def _swept_ns(self) -> int:
        """A moment before which the host has seen everything: it hears a message of ours."""
        self.tap.say(f"spBv1.0/{DISTRICT}/NDATA/{MARKER}", b"")
        session = self.sessions.get(MARKER)
        return session.heard_ns if session else 0

    def counts(self, node: str) -> dict[str, int]:
        """What the host counted of one node."""
        every = self.host.pipeline.intake.all_counts()
        return {reason: count for (who, reason), count in every.items() if who == node}

    def stored(self, measurement: str, where: str) -> list[dict[str, Any]]:
        """Rows of the database."""
        reader = InfluxReader(self._settings)
        try:
            return reader.query(f"SELECT * FROM {measurement} WHERE {where}")  # noqa: S608
        finally:
            reader.close()


def metric(payload: Payload, name: str) -> Metric | None:
    """One metric of a payload by name."""
    return next((one for one in payload.metrics if one.name == name), None)
