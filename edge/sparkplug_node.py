"""The messages of a Sparkplug edge node: births, data, deaths, each with its place in ``seq``.

Only this file puts in what a message gains while it is sent: ``seq``, the payload's timestamp,
``Time/Sent`` and ``is_historical`` (Eclipse Sparkplug 3.0, sections 6.4.19 to 6.4.26).
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from edge.alias_table import AliasTable
from edge.collector import NODE, Collector
from edge.presence import Presence
from edge.spool import Spool
from edge.spool_gaps import Lost
from edge.spool_record import Record
from vocabulary import delivery, topics
from vocabulary import sparkplug_b_pb2 as pb
from vocabulary.delivery import LostReason, TimeQuality
from vocabulary.metrics import CATALOGUE
from vocabulary.moment import Moment
from vocabulary.payload import Datatype, Metric, Payload, Value, encode, put_value
from vocabulary.topics import Topic, Verb
from vocabulary.units import NS_PER_MS

NODE_DELIVERY: Final = (
    (delivery.SPOOL_EPOCH, Datatype.INT64),
    (delivery.SPOOL_OFFSET, Datatype.INT64),
    (delivery.TIME_BOOT, Datatype.INT32),
    (delivery.TIME_MONOTONIC, Datatype.INT64),
    (delivery.TIME_QUALITY, Datatype.INT32),
    (delivery.TIME_SENT, Datatype.INT64),
)
"""Delivery metrics of every birth and every data message."""
NODE_ONLY: Final = (
    (delivery.SPOOL_COMMITTED, Datatype.INT64),
    (delivery.SPOOL_LOST, Datatype.INT64),
    (delivery.SPOOL_LOST_REASON, Datatype.INT32),
)
"""Delivery metrics of the gateway itself."""
NODE_TEXTS: Final = (
    (delivery.CHECK_NOW, Datatype.STRING),
    (delivery.CONFIGURATION, Datatype.STRING),
)
"""What the gateway's birth says in words: a command it takes, and which configuration it has."""
_TYPES: Final = dict(NODE_DELIVERY) | dict(NODE_ONLY)


class Outgoing(NamedTuple):
    """One message for the broker. ``offset`` is the record it carries, None for the others."""

    topic: str
    payload: bytes
    qos: int
    retain: bool = False
    offset: int | None = None


class SparkplugNode:
    """Builds messages; holds the session's ``seq`` and ``bdSeq`` and nothing of the connection."""

    def __init__(
        self,
        gateway_id: str,
        district: str,
        *,
        spool: Spool,
        aliases: AliasTable,
        collector: Collector,
        presence: Presence,
        configuration: str = "",
    ) -> None:
        self._presence, self._configuration = presence, configuration
        self._history_below = (spool.epoch, spool.next_offset)
        self._gateway_id, self._district = gateway_id, district
        self._spool, self._aliases, self._collector = spool, aliases, collector
        self._seq = 0
        self.bd_seq = 0

    def _topic(self, verb: Verb, device: str = NODE) -> str:
        return topics.render(Topic(self._district, verb, self._gateway_id, device or None))

    def _next_seq(self) -> int:
        seq, self._seq = self._seq, (self._seq + 1) % delivery.SEQ_MODULUS
        return seq

    def _delivery(self, device: str, values: dict[str, int], ts_ms: int) -> list[Metric]:
        return [
            self._named(device, name, _TYPES[name], value, ts_ms) for name, value in values.items()
        ]

    def draw_bd_seq(self) -> None:
        """Take the next session number; it is durable before it is used."""
        self.bd_seq = self._spool.next_bd_seq()

    def death(self, now: Moment) -> Outgoing:
        """NDEATH: as will and as farewell; carries only ``bdSeq`` and no ``seq``.

        With its type and time, for a reader may have no birth to take them from, and some lose
        the payload's.
        """
        metric = Metric(delivery.BD_SEQ, None, now.wall_ms, Datatype.INT64, self.bd_seq)
        body = encode(Payload((metric,), timestamp_ms=now.wall_ms), announce=True)
        return Outgoing(self._topic(Verb.NDEATH), body, qos=1)

    def births(self, now: Moment) -> list[Outgoing]:
        """NBIRTH, then one DBIRTH per device; ``seq`` begins again at 0."""
        self._seq = 0
        self._aliases.reserve(self._announced())
        made = [self._birth(NODE, now)]
        for device in self._devices():
            if device != NODE:
                made.extend(self.device_messages(device, now))
        return made

    def device_messages(self, device: str, now: Moment) -> list[Outgoing]:
        """DBIRTH; and DDEATH at once if the device is not there, for its history needs both."""
        born = self._birth(device, now)
        return [born] if self._presence.is_there(device) else [born, self.device_death(device, now)]

    def device_death(self, device: str, now: Moment) -> Outgoing:
        """DDEATH: the device has left; no metric."""
        body = encode(Payload((), timestamp_ms=now.wall_ms, seq=self._next_seq()))
        return Outgoing(self._topic(Verb.DDEATH, device), body, qos=0)

    def _announced(self) -> Iterator[tuple[str, str, int]]:
        """Every metric a birth will name, so that new ones cost one write together."""
        yield NODE, delivery.BD_SEQ, Datatype.INT64
        for name, datatype in (*NODE_ONLY, *NODE_TEXTS):
            yield NODE, name, datatype
        for device in self._devices():
            for name, datatype in NODE_DELIVERY:
                yield device, name, datatype
            for name in self._collector.latest.get(device, {}):
                yield device, name, CATALOGUE[name].datatype

    def _devices(self) -> list[str]:
        held = {device for device, _name, _type in self._aliases.rows()}
        if not self._may_hold_history():
            held = {device for device in held if self._presence.is_configured(device)}
        return sorted(held | set(self._collector.latest))

    def _may_hold_history(self) -> bool:
        """Whether records from before this start may wait, of devices that were here then."""
        epoch, below = self._history_below
        backlogs = self._spool.backlogs()
        return any(one.epoch != epoch or one.committed < below for one in backlogs)

    def _birth(self, device: str, now: Moment) -> Outgoing:
        metrics: list[Metric] = []
        if device == NODE:
            rebirth = Metric(delivery.REBIRTH, None, now.wall_ms, Datatype.BOOLEAN, value=False)
            bd_seq = self._named(device, delivery.BD_SEQ, Datatype.INT64, self.bd_seq, now.wall_ms)
            metrics.extend((rebirth, bd_seq))
            texts = zip(NODE_TEXTS, ("", self._configuration), strict=True)
            metrics.extend(
                self._named(device, name, datatype, text, now.wall_ms)
                for (name, datatype), text in texts
            )
        spool = self._spool
        numbers = {
            delivery.SPOOL_EPOCH: spool.epoch,
            delivery.SPOOL_OFFSET: spool.next_offset,
            delivery.TIME_BOOT: spool.boot,
            delivery.TIME_MONOTONIC: now.mono_ms,
            delivery.TIME_QUALITY: int(now.quality),
            delivery.TIME_SENT: now.mono_ms,
        }
        if device == NODE:
            numbers[delivery.SPOOL_COMMITTED] = spool.committed
            numbers[delivery.SPOOL_LOST] = 0
            numbers[delivery.SPOOL_LOST_REASON] = 0
        metrics.extend(self._delivery(device, numbers, now.wall_ms))
        latest = self._collector.latest.get(device, {})
        old = {name for owner, name, _type in self._aliases.rows() if owner == device}
        for name in sorted((old | set(latest)) & set(CATALOGUE)):
            row, last = CATALOGUE[name], latest.get(name)
            value = last.value if last and (not device or self._presence.is_there(device)) else None
            ts_ms = last.ts_ms if last and value is not None else now.wall_ms
            alias = self._aliases.alias_of(device, name, row.datatype)
            metrics.append(Metric(name, alias, ts_ms, row.datatype, value))
        metrics.sort(key=lambda one: one.timestamp_ms or 0)  # the standard wants the order of time
        verb = Verb.DBIRTH if device else Verb.NBIRTH
        body = Payload(tuple(metrics), timestamp_ms=now.wall_ms, seq=self._next_seq())
        return Outgoing(self._topic(verb, device), encode(body, announce=True), qos=0)

    def _named(
        self, device: str, name: str, datatype: Datatype, value: Value, ts_ms: int
    ) -> Metric:
        alias = self._aliases.alias_of(device, name, datatype)
        return Metric(name, alias, ts_ms, datatype, value)

    def data(
        self, record: Record, now: Moment, *, historical: bool, shift_ns: int | None = None
    ) -> Outgoing | None:
        """NDATA or DDATA of one record; None when its aliases are not ours to explain.

        ``shift_ns`` moves the times of a record that was stamped before the time was known.
        """
        body = pb.Payload.FromString(record.body)
        owner = self._aliases.describe(body.metrics[0].alias) if body.metrics else None
        if owner is None:
            return None
        device = owner[0]
        for metric in body.metrics:
            metric.alias = self._aliases.announced(metric.alias)
        numbers = {
            delivery.SPOOL_EPOCH: record.epoch,
            delivery.SPOOL_OFFSET: record.offset,
            delivery.TIME_BOOT: record.boot,
            delivery.TIME_MONOTONIC: record.mono_ns // NS_PER_MS,
            delivery.TIME_QUALITY: record.quality,
            delivery.TIME_SENT: now.mono_ms,
        }
        if shift_ns is not None:
            numbers[delivery.TIME_QUALITY] = TimeQuality.RECOVERED
            for metric in body.metrics:
                metric.timestamp += shift_ns // NS_PER_MS
        late = historical or (device != NODE and not self._presence.is_there(device))
        return self._send(device, body, numbers, now, record.offset, historical=late)

    def lost(self, lost: Lost, now: Moment) -> Outgoing:
        """NDATA declaring that the records of a range will never come."""
        numbers = {
            delivery.SPOOL_EPOCH: lost.epoch,
            delivery.SPOOL_OFFSET: lost.offset,
            delivery.SPOOL_LOST: lost.count,
            delivery.SPOOL_LOST_REASON: int(LostReason[lost.reason.upper()]),
        }
        return self._send(NODE, pb.Payload(), numbers, now, lost.offset, historical=True)

    def _send(
        self,
        device: str,
        body: pb.Payload,
        numbers: dict[str, int],
        now: Moment,
        offset: int,
        *,
        historical: bool,
    ) -> Outgoing:
        # within a message times do not go back, even if the source's clock is ahead of ours
        ts_ms = max([now.wall_ms, *(metric.timestamp for metric in body.metrics[-1:])])
        for name, value in numbers.items():
            wire = body.metrics.add()
            wire.alias = self._aliases.alias_of(device, name, _TYPES[name])
            wire.timestamp = ts_ms
            put_value(wire, _TYPES[name], value)
        if historical:
            for wire in body.metrics:
                wire.is_historical = True
        body.timestamp = now.wall_ms
        body.seq = self._next_seq()
        verb = Verb.DDATA if device else Verb.NDATA
        return Outgoing(self._topic(verb, device), body.SerializeToString(), qos=0, offset=offset)
