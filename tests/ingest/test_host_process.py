"""The host as a whole against a real broker: messages in, points and commits out, a clean end."""

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec
import pytest

from ingest.beliefs import NodeBelief
from ingest.configuration import BrokerPlace, HostConfiguration, InfluxPlace, Limits, MetricsPage
from ingest.errors import BatchOutOfOrder
from ingest.host_process import HostProcess
from ingest.intake import Message
from ingest.ledger import Ledger
from ingest.ledger_reader import LedgerReader
from ingest.ledger_rows import LedgerBatch
from ingest.line_file import LineFile
from ingest.line_points import distinct_points
from ingest.nodes_cli import asked
from simulators.clock import ScaledClock
from simulators.servers import Mosquitto, free_port, listens
from simulators.waiting import until
from tests.ingest.mqtt_peer import PATIENCE_S, Peer, committed
from tests.ingest.node_messages import KEY, START_NS, TOWN, Node, at_ms
from tests.ingest.test_metrics_page import scrape
from vocabulary.event_log import EventLog
from vocabulary.topics import Verb

COMMANDS = "spBv1.0/+/NCMD/+"


class Host:
    """One host process in a thread, its clock at the tests' beginning; a context manager."""

    def __init__(self, directory: Path, url: str, host_id: str = "host1", **changes: Any) -> None:
        self.ledger_path, self.points = directory / "ledger.sqlite", directory / "points.lp"
        self.log: list[dict[str, Any]] = []
        self._news = threading.Condition()
        fields: dict[str, Any] = {
            "inventory": "",
            "broker": BrokerPlace(url),
            "influx": InfluxPlace("http://127.0.0.1"),
            "host_id": host_id,
            "limits": Limits(commit_s=0.05),
            "metrics_page": MetricsPage(port=0),
        }
        self.process = HostProcess(
            HostConfiguration(**{**fields, **changes}),
            TOWN,
            EventLog("host", as_json=True, write=self._write),
            sink=LineFile(self.points),
            ledger=Ledger.open(self.ledger_path),
            clock=ScaledClock(1.0, START_NS),
        )
        self._thread = threading.Thread(target=self.process.run)

    def _write(self, line: str) -> None:
        with self._news:
            self.log.append(json.loads(line))
            self._news.notify_all()

    def events(self) -> list[str]:
        return [row["event"] for row in self.log]

    def until_said(self, event: str) -> None:
        with self._news:
            assert self._news.wait_for(lambda: event in self.events(), PATIENCE_S), self.log

    def until_stored(self, what: Callable[[Path], bool]) -> None:
        """Wait until ``what`` is true of the file of points."""
        until(lambda: what(self.points), "the points are stored")

    def until_true(self, what: Callable[[], bool]) -> None:
        """Wait until ``what``."""
        until(what, "the host noticed")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.stop()
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()


def say(peer: Peer, *messages: Message) -> None:
    for one in messages:
        peer.say(one.topic, one.payload, retain=one.retain)


@pytest.fixture
def own_broker() -> Iterator[Mosquitto]:
    with Mosquitto() as server:
        yield server


def test_a_record_is_stored_then_committed(broker: Mosquitto, tmp_path: Path) -> None:
    node = Node()
    with Peer(broker.port, "gw-a", COMMANDS) as peer, Host(tmp_path, broker.url, "host-a") as host:
        host.until_said("broker_up")
        say(peer, *node.births("ap-1"))
        peer.until(lambda heard: committed(heard, 0))
        say(peer, *(node.data({"wifi/clients": ix}, ix, float(ix), "ap-1") for ix in range(3)))
        peer.until(lambda heard: committed(heard, 3))
        points = distinct_points(host.points)  # a commit says: it stands in the file
        times = [key.ts_ms for key in points if key.measurement == "wifi_usage"]
        assert times == [at_ms(ix) for ix in range(3)]
    with LedgerReader(host.ledger_path) as reader:
        (account,) = reader.accounts()
    assert (account.committed, account.received) == (3, 3)
    assert host.events()[0] == "host_started"
    assert host.events()[-1] == "host_stopped"


def test_told_to_stop_it_stores_what_it_has(broker: Mosquitto, tmp_path: Path) -> None:
    node = Node()
    slow = Limits(commit_s=3_600)
    with (
        Peer(broker.port, "gw-b", COMMANDS) as peer,
        Host(tmp_path, broker.url, "host-b", limits=slow) as host,
    ):
        host.until_said("broker_up")
        say(peer, *node.births("ap-1"), node.data({"wifi/clients": 4}, 0, 1.0, "ap-1"))
        peer.until(lambda heard: committed(heard, 0))
        intake = host.process.pipeline.intake
        while not intake.readings:  # the birth's answer may have left before the record came
            say(peer, node.data({"wifi/clients": 4}, 0, 1.0, "ap-1"))
    with Ledger.open(host.ledger_path) as ledger:
        contents = ledger.load()
    assert contents.prefixes == {KEY: 1}
    assert contents.checkpoint is not None
    with LedgerReader(host.ledger_path) as reader:
        (hour,) = reader.completeness()
    assert hour.hour == START_NS // 3_600_000_000_000
    assert len(distinct_points(host.points)) >= 1


def test_a_restarted_host_answers_from_its_ledger(broker: Mosquitto, tmp_path: Path) -> None:
    node = Node()
    with Peer(broker.port, "gw-c", COMMANDS) as peer:
        with Host(tmp_path, broker.url, "host-c") as host:
            host.until_said("broker_up")
            say(peer, *node.births("ap-1"), node.data({"wifi/clients": 4}, 0, 1.0, "ap-1"))
            peer.until(lambda heard: committed(heard, 1))
        peer.heard.clear()
        with Host(tmp_path, broker.url, "host-c") as host:
            host.until_said("broker_up")
            say(peer, *node.births("ap-1"))
            peer.until(lambda heard: committed(heard, 1))
    assert "checkpoint_refused" not in host.events()


def test_when_the_broker_was_killed_it_goes_on_afterwards(
    own_broker: Mosquitto, tmp_path: Path
) -> None:
    node = Node()
    with Host(tmp_path, own_broker.url) as host:
        host.until_said("broker_up")
        with Peer(own_broker.port, "gw-d", COMMANDS) as peer:
            say(peer, *node.births("ap-1"))
            peer.until(lambda heard: committed(heard, 0))
        own_broker.kill()
        host.until_said("broker_lost")
        own_broker.start()
        with Peer(own_broker.port, "gw-e", COMMANDS, "spBv1.0/STATE/+") as peer:
            peer.until(lambda heard: any(b'"online": true' in one.payload for one in heard))
            say(peer, *node.births("ap-1"), node.data({"wifi/clients": 4}, 0, 1.0, "ap-1"))
            peer.until(lambda heard: committed(heard, 1))


def test_bad_input_is_counted_on_the_page_and_no_neighbour_is_lost(
    broker: Mosquitto, tmp_path: Path
) -> None:
    node, stranger = Node(), Node("gw-9")
    with (
        Peer(broker.port, "gw-f", COMMANDS) as peer,
        Host(tmp_path, broker.url, "host-f") as host,
    ):
        host.until_said("broker_up")
        say(peer, *node.births("ap-1"))
        peer.until(lambda heard: committed(heard, 0))
        twice = node.data({"wifi/clients": 1}, 0, 1.0, "ap-1")
        say(
            peer,
            twice,
            twice,
            node.message(Verb.DDATA, b"\xff", 1.0, "ap-1"),
            *stranger.births("ap-1"),
            node.data({"wifi/clients": 1}, 1, 1.0, "ap-1", ts_ms=4_294_967_295_000),
            node.data({"wifi/clients": -1}, 2, 1.0, "ap-1"),
            node.data({"wifi/clients": 5}, 3, 2.0, "ap-1"),
        )
        peer.until(lambda heard: committed(heard, 4))
    shown = host.process.snapshot().refused
    expected = {
        ("gw-1", "duplicate"): 1,
        ("gw-1", "not_protobuf"): 1,
        ("", "gateway_unknown"): 2,
        ("gw-1", "from_the_future"): 1,
        ("gw-1", "value_out_of_range"): 1,
    }
    assert {key: shown.get(key) for key in expected} == expected
    assert "ap-1" not in repr(host.log)
    clients = [
        fields["clients"] for fields in distinct_points(host.points).values() if "clients" in fields
    ]
    assert clients == [1, 5]


def test_the_page_shows_the_host_and_a_port_in_use_stops_nothing(
    broker: Mosquitto, tmp_path: Path
) -> None:
    page = MetricsPage(port=free_port())
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    with Host(tmp_path / "one", broker.url, "host-g", metrics_page=page) as first:
        first.until_said("host_started")
        with Host(tmp_path / "two", broker.url, "host-h", metrics_page=page) as second:
            second.until_said("broker_up")
            assert "metrics_page_closed" in second.events()
        assert listens(page.port)
        names = {name for name, _gateway, _reason in scrape(page.port)}
        nodes = msgspec.json.decode(asked(page), type=list[NodeBelief])
        assert [(one.gateway, one.state) for one in nodes] == [
            ("gw-1", "never_seen"),
            ("gw-2", "never_seen"),
        ]
    assert {"lamplighter_host_broker_up", "lamplighter_host_readings_total"} <= names or not names
    assert not listens(page.port)


def test_a_state_of_another_version_is_said_and_not_the_end(
    broker: Mosquitto, tmp_path: Path
) -> None:
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        ledger.store(LedgerBatch(1, 0, checkpoint=b"LLSTATE\nfrom tomorrow"))
    with Host(tmp_path, broker.url, "host-i") as host:
        host.until_said("broker_up")
    assert "checkpoint_refused" in host.events()


def test_a_fault_of_our_own_ends_it_with_everything_closed(
    broker: Mosquitto, tmp_path: Path
) -> None:
    host = Host(tmp_path, broker.url, "host-j")
    node, pipeline = Node(), host.process.pipeline
    pipeline._number = 7  # as if a batch had been left out
    arrivals: deque[Message] = host.process._connection.arrivals
    arrivals.extend([*node.births("ap-1"), node.data({"wifi/clients": 1}, 0, 0.1, "ap-1")])
    with pytest.raises(BatchOutOfOrder):
        host.process.run()
    assert host.events()[-1] == "host_stopped"
    with Ledger.open(host.ledger_path) as ledger:
        assert ledger.load().number == 0
