"""The slow twin of ``processing.bind``: payload by payload, metric by metric, with dictionaries."""

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from processing.bind import NUMBERS
from processing.bind import Series as TableRow
from vocabulary import payload as vocabulary_payload
from vocabulary import sparkplug_b_pb2 as pb
from vocabulary.metrics import CATALOGUE, code_of, in_range
from vocabulary.payload import Datatype, Metric, PayloadMalformed, Value, interpret, refusal


class Sent(NamedTuple):
    """One payload with what is known of its sender."""

    wire: bytes
    node: str
    device_ix: int
    node_ix: int
    arrival_ns: int


class ReadingFound(NamedTuple):
    """A row of ``Readings``."""

    ts_ns: int
    arrival_ns: int
    node_ix: int
    metric: int
    value: float
    exact: int
    boot: int
    mono_ms: int
    historical: bool


class MessageFound(NamedTuple):
    """What a payload came to; of an odd one only that it is odd counts."""

    odd: bool
    readings: list[ReadingFound]
    numbers: dict[str, int]
    counts: Counter[str]
    historical: bool
    unexplained: bool


Tables = Mapping[str, Mapping[int, TableRow]]


def _catalogued(name: str, value: Value) -> Value | None:
    """The value in its metric's own type; None if it has none there."""
    assert not isinstance(value, str)
    match CATALOGUE[name].datatype:
        case Datatype.DOUBLE:
            return float(value)
        case Datatype.BOOLEAN:
            return value != 0
        case _:
            return None if value % 1 else int(value)


def _why_not(name: str, value: Value, ts_ms: int, latest_ms: int) -> str:
    if name not in CATALOGUE:
        return "metric_unknown"
    assert not isinstance(value, str)
    if not in_range(CATALOGUE[name], value):
        return "value_out_of_range"
    if ts_ms > latest_ms:
        return "from_the_future"
    return "value_of_another_type" if _catalogued(name, value) is None else ""


def _is_odd(metric: Metric, row: TableRow) -> bool:
    """Whether it takes text to say what this means."""
    is_text = metric.field == "string_value" and not metric.is_null
    return is_text and row.datatype in (Datatype.STRING, Datatype.TEXT)


class _Walk:
    """One payload on its way."""

    def __init__(self, sent: Sent, rows: Mapping[int, TableRow], latest_ms: int) -> None:
        self._sent, self._rows, self._latest_ms = sent, rows, latest_ms
        self.odd = self.historical = self.unexplained = False
        self.numbers: dict[str, int] = {}
        self.counts: Counter[str] = Counter()
        self.found: list[tuple[str, Value, int, bool]] = []

    def take(self, metric: Metric, fallback_ms: int) -> None:
        if metric.alias is None:
            self.odd = True
            return
        row = self._rows.get(metric.alias)
        if row is None or row.device_ix != self._sent.device_ix:
            self.counts["unknown_alias" if row is None else "alias_of_another_device"] += 1
            self.unexplained = self.unexplained or row is None
            return
        self.historical = self.historical or metric.is_historical
        if row.name in NUMBERS:
            number = interpret(metric, Datatype.INT64)
            if isinstance(number, int):
                self.numbers[row.name] = number
            return
        value = interpret(metric, row.datatype)
        if _is_odd(metric, row) or (refusal(metric, row.datatype) and value is None):
            self.odd = True
        elif value is None:
            self.counts["null_value"] += 1
        else:
            ts_ms = fallback_ms if metric.timestamp_ms is None else metric.timestamp_ms
            reason = _why_not(row.name, value, ts_ms, self._latest_ms)
            meant = None if reason else _catalogued(row.name, value)
            if meant is None:
                self.counts[reason] += 1
            else:
                self.found.append((row.name, meant, ts_ms, metric.is_historical))

    def readings(self) -> list[ReadingFound]:
        boot, mono_ms = self.numbers.get("Time/Boot", 0), self.numbers.get("Time/Monotonic", -1)
        return [
            ReadingFound(
                ts_ms * 10**6,
                self._sent.arrival_ns,
                self._sent.node_ix,
                code_of(name),
                float(value),
                int(value) if isinstance(value, int) else 0,
                boot if 0 <= boot < 2**31 else 0,
                max(mono_ms, -1),
                historical,
            )
            for name, value, ts_ms, historical in self.found
        ]


def bind_one(sent: Sent, tables: Tables, *, future_ms: int) -> MessageFound | None:
    """What one payload came to; None if it is none."""
    try:
        payload = vocabulary_payload.decode(sent.wire, opened=False)
    except PayloadMalformed:
        return None
    arrival_ms = sent.arrival_ns // 10**6
    walk = _Walk(sent, tables[sent.node], arrival_ms + future_ms)
    for metric in payload.metrics:
        walk.take(metric, payload.timestamp_ms or arrival_ms)
    odd = walk.odd or pb.Payload.FromString(sent.wire).HasField("uuid")
    return MessageFound(
        odd, walk.readings(), walk.numbers, walk.counts, walk.historical, walk.unexplained
    )
