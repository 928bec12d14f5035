"""A host as plain as can be: it remembers all it hears, in memory, and answers with commits.

It reads messages as any Sparkplug host would, by the births alone, and holds the gateway to the
order of things: births first, ``seq`` without a hole, no alias with two meanings.
"""

from typing import NamedTuple

from vocabulary import delivery, topics
from vocabulary.delivery import SEQ_MODULUS, LostReason
from vocabulary.payload import Datatype, Metric, Payload, Value, decode, encode, interpret
from vocabulary.topics import Topic, Verb

DELIVERY_NAMES = frozenset(
    {
        delivery.SPOOL_EPOCH,
        delivery.SPOOL_OFFSET,
        delivery.SPOOL_COMMITTED,
        delivery.SPOOL_LOST,
        delivery.SPOOL_LOST_REASON,
        delivery.TIME_BOOT,
        delivery.TIME_MONOTONIC,
        delivery.TIME_QUALITY,
        delivery.TIME_SENT,
        delivery.BD_SEQ,
        delivery.REBIRTH,
        delivery.CHECK_NOW,
        delivery.CONFIGURATION,
    }
)


class Heard(NamedTuple):
    """One message, its aliases resolved."""

    verb: Verb
    device: str
    payload: Payload
    values: dict[str, Value | None]

    @property
    def historical(self) -> bool:
        """Whether every metric says so; a mixture is a mistake."""
        flags = {metric.is_historical for metric in self.payload.metrics}
        assert len(flags) == 1, self
        return flags.pop()

    def number(self, name: str) -> int:
        """A delivery metric's value."""
        found = self.values[name]
        assert isinstance(found, int), (name, found)
        return found

    @property
    def offset(self) -> int:
        """Which record this is."""
        return self.number(delivery.SPOOL_OFFSET)

    @property
    def is_loss(self) -> bool:
        """Whether it declares records that will never come."""
        return self.verb is Verb.NDATA and delivery.SPOOL_LOST in self.values

    @property
    def readings(self) -> dict[str, tuple[Value | None, int | None]]:
        """Catalogue name -> (value, UTC ms)."""
        rows = zip(self.values.items(), self.payload.metrics, strict=True)
        return {
            name: (value, metric.timestamp_ms)
            for (name, value), metric in rows
            if name not in DELIVERY_NAMES
        }


class ReferenceHost:
    """Everything one gateway ever told, by epoch and offset."""

    def __init__(self) -> None:
        self.meanings: dict[int, tuple[str, str, int]] = {}
        self.heard: list[Heard] = []
        self.received: dict[int, dict[int, tuple[str, dict[str, tuple[Value | None, int | None]]]]]
        self.received = {}
        self.lost: dict[int, dict[int, LostReason]] = {}
        self.duplicates = 0
        self.epoch = 0
        self.topic = ""
        self._seq: int | None = None
        self.buried: set[str] = set()
        self._born: set[str] = set()

    def link_lost(self) -> None:
        """What was said before says nothing of what comes next."""
        self._seq = None
        self._born.clear()

    def hear(self, topic_text: str, wire: bytes, *, lossy: bool = False) -> Heard:
        """Take one message; with ``lossy`` some before it may be missing."""
        topic = topics.parse(topic_text)
        assert isinstance(topic, Topic)
        payload = decode(wire)
        device = topic.device or ""
        if topic.verb is Verb.NDEATH:
            assert payload.seq is None
            heard = Heard(topic.verb, "", payload, self._by_name(payload))
            assert list(heard.values) == [delivery.BD_SEQ]
            self.heard.append(heard)
            return heard
        self._check_order(topic, payload, lossy=lossy)
        if topic.verb in (Verb.NBIRTH, Verb.DBIRTH):
            self._learn(device, payload)
            self._born.add(device)
            self.buried.discard(device)
            heard = Heard(topic.verb, device, payload, self._by_name(payload))
            self.epoch = heard.number(delivery.SPOOL_EPOCH)
            self.topic = topics.render(Topic(topic.district, Verb.NCMD, topic.gateway))
        elif topic.verb is Verb.DDEATH:
            assert payload.metrics == ()
            self.buried.add(device)
            heard = Heard(topic.verb, device, payload, {})
        else:
            heard = Heard(topic.verb, device, payload, self._by_alias(device, payload))
            assert device not in self.buried or heard.historical, "the dead speak"
            self._store(heard)
        self.heard.append(heard)
        return heard

    def _check_order(self, topic: Topic, payload: Payload, *, lossy: bool) -> None:
        device = topic.device or ""
        assert payload.seq is not None
        assert payload.timestamp_ms is not None
        if topic.verb is Verb.NBIRTH:
            assert payload.seq == 0
            self._born.clear()
            self.buried.clear()
        elif not lossy:
            assert self._seq is not None, "data before the birth"
            assert payload.seq == (self._seq + 1) % SEQ_MODULUS
            assert topic.verb is Verb.DBIRTH or device in self._born, device
        self._seq = payload.seq

    def _learn(self, device: str, payload: Payload) -> None:
        for metric in payload.metrics:
            if metric.name == delivery.REBIRTH:
                assert metric.alias is None
                continue
            assert metric.name is not None
            assert metric.alias is not None
            assert metric.datatype is not None
            meaning = (device, metric.name, metric.datatype)
            assert self.meanings.setdefault(metric.alias, meaning) == meaning, "an alias moved"

    @staticmethod
    def _by_name(payload: Payload) -> dict[str, Value | None]:
        return {
            metric.name or "": interpret(metric, metric.datatype or Datatype.INT64)
            for metric in payload.metrics
        }

    def _by_alias(self, device: str, payload: Payload) -> dict[str, Value | None]:
        values: dict[str, Value | None] = {}
        for metric in payload.metrics:
            assert metric.name is None, "data goes by alias"
            assert metric.alias is not None
            owner, name, datatype = self.meanings[metric.alias]
            assert owner == device
            assert name not in values
            values[name] = interpret(metric, datatype)
        return values

    def _store(self, heard: Heard) -> None:
        epoch, offset = heard.number(delivery.SPOOL_EPOCH), heard.offset
        if heard.is_loss:
            reason = LostReason(heard.number(delivery.SPOOL_LOST_REASON))
            count = heard.number(delivery.SPOOL_LOST)
            gone = self.lost.setdefault(epoch, {})
            gone.update(dict.fromkeys(range(offset, offset + count), reason))
            return
        content = (heard.device, heard.readings)
        known = self.received.setdefault(epoch, {})
        if offset in known:
            self.duplicates += 1
            assert known[offset] == content, "a record that was sent again has changed"
        known[offset] = content

    def prefix(self, epoch: int) -> int:
        """Every offset below it is here or declared lost."""
        known = self.received.get(epoch, {}).keys() | self.lost.get(epoch, {}).keys()
        below = 0
        while below in known:
            below += 1
        return below

    def data(self, *, historical: bool) -> list[int]:
        """Offsets in the order they came, of one lane."""
        return [
            heard.offset
            for heard in self.heard
            if heard.verb in (Verb.NDATA, Verb.DDATA)
            and not heard.is_loss
            and heard.historical == historical
        ]


def commit(epoch: int, below: int, *, timestamp_ms: int | None = None) -> bytes:
    """The NCMD that frees below ``below``."""
    return command(
        (delivery.SPOOL_EPOCH, Datatype.INT64, epoch),
        (delivery.SPOOL_COMMITTED, Datatype.INT64, below),
        timestamp_ms=timestamp_ms,
    )


def rebirth() -> bytes:
    """The NCMD that asks for births."""
    return command((delivery.REBIRTH, Datatype.BOOLEAN, True))


def command(*rows: tuple[str, Datatype, Value], timestamp_ms: int | None = None) -> bytes:
    """An NCMD of these metrics, by name."""
    metrics = tuple(Metric(name=name, datatype=kind, value=value) for name, kind, value in rows)
    return encode(Payload(metrics, timestamp_ms=timestamp_ms), announce=True)
