"""An access point that is a Sparkplug edge node on the local broker -> catalogue values.

Its births say what its aliases stand for; we ask for one when we come, and again when an alias is
unknown. What it says goes on under our own node and our own names.
"""

from collections.abc import Sequence
from typing import Final

from edge.access_point_value import MESSAGE_BYTES_MAX, Reason, Taken, refused, source_ms, typed
from edge.source_configuration import SPARKPLUG_TOPIC, MetricPath, Source
from edge.sparkplug_node import Outgoing
from vocabulary import delivery, topics
from vocabulary.moment import Moment
from vocabulary.payload import (
    Datatype,
    Metric,
    Payload,
    PayloadMalformed,
    Value,
    decode,
    encode,
    interpret,
)
from vocabulary.topics import Topic, Verb
from vocabulary.units import NS_PER_S

ALIASES_MAX: Final = 4_096
ASK_NS: Final = 10 * NS_PER_S
"""Between two requests for a rebirth, or a broken node would be asked for ever more."""
BIRTHS: Final = frozenset({Verb.NBIRTH, Verb.DBIRTH})
DATA: Final = frozenset({Verb.NDATA, Verb.DDATA})


class SparkplugReader:
    """Reads what one edge node publishes locally."""

    def __init__(self, source: Source) -> None:
        self.source = source
        match = SPARKPLUG_TOPIC.fullmatch(source.topic)
        assert match is not None, "the configuration was judged"
        self._group, self._node = match.groups()
        self._rows = {(row.device, row.path): row for row in source.metrics}
        self._aliases: dict[int, tuple[str, str, int]] = {}
        self._types: dict[tuple[str, str], int] = {}
        self._wants_birth = True
        self._asked_ns: int | None = None
        self.died = False
        """Whether its last word was its death."""

    @property
    def metric_names(self) -> Sequence[str]:
        """Catalogue names this source can give."""
        return [row.name for row in self.source.metrics]

    @property
    def filters(self) -> Sequence[str]:
        """Topics it is to be shown."""
        return [self.source.topic]

    def connected(self) -> None:
        """The local broker is there (again): what was said meanwhile is unknown."""
        self._wants_birth, self._asked_ns = True, None

    def command(self, now: Moment) -> Outgoing | None:
        """The request for a rebirth, when one is due."""
        if not self._wants_birth:
            return None
        if self._asked_ns is not None and now.mono_ns - self._asked_ns < ASK_NS:
            return None
        self._asked_ns = now.mono_ns
        rebirth = Metric(delivery.REBIRTH, None, now.wall_ms, Datatype.BOOLEAN, value=True)
        body = encode(Payload((rebirth,), timestamp_ms=now.wall_ms), announce=True)
        return Outgoing(topics.render(Topic(self._group, Verb.NCMD, self._node)), body, qos=0)

    def read_all(self, topic: str, payload: bytes, wall_ms: int) -> list[Taken]:
        """The configured values of a birth or data message, by time."""
        address = topics.parse(topic)
        if not isinstance(address, Topic) or address.verb in (Verb.NCMD, Verb.DCMD):
            return []  # our own request comes back to us
        if len(payload) > MESSAGE_BYTES_MAX:
            return [refused(Reason.TOO_LONG)]
        try:
            body = decode(payload)
        except PayloadMalformed:
            return [refused(Reason.NOT_SPARKPLUG)]
        device = address.device or ""
        if address.verb is Verb.NBIRTH:
            self._aliases.clear()
            self._types.clear()
            self._wants_birth = self.died = False
        elif address.verb is Verb.NDEATH:
            self.died = True
        if address.verb in BIRTHS:
            self._learn(device, body)
        return self._values(device, body, wall_ms) if address.verb in BIRTHS | DATA else []

    def _learn(self, device: str, body: Payload) -> None:
        for metric in body.metrics:
            if metric.name is None or metric.datatype is None:
                continue
            if (device, metric.name) in self._rows:  # of the others nothing is kept by name
                self._types[device, metric.name] = metric.datatype
            if metric.alias is None:
                continue
            if metric.alias in self._aliases or len(self._aliases) < ALIASES_MAX:
                self._aliases[metric.alias] = (device, metric.name, metric.datatype)

    def _meaning(self, device: str, metric: Metric) -> tuple[MetricPath | None, int | None]:
        """Our row for a metric, if we have one, and its datatype."""
        if metric.name is not None:
            key = device, metric.name
            datatype = self._types.get(key) if metric.datatype is None else metric.datatype
            return self._rows.get(key), datatype
        known = self._aliases.get(metric.alias) if metric.alias is not None else None
        if known is None:
            self._wants_birth = self._wants_birth or len(self._aliases) < ALIASES_MAX
            return None, None
        return self._rows.get(known[:2]), known[2]

    def _values(self, device: str, body: Payload, wall_ms: int) -> list[Taken]:
        by_time: dict[int | None, dict[str, Value]] = {}
        reasons: list[Reason] = []
        for metric in body.metrics:
            row, datatype = self._meaning(device, metric)
            if row is None:
                if metric.name is None and metric.alias not in self._aliases:
                    reasons.append(Reason.UNKNOWN_ALIAS)
                continue
            value = self._value(row, metric, datatype)
            if isinstance(value, Reason):
                reasons.append(value)
                continue
            written = body.timestamp_ms if metric.timestamp_ms is None else metric.timestamp_ms
            ts_ms = None if written is None else source_ms(written, "ms", wall_ms)
            if isinstance(ts_ms, Reason):
                reasons.append(ts_ms)
                ts_ms = None
            by_time.setdefault(ts_ms, {})[row.name] = value
        made = [Taken(tuple(found.items()), ts_ms, ()) for ts_ms, found in by_time.items()]
        return [*made, refused(*reasons)] if reasons else made

    def _value(self, row: MetricPath, metric: Metric, datatype: int | None) -> Value | Reason:
        if metric.is_historical:  # it would be dated to now, or be late by as much as it likes
            return Reason.HISTORICAL
        if metric.is_null:
            return Reason.NULL
        number = interpret(metric, datatype) if datatype is not None else None
        if number is None or isinstance(number, str):
            return Reason.NOT_A_NUMBER
        value = typed(row, number)
        return Reason.OUT_OF_RANGE if value is None else value
