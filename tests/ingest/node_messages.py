"""A gateway's messages for tests: births with aliases, data, deaths, each with its ``seq``.

Written by hand from the specification, not with the agent's code, so that a mistake made on both
sides is not taken for agreement.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from ingest.commands import Publication
from ingest.intake import Intake, Message
from ingest.ledger import Ledger
from ingest.ledger_rows import LedgerContents
from ingest.pipeline import Pipeline
from processing.city import City
from processing.settings import Settings
from vocabulary import delivery, topics
from vocabulary.inventory import AccessPoint, Area, Gateway, Inventory, Sensor, Site
from vocabulary.metrics import CATALOGUE
from vocabulary.payload import Datatype, Metric, Payload, Value, decode, encode, interpret
from vocabulary.topics import Topic, Verb
from vocabulary.units import NS_PER_MS, NS_PER_S

START_NS = 1_800_000_000 * NS_PER_S
EPOCH = 77
KEY = ("gw-1", EPOCH)
TOWN = Inventory(
    area=(Area("north", "North"),),
    site=(Site("library", "City Library", "north"),),
    gateway=(
        Gateway("gw-1", "library", "district-1"),
        Gateway("gw-2", "library", "district-1"),
    ),
    access_point=(
        AccessPoint("ap-1", "library", "gw-1"),
        AccessPoint("ap-2", "library", "gw-1"),
        AccessPoint("ap-3", "library", "gw-2"),
    ),
    sensor=(Sensor("sds-1", "gw-1"),),
)
AP_NAMES = ("wifi/ok", "wifi/clients", "wifi/rx_bytes", "wifi/tx_bytes", "wifi/uptime_s")
NODE_NAMES = ("gateway/uplink_ok", "gateway/cpu_pct")
_COMMIT = (delivery.SPOOL_EPOCH, delivery.SPOOL_COMMITTED)
"""What a commit's two metrics mean when they go by alias, in their order."""
DELIVERY_NAMES = (
    delivery.SPOOL_EPOCH,
    delivery.SPOOL_OFFSET,
    delivery.SPOOL_LOST,
    delivery.SPOOL_LOST_REASON,
    delivery.SPOOL_COMMITTED,
    delivery.TIME_BOOT,
    delivery.TIME_MONOTONIC,
)


def at_ns(second: float) -> int:
    """Seconds since the tests' beginning on the host's clock."""
    return START_NS + round(second * NS_PER_S)


def at_ms(second: float) -> int:
    """The same as a message says it."""
    return at_ns(second) // NS_PER_MS


def value_metric(
    name: str | None, alias: int | None, value: Value | None, ts_ms: int | None = None
) -> Metric:
    """A metric of ours or, without a name that the catalogue knows, a whole number."""
    known = CATALOGUE.get(name or "")
    kind = known.datatype if known else Datatype.INT64
    return Metric(name, alias, ts_ms, kind, value)


class Node:
    """One edge node that numbers its messages as it should, unless a test says otherwise."""

    def __init__(
        self, gateway: str = "gw-1", *, district: str = "district-1", epoch: int = EPOCH
    ) -> None:
        self.gateway, self.district, self.epoch = gateway, district, epoch
        self.seq = 0
        self.aliases: dict[tuple[str, str], int] = {}

    def message(
        self, verb: Verb, body: bytes, second: float, device: str = "", *, retain: bool = False
    ) -> Message:
        topic = topics.render(Topic(self.district, verb, self.gateway, device or None))
        return Message(topic, body, at_ns(second), retain)

    def _alias(self, device: str, name: str) -> int:
        return self.aliases.setdefault((device, name), len(self.aliases) + 1)

    def _next_seq(self) -> int:
        seq, self.seq = self.seq, (self.seq + 1) % 256
        return seq

    def _announce(self, device: str, names: Iterable[str], second: float) -> list[Metric]:
        return [
            value_metric(name, self._alias(device, name), None, at_ms(second))
            for name in (*names, *DELIVERY_NAMES)
        ]

    def birth(
        self,
        second: float = 0.0,
        *,
        bd_seq: int = 0,
        committed: int = 0,
        names: Iterable[str] = NODE_NAMES,
        extra: Iterable[Metric] = (),
    ) -> Message:
        """NBIRTH."""
        self.seq = 0
        numbers = {
            delivery.BD_SEQ: bd_seq,
            delivery.SPOOL_EPOCH: self.epoch,
            delivery.SPOOL_OFFSET: 0,
            delivery.SPOOL_COMMITTED: committed,
        }
        metrics = [value_metric(name, None, value) for name, value in numbers.items()]
        metrics += [*self._announce("", names, second), *extra]
        body = Payload(tuple(metrics), at_ms(second), self._next_seq())
        return self.message(Verb.NBIRTH, encode(body, announce=True), second)

    def device_birth(
        self, device: str, second: float = 0.0, *, names: Iterable[str] = AP_NAMES
    ) -> Message:
        """DBIRTH."""
        metrics = tuple(self._announce(device, names, second))
        body = Payload(metrics, at_ms(second), self._next_seq())
        return self.message(Verb.DBIRTH, encode(body, announce=True), second, device)

    def births(
        self, *devices: str, second: float = 0.0, bd_seq: int = 0, committed: int = 0
    ) -> list[Message]:
        """NBIRTH and the DBIRTHs of ``devices``."""
        return [
            self.birth(second, bd_seq=bd_seq, committed=committed),
            *(self.device_birth(device, second) for device in devices),
        ]

    def data(
        self,
        values: Mapping[str, Value | None],
        offset: int | None,
        second: float,
        device: str = "",
        *,
        ts_ms: int | None = None,
        numbers: Mapping[str, int] | None = None,
        historical: bool = False,
        seq: int | None = None,
    ) -> Message:
        """NDATA or DDATA, everything by alias."""
        when_ms = at_ms(second) if ts_ms is None else ts_ms
        told = {delivery.TIME_BOOT: 1, delivery.TIME_MONOTONIC: at_ms(second)}
        if offset is not None:
            told |= {delivery.SPOOL_EPOCH: self.epoch, delivery.SPOOL_OFFSET: offset}
        told |= numbers or {}
        metrics = [
            Metric(
                None,
                self._alias(device, name),
                when_ms,
                CATALOGUE[name].datatype if name in CATALOGUE else Datatype.INT64,
                value,
                is_historical=historical,
            )
            for name, value in {**values, **told}.items()
        ]
        number = self._next_seq() if seq is None else seq
        body = encode(Payload(tuple(metrics), at_ms(second), number))
        return self.message(Verb.DDATA if device else Verb.NDATA, body, second, device)

    def lost(self, offset: int, count: int, second: float, *, reason: int = 0) -> Message:
        """NDATA that declares a range lost."""
        numbers = {delivery.SPOOL_LOST: count, delivery.SPOOL_LOST_REASON: reason}
        return self.data({}, offset, second, numbers=numbers)

    def death(self, second: float, *, bd_seq: int = 0) -> Message:
        """NDEATH."""
        body = Payload((value_metric(delivery.BD_SEQ, None, bd_seq),), at_ms(second))
        return self.message(Verb.NDEATH, encode(body), second)


def take(intake: Intake, messages: Iterable[Message]) -> None:
    """Let an intake have messages."""
    for message in messages:
        intake.receive(message)


def fresh(*messages: Message) -> Intake:
    """A new intake that has had these messages."""
    intake = Intake(TOWN, City.of(TOWN), {})
    take(intake, messages)
    return intake


def born(node: Node) -> Intake:
    """A new intake that knows a node and its devices."""
    return fresh(*node.births("ap-1", "ap-2", "sds-1"))


def held(intake: Intake, key: tuple[str, int] = KEY) -> list[tuple[int, int]]:
    """The offsets received, as ranges."""
    return intake.received[key].intervals() if key in intake.received else []


def pipeline_of(
    ledger: Ledger | None = None,
    *,
    second: float = 0.0,
    settings: Settings | None = None,
    commit_s: float = 1.0,
    pending_bytes_max: int = 1 << 20,
    inventory: Inventory = TOWN,
) -> Pipeline:
    """A host that goes on where its ledger says; without one it knows nothing."""
    return Pipeline(
        inventory,
        settings or Settings(pause_ms=0),
        contents=ledger.load() if ledger else LedgerContents(0, None, {}),
        commit_s=commit_s,
        pending_bytes_max=pending_bytes_max,
        now_ns=at_ns(second),
    )


def ledger_in(directory: Path) -> Ledger:
    """The ledger of a test."""
    return Ledger.open(directory / "ledger.sqlite")


def read_command(publication: Publication) -> tuple[str, dict[str, Value | None]]:
    """Whom a command is for, and what it says by name."""
    topic = topics.parse(publication.topic)
    assert isinstance(topic, Topic)
    assert topic.verb is Verb.NCMD
    metrics = decode(publication.payload).metrics
    if len(metrics) == 2 and all(metric.name is None for metric in metrics):
        assert metrics[0].alias != metrics[1].alias
        return topic.gateway, {
            name: interpret(metric, Datatype.INT64)
            for name, metric in zip(_COMMIT, metrics, strict=True)
        }
    told = {metric.name or "": interpret(metric, metric.datatype or 0) for metric in metrics}
    return topic.gateway, told


def commits_in(publications: Iterable[Publication]) -> list[tuple[str, int, int]]:
    """(gateway, epoch, below) of each commit among commands."""
    made = []
    for publication in publications:
        gateway, told = read_command(publication)
        if delivery.SPOOL_COMMITTED in told:
            epoch, below = told[delivery.SPOOL_EPOCH], told[delivery.SPOOL_COMMITTED]
            assert isinstance(epoch, int)
            assert isinstance(below, int)
            made.append((gateway, epoch, below))
    return made


def rebirths_in(publications: Iterable[Publication]) -> list[str]:
    """Whom rebirth requests among commands are for."""
    told = [read_command(one) for one in publications]
    return [gateway for gateway, names in told if names.get(delivery.REBIRTH)]
