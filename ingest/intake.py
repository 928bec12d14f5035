"""Messages from the broker -> columns for the processor and lines for the database.

Here a message meets the inventory, its node's session, the set of offsets already received and
the catalogue's ranges. Whatever is refused is counted under a reason; a good neighbour in the
same message is kept.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from ingest.addresses import Addresses
from ingest.commands import Publication, rebirth
from ingest.completeness import Count, completeness_of
from ingest.fast_lane import DATA, FastLane, Plain, Run, is_long, runs_of
from ingest.ledger_rows import Completeness, Key, Quarantined
from ingest.message import Message
from ingest.node_session import NODE, REORDER_NS, Arrival, NodeSession, TypedValue
from ingest.offenders import BIRTH_BYTES, REFUSED_BYTES, SLOW_BYTES, Offenders
from ingest.plain_lines import PlainLines, Record
from ingest.points import Tags, lines_of
from ingest.rebirth_budget import RebirthBudget
from ingest.rows import Rows
from ingest.value_check import checked
from processing.city import City
from processing.columns import MONO_MS_UNKNOWN, CueKind
from processing.offsets import Added, OffsetSet
from vocabulary import delivery
from vocabulary.delivery import LostReason
from vocabulary.inventory import Inventory
from vocabulary.payload import (
    PAYLOAD_BYTES_MAX,
    Payload,
    PayloadMalformed,
    decode,
)
from vocabulary.topics import Topic, Verb
from vocabulary.units import INT32_MAX, NS_PER_MS, NS_PER_S

__all__ = ["Intake", "Message"]

QUARANTINE_PER_BATCH_MAX: Final = 10_000
EPOCHS_PER_GATEWAY_MAX: Final = 32
FAREWELL_BYTES_MAX: Final = 4_096
"""An NDEATH so short is heard from a gateway in quarantine too."""


class Intake:
    """Sessions, dedup and the rows waiting for the next step."""

    def __init__(
        self,
        inventory: Inventory,
        city: City,
        received: Mapping[Key, OffsetSet],
        *,
        reorder_ns: int = REORDER_NS,
    ) -> None:
        self._reorder_ns = reorder_ns
        self._city, self._tags = city, Tags(inventory)
        self._addresses = Addresses({row.gateway_id: row.district for row in inventory.gateway})
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
        self.completeness: Counter[Count] = Counter()
        self.born: list[Key] = []
        self.retired: list[Key] = []
        self.readings = 0
        self._budget, self.offenders = RebirthBudget(), Offenders()
        self._fast, self.plain_lines = FastLane(city, self._owner), PlainLines(city, self._tags)

    def receive_all(self, messages: Iterable[Message]) -> None:
        """Take messages in their order: as ``receive`` of each, but data many at a time."""
        addressed = ((self._address(message), message) for message in messages)
        for run in runs_of((topic, message) for topic, message in addressed if topic is not None):
            self._take_run(run)

    def receive(self, message: Message) -> None:
        """Take one message; never raises for what it holds."""
        topic = self._address(message)
        if topic is not None:
            self._take(topic, message)

    def _address(self, message: Message) -> Topic | None:
        """Whose message it is; None, counted, if it is not to be taken."""
        topic = self._addresses.meaning(message.topic)
        if isinstance(topic, str):
            self.counts["", topic] += 1
            return None
        if message.retain:
            self.counts[topic.gateway, "retained"] += 1
            return None
        if self.offenders.is_held(topic.gateway, message.arrival_ns):
            is_farewell = topic.verb is Verb.NDEATH and len(message.payload) <= FAREWELL_BYTES_MAX
            if not is_farewell:  # nothing of it is committed: it comes again
                self.counts[topic.gateway, "in_quarantine"] += 1
                return None
        return topic

    def _take(self, topic: Topic, message: Message) -> None:
        births = topic.verb in (Verb.NBIRTH, Verb.DBIRTH)
        self._charge(topic.gateway, message, BIRTH_BYTES if births else SLOW_BYTES)
        try:
            payload = decode(message.payload)
        except PayloadMalformed as error:
            self._refuse(topic.gateway, error.reason, message)
            self._charge(topic.gateway, message, REFUSED_BYTES)
            return
        session = self.sessions.setdefault(topic.gateway, NodeSession(self._reorder_ns))
        self._dispatch(topic, payload, session, message)

    def _charge(self, gateway: str, message: Message, extra_bytes: int) -> None:
        cost_bytes = min(len(message.payload), PAYLOAD_BYTES_MAX) + extra_bytes
        if self.offenders.charge(gateway, cost_bytes, message.arrival_ns):
            self.counts[gateway, "quarantine_begun"] += 1

    def _take_run(self, waiting: Sequence[tuple[Topic, Message]]) -> None:
        if not is_long(waiting):
            for topic, message in waiting:
                self._take(topic, message)
            return
        run = self._fast.read(waiting, self.sessions)
        records: list[Record] = []
        for (topic, message), plain in zip(waiting, run.plain, strict=True):
            if plain is None:
                self._write(run, records)  # what comes later is written later
                self._take(topic, message)
            elif self._take_plain(topic, message, plain, run):
                records.append((plain.node_ix, plain.first, plain.last))
        self._write(run, records)

    def _write(self, run: Run, records: list[Record]) -> None:
        self.lines.extend(self.plain_lines.lines(run.readings, records))
        records.clear()

    def _take_plain(self, topic: Topic, message: Message, plain: Plain, run: Run) -> bool:
        """What ``_take`` does, with a message in which nothing is odd; but its lines are due."""
        gateway, arrival_ns = topic.gateway, message.arrival_ns
        self.rows.cue(CueKind.HEARD, self._city.gateway_ix_of[gateway], arrival_ns)
        device = topic.device or NODE
        self.sessions[gateway].plain_data(
            device, plain.seq, arrival_ns, null_count=plain.null_count
        )
        first, last = plain.first, plain.last
        if plain.epoch:
            key = (gateway, plain.epoch)
            if not self._is_new(key, plain.offset, arrival_ns):
                return False
            if plain.historical:
                self._count(key, arrival_ns, "late")
        else:
            arrival = Arrival(device, (), plain.numbers, plain.historical, False, False)
            if not self._admits(gateway, arrival, message, has_values=first < last):
                return False
        if first == last:
            return False
        self.readings += last - first
        self.rows.columns(run.readings, first, last)
        return True

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
            session.device_death(device, payload, arrival_ns)
        elif topic.verb in DATA:
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
            if self._epoch_count[key[0]] >= EPOCHS_PER_GATEWAY_MAX and not self._retire(key[0]):
                self.counts[key[0], "too_many_epochs"] += 1
                return None
            held = self.received[key] = OffsetSet()
            self._epoch_count[key[0]] += 1
        return held

    def _retire(self, gateway: str) -> bool:
        """Forget the gateway's oldest epoch; a card that failed often must not bar the next one."""
        session = self.sessions.get(gateway)
        current = session.epoch if session is not None else None
        for key in self.received:
            if key[0] == gateway and key[1] != current and key not in self.touched:
                del self.received[key]
                self._epoch_count[gateway] -= 1
                self.counts[gateway, "epoch_retired"] += 1
                self.retired.append(key)
                return True
        return False

    def _count(self, key: Key, arrival_ns: int, what: str, count: int = 1) -> None:
        hour = arrival_ns // (3_600 * NS_PER_S)
        self.completeness[key[0], key[1], hour, what] += count

    def _data(self, gateway: str, arrival: Arrival, message: Message) -> None:
        if self._admits(gateway, arrival, message, has_values=bool(arrival.values)):
            self._store(gateway, arrival, message)

    def _admits(
        self, gateway: str, arrival: Arrival, message: Message, *, has_values: bool
    ) -> bool:
        """Note what a message says of its record; gives whether its values are to be stored."""
        epoch = arrival.delivery.get(delivery.SPOOL_EPOCH)
        offset = arrival.delivery.get(delivery.SPOOL_OFFSET)
        if epoch is None or offset is None:
            return True
        if arrival.unexplained:  # not taken, so not committed: it comes again after the births
            self.counts[gateway, "resend_awaited"] += 1
            return False
        if not _is_possible(epoch, offset):  # never committed; but nothing can be
            self._refuse(gateway, "offset_impossible", message, arrival.delivery)
            return False
        key = (gateway, epoch)
        lost = arrival.delivery.get(delivery.SPOOL_LOST)
        if lost is not None and not has_values:
            self._lost(key, offset, lost, arrival.delivery, message.arrival_ns)
            return False
        if not self._is_new(key, offset, message.arrival_ns):
            return False
        if arrival.historical:
            self._count(key, message.arrival_ns, "late")
        return True

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
        if arrival.unreadable or arrival.refused or len(good) < len(arrival.values):
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
        for reason in dict.fromkeys(arrival.refused):
            self._refuse(gateway, reason, message, numbers)
        if arrival.device and self._owner.get(arrival.device) != gateway:
            self._refuse(gateway, "device_unknown", message, numbers)
            return []
        arrival_ms = message.arrival_ns // NS_PER_MS
        good: list[TypedValue] = []
        for one in arrival.values:
            verdict = checked(one, arrival_ms)
            if isinstance(verdict, str):
                self._refuse(gateway, verdict, message, numbers)
            else:
                good.append(verdict)
        return good

    def _quarantine_record(self, gateway: str, arrival: Arrival, arrival_ns: int) -> None:
        """A record is counted once, however many of its values were refused."""
        epoch = arrival.delivery.get(delivery.SPOOL_EPOCH)
        if epoch is not None and delivery.SPOOL_OFFSET in arrival.delivery:
            self._count((gateway, epoch), arrival_ns, "quarantined")

    def _node_ix(self, gateway: str, device: str) -> int:
        city = self._city
        return city.ix_of[device] if device else city.gateway_node_ix(city.gateway_ix_of[gateway])

    def completeness_rows(self) -> list[Completeness]:
        """What became of records since the last batch, one row per gateway, epoch and hour."""
        return completeness_of(self.completeness)

    def rebirths(self, now_ns: int) -> list[Publication]:
        """Rebirth requests that are due, within the budget."""
        asked = []
        for gateway, session in self.sessions.items():
            session.tick(now_ns)
            if session.wants_rebirth and self._budget.may_ask(gateway, now_ns):
                session.wants_rebirth = False
                session.counts["rebirth_asked"] += 1
                asked.append(rebirth(self._addresses.district(gateway), gateway, now_ns))
        return asked

    def district(self, gateway: str) -> str:
        """The Sparkplug group of a gateway."""
        return self._addresses.district(gateway)

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
