"""Messages from the broker -> columns for the processor and lines for the database.

Here a message meets the inventory, its node's session, the set of offsets already received and
the catalogue's ranges. Whatever is refused is counted under a reason; a good neighbour in the
same message is kept.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Final, NamedTuple

from ingest.ledger_rows import Completeness, Key, Quarantined
from ingest.node_session import NODE, Arrival, NodeSession, TypedValue
from ingest.points import Tags, lines_of
from ingest.rebirth_budget import RebirthBudget
from ingest.rows import Rows
from processing.city import City
from processing.columns import MONO_MS_UNKNOWN, CueKind
from processing.offsets import Added, OffsetSet
from vocabulary import delivery, metrics, topics
from vocabulary.delivery import LostReason
from vocabulary.inventory import Inventory
from vocabulary.metrics import CATALOGUE, in_range
from vocabulary.payload import (
    Datatype,
    Metric,
    Payload,
    PayloadMalformed,
    Value,
    decode,
    encode,
)
from vocabulary.topics import Topic, Verb
from vocabulary.units import INT32_MAX, NS_PER_MS, NS_PER_S

FUTURE_MS_MAX: Final = 5 * 60 * 1_000
QUARANTINE_PER_BATCH_MAX: Final = 10_000
EPOCHS_PER_GATEWAY_MAX: Final = 8


class Message(NamedTuple):
    """One message as it came from the broker; ``arrival_ns`` on the host's clock."""

    topic: str
    payload: bytes
    arrival_ns: int
    retain: bool = False


class Publication(NamedTuple):
    """One message for the broker."""

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False


def command(topic: Topic, metrics: tuple[Metric, ...], now_ns: int) -> Publication:
    """An NCMD."""
    payload = Payload(metrics, timestamp_ms=now_ns // NS_PER_MS)
    return Publication(topics.render(topic), encode(payload, announce=True))


class Intake:
    """Sessions, dedup and the rows waiting for the next step."""

    def __init__(self, inventory: Inventory, city: City, received: Mapping[Key, OffsetSet]) -> None:
        self._city, self._tags = city, Tags(inventory)
        self._district = {row.gateway_id: row.district for row in inventory.gateway}
        self._owner = {row.ap_id: row.gateway_id for row in inventory.access_point}
        self._owner |= {row.sensor_id: row.gateway_id for row in inventory.sensor}
        self.sessions: dict[str, NodeSession] = {}
        self.received: dict[Key, OffsetSet] = dict(received)
        self._epoch_count = Counter(gateway for gateway, _epoch in received)
        self.touched: set[Key] = set()
        self.rows = Rows()
        self.lines: list[str] = []
        self.quarantine: list[Quarantined] = []
        self.counts: Counter[tuple[str, str]] = Counter()
        self.completeness: Counter[tuple[str, int, int, str]] = Counter()
        self.born: list[Key] = []
        self.readings = 0
        self._budget = RebirthBudget()

    # one message -------------------------------------------------------------------------

    def receive(self, message: Message) -> None:
        """Take one message; never raises for what it holds."""
        topic = topics.parse(message.topic)
        if not isinstance(topic, Topic) or topic.verb in (Verb.NCMD, Verb.DCMD):
            self.counts["", "topic_unknown"] += 1
            return
        if self._district.get(topic.gateway) != topic.district:
            # not in the inventory, or elsewhere: nothing is stored and nothing committed, so the
            # gateway keeps its readings until the inventory is right
            self.counts["", "gateway_unknown"] += 1
            return
        if message.retain:
            self.counts[topic.gateway, "retained"] += 1
            return
        try:
            payload = decode(message.payload)
        except PayloadMalformed as error:
            self._refuse(topic.gateway, error.reason, message)
            return
        session = self.sessions.setdefault(topic.gateway, NodeSession())
        self._dispatch(topic, payload, session, message)

    def _dispatch(
        self, topic: Topic, payload: Payload, session: NodeSession, message: Message
    ) -> None:
        gateway, arrival_ns = topic.gateway, message.arrival_ns
        device = topic.device or NODE
        if topic.verb is Verb.NDEATH:
            if session.node_death(payload):
                self.rows.cue(CueKind.WILL, self._city.gateway_ix_of[gateway], arrival_ns)
            return
        self.rows.cue(CueKind.HEARD, self._city.gateway_ix_of[gateway], arrival_ns)
        if topic.verb is Verb.NBIRTH:
            self._born(gateway, session.node_birth(payload, arrival_ns), arrival_ns)
        elif topic.verb is Verb.DBIRTH:
            session.device_birth(device, payload, arrival_ns)
        elif topic.verb is Verb.DDEATH:
            session.device_death(payload, arrival_ns)
        elif topic.verb in (Verb.NDATA, Verb.DDATA):
            self._data(gateway, session.data(device, payload, arrival_ns), message)

    def _refuse(
        self, gateway: str, reason: str, message: Message, numbers: Mapping[str, int] | None = None
    ) -> None:
        self.counts[gateway, reason] += 1
        if len(self.quarantine) < QUARANTINE_PER_BATCH_MAX:
            numbers = numbers or {}
            self.quarantine.append(
                Quarantined(
                    gateway,
                    reason,
                    message.arrival_ns // NS_PER_MS,
                    len(message.payload),
                    epoch=numbers.get(delivery.SPOOL_EPOCH),
                    offset=numbers.get(delivery.SPOOL_OFFSET),
                )
            )

    def _born(self, gateway: str, numbers: dict[str, int], arrival_ns: int) -> None:
        self.rows.cue(CueKind.BORN, self._city.gateway_ix_of[gateway], arrival_ns)
        epoch = numbers.get(delivery.SPOOL_EPOCH)
        if epoch is None:
            return  # a foreign node: it knows nothing of commits
        freed_below = numbers.get(delivery.SPOOL_COMMITTED, 0)
        if not _is_possible(epoch, freed_below):
            self.counts[gateway, "offset_impossible"] += 1
            return
        self.born.append((gateway, epoch))
        offsets = self._offsets((gateway, epoch)) if freed_below else None
        if offsets is not None and freed_below > offsets.prefix_end:
            # our ledger came from a backup: what the gateway has freed will not come again
            self.counts[gateway, "freed_earlier"] += freed_below - offsets.prefix_end
            offsets.add_range(0, freed_below)
            self.touched.add((gateway, epoch))

    def _offsets(self, key: Key) -> OffsetSet | None:
        """What was received of an epoch; None, counted, for one epoch too many."""
        held = self.received.get(key)
        if held is None:
            if self._epoch_count[key[0]] >= EPOCHS_PER_GATEWAY_MAX:
                self.counts[key[0], "too_many_epochs"] += 1
                return None
            held = self.received[key] = OffsetSet()
            self._epoch_count[key[0]] += 1
        return held

    # data --------------------------------------------------------------------------------

    def _count(self, key: Key, arrival_ns: int, what: str, count: int = 1) -> None:
        hour = arrival_ns // (3_600 * NS_PER_S)
        self.completeness[key[0], key[1], hour, what] += count

    def _data(self, gateway: str, arrival: Arrival, message: Message) -> None:
        epoch = arrival.delivery.get(delivery.SPOOL_EPOCH)
        offset = arrival.delivery.get(delivery.SPOOL_OFFSET)
        if epoch is not None and offset is not None:
            if arrival.unexplained:  # not taken, so not committed: it comes again after the births
                self.counts[gateway, "resend_awaited"] += 1
                return
            if not _is_possible(epoch, offset):  # never committed; but nothing can be
                self._refuse(gateway, "offset_impossible", message, arrival.delivery)
                return
            key = (gateway, epoch)
            lost = arrival.delivery.get(delivery.SPOOL_LOST)
            if lost is not None and not arrival.values:
                self._lost(key, offset, lost, arrival.delivery, message.arrival_ns)
                return
            if not self._is_new(key, offset, message.arrival_ns):
                return
            if arrival.historical:
                self._count(key, message.arrival_ns, "late")
        self._store(gateway, arrival, message)

    def _is_new(self, key: Key, offset: int, arrival_ns: int) -> bool:
        offsets = self._offsets(key)
        if offsets is None:
            return False
        verdict = offsets.add(offset)
        if verdict is Added.SHED:
            self._shed(key, arrival_ns)
            return False
        self.touched.add(key)
        self._count(key, arrival_ns, "received" if verdict else "duplicate")
        if not verdict:
            self.counts[key[0], "duplicate"] += 1
        return bool(verdict)

    def _shed(self, key: Key, arrival_ns: int) -> None:
        self.counts[key[0], "shed_too_scattered"] += 1
        self._count(key, arrival_ns, "shed")

    def _lost(
        self, key: Key, offset: int, count: int, numbers: dict[str, int], arrival_ns: int
    ) -> None:
        if count <= 0 or offset + count > delivery.EPOCH_MAX:
            self.counts[key[0], "lost_impossible"] += 1
            return
        offsets = self._offsets(key)
        if offsets is None:
            return
        before = len(offsets)
        if offsets.add_range(offset, offset + count) is Added.SHED:
            self._shed(key, arrival_ns)
            return
        added = len(offsets) - before
        self.touched.add(key)
        skipped = numbers.get(delivery.SPOOL_LOST_REASON) == LostReason.SKIPPED
        self._count(key, arrival_ns, "skipped" if skipped else "lost", added)
        if not skipped:
            self.counts[key[0], "declared_lost"] += added

    def _store(self, gateway: str, arrival: Arrival, message: Message) -> None:
        good = self._judged(gateway, arrival, message)
        if arrival.unreadable or len(good) < len(arrival.values):
            self._quarantine_record(gateway, arrival, message.arrival_ns)
        if not good:
            return
        tags, device = self._tags, arrival.device
        self.readings += len(good)
        self.lines.extend(lines_of(tags.device(device) if device else tags.gateway(gateway), good))
        boot = arrival.delivery.get(delivery.TIME_BOOT, 0)
        mono_ms = arrival.delivery.get(delivery.TIME_MONOTONIC, MONO_MS_UNKNOWN)
        self.rows.readings(
            self._node_ix(gateway, device),
            good,
            arrival_ns=message.arrival_ns,
            boot=boot if 0 <= boot <= INT32_MAX else 0,
            mono_ms=max(mono_ms, MONO_MS_UNKNOWN),
        )

    def _judged(self, gateway: str, arrival: Arrival, message: Message) -> list[TypedValue]:
        """The values that may be stored; the others go into quarantine under their reasons."""
        numbers = arrival.delivery
        if arrival.unreadable:
            self._refuse(gateway, "not_understood", message, numbers)
        if arrival.device and self._owner.get(arrival.device) != gateway:
            self._refuse(gateway, "device_unknown", message, numbers)
            return []
        arrival_ms = message.arrival_ns // NS_PER_MS
        good: list[TypedValue] = []
        for one in arrival.values:
            reason = _fault(one, arrival_ms)
            value = None if reason else _as_catalogued(CATALOGUE[one.name], one.value)
            if value is None:
                self._refuse(gateway, reason or "value_of_another_type", message, numbers)
            else:
                good.append(one._replace(value=value))
        return good

    def _quarantine_record(self, gateway: str, arrival: Arrival, arrival_ns: int) -> None:
        """A record is counted once, however many of its values were refused."""
        epoch = arrival.delivery.get(delivery.SPOOL_EPOCH)
        if epoch is not None and delivery.SPOOL_OFFSET in arrival.delivery:
            self._count((gateway, epoch), arrival_ns, "quarantined")

    def _node_ix(self, gateway: str, device: str) -> int:
        city = self._city
        if device:
            return city.ix_of[device]
        return city.gateway_node_ix(city.gateway_ix_of[gateway])

    def completeness_rows(self) -> list[Completeness]:
        """What became of records since the last batch, one row per gateway, epoch and hour."""
        rows: dict[tuple[str, int, int], Counter[str]] = {}
        for (gateway, epoch, hour, what), count in self.completeness.items():
            rows.setdefault((gateway, epoch, hour), Counter())[what] = count
        return [
            Completeness(
                gateway,
                epoch,
                hour,
                expected=counts["received"] + counts["lost"],
                received=counts["received"],
                late=counts["late"],
                duplicate=counts["duplicate"],
                quarantined=counts["quarantined"],
                lost=counts["lost"],
                skipped=counts["skipped"],
                shed=counts["shed"],
            )
            for (gateway, epoch, hour), counts in rows.items()
        ]

    # between messages --------------------------------------------------------------------

    def rebirths(self, now_ns: int) -> list[Publication]:
        """Rebirth requests that are due, within the budget."""
        asked = []
        for gateway, session in self.sessions.items():
            session.tick(now_ns)
            if session.wants_rebirth and self._budget.may_ask(gateway, now_ns):
                session.wants_rebirth = False
                session.counts["rebirth_asked"] += 1
                topic = Topic(self._district[gateway], Verb.NCMD, gateway)
                wanted = Metric(name=delivery.REBIRTH, datatype=Datatype.BOOLEAN, value=True)
                asked.append(command(topic, (wanted,), now_ns))
        return asked

    def commit_command(self, key: Key, below: int, now_ns: int) -> Publication:
        """The NCMD that tells a gateway what is stored."""
        gateway, epoch = key
        topic = Topic(self._district[gateway], Verb.NCMD, gateway)
        metrics = tuple(
            Metric(name=name, datatype=Datatype.INT64, value=value)
            for name, value in (
                (delivery.SPOOL_EPOCH, epoch),
                (delivery.SPOOL_COMMITTED, below),
            )
        )
        return command(topic, metrics, now_ns)

    @property
    def declared_lost(self) -> int:
        """Records that gateways said will never come."""
        return sum(n for (_gateway, reason), n in self.counts.items() if reason == "declared_lost")

    def all_counts(self) -> Counter[tuple[str, str]]:
        """(gateway, reason) -> count, the sessions' own counts included."""
        total = Counter(self.counts)
        for gateway, session in self.sessions.items():
            for reason, count in session.counts.items():
                total[gateway, reason] += count
        return total


def _is_possible(epoch: int, offset: int) -> bool:
    return 0 < epoch <= delivery.EPOCH_MAX and 0 <= offset < delivery.EPOCH_MAX


def _as_catalogued(metric: metrics.Metric, value: Value) -> Value | None:
    """A value within range, in the type of its field: strangers declare others. None: it has none.

    The database refuses a field whose type changes, so the catalogue's type is the only one.
    """
    assert not isinstance(value, str)
    if metric.datatype is Datatype.BOOLEAN:
        return bool(value)
    if metric.datatype is Datatype.DOUBLE:
        return float(value)
    return int(value) if value == int(value) else None


def _fault(one: TypedValue, arrival_ms: int) -> str | None:
    metric = CATALOGUE.get(one.name)
    if metric is None:
        return "metric_unknown"
    if isinstance(one.value, str) or not in_range(metric, one.value):
        return "value_out_of_range"
    if one.ts_ms - arrival_ms > FUTURE_MS_MAX:
        return "from_the_future"
    return None
