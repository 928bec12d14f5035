"""Decoded metrics -> the processor's readings: aliases become series, bits become numbers.

A node's births say what its aliases stand for. ``SeriesTable`` holds that of all nodes, one part
each; ``bind`` looks every metric up in the part of its sender and reads its bits as the announced
datatype says, with the rules of ``vocabulary.payload.interpret``; a number is then given the type
of its field in the database. The metrics of delivery (``Spool/Offset`` and so on) are Int64 and
become columns of their message.

Nothing is decided about a message here: what gave no reading is counted by reason, and a message
in which something needs text (a name without an alias, a string, a compressed body) is ``ODD``.
"""

from collections.abc import Iterable
from math import ceil, floor, nextafter
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from processing import bind_kernel as kernel
from processing.bind_kernel import Messages, Ranges, Senders, SeriesColumns
from processing.columns import Readings
from processing.decode import Decoded, decode, join
from vocabulary import delivery
from vocabulary.metrics import CATALOGUE, code_of
from vocabulary.payload import Datatype
from vocabulary.units import INT64_MAX, INT64_MIN

NUMBERS: Final = (
    delivery.SPOOL_EPOCH,
    delivery.SPOOL_OFFSET,
    delivery.SPOOL_COMMITTED,
    delivery.SPOOL_LOST,
    delivery.SPOOL_LOST_REASON,
    delivery.TIME_BOOT,
    delivery.TIME_MONOTONIC,
    delivery.TIME_QUALITY,
    delivery.TIME_SENT,
)
"""The delivery metrics, in the order of the columns of ``Messages.numbers``."""
REASONS: Final = (
    "unknown_alias",
    "alias_of_another_device",
    "null_value",
    "metric_unknown",
    "value_out_of_range",
    "from_the_future",
    "value_of_another_type",
)
"""Why a metric gave no reading, in the order of the columns of ``Messages.counts``."""
ARRIVAL_NS_MAX: Final = 2**62

_WIDTHS: Final = {
    Datatype.INT8: 8,
    Datatype.INT16: 16,
    Datatype.INT32: 32,
    Datatype.INT64: 64,
    Datatype.UINT8: 8,
    Datatype.UINT16: 16,
    Datatype.UINT32: 32,
    Datatype.UINT64: 64,
    Datatype.DATETIME: 64,
}
_SIGNED: Final = {Datatype.INT8, Datatype.INT16, Datatype.INT32, Datatype.INT64}
_KINDS: Final[dict[int, int]] = {
    **dict.fromkeys(_WIDTHS, kernel.WHOLE),
    Datatype.FLOAT: kernel.REAL,
    Datatype.DOUBLE: kernel.REAL,
    Datatype.BOOLEAN: kernel.TRUTH,
    Datatype.STRING: kernel.TEXT,
    Datatype.TEXT: kernel.TEXT,
}
_NUMBER_OF: Final = {name: ix for ix, name in enumerate(NUMBERS)}
_SERIES_TYPES: Final = ("u8", "i4", "i4", "u1", "i8", "?")
_READING_TYPES: Final = ("i8", "i8", "i4", "i2", "f8", "i8", "i4", "i8", "?")
assert len(NUMBERS) == kernel.NUMBER_COUNT
assert len(REASONS) == kernel.COUNT_COUNT


class Series(NamedTuple):
    """What one alias stands for; ``device_ix`` is any number of the node's own for its device."""

    alias: int
    device_ix: int
    name: str
    datatype: int


class Part(NamedTuple):
    """Where a node's series are in the table."""

    start: int
    size: int


class SeriesTable:
    """The series of all nodes behind one another. A node that is born again gets a new part."""

    def __init__(self) -> None:
        self.columns = SeriesColumns(*(np.zeros(256, dtype=one) for one in _SERIES_TYPES))
        self._used = 0
        self._parts: dict[str, Part] = {}

    def __len__(self) -> int:
        return self._used

    def put(self, node: str, series: Iterable[Series]) -> None:
        """Say anew what all the aliases of a node stand for."""
        rows = sorted({one.alias: _row(one) for one in series}.values())
        if self._used + len(rows) > self.columns.alias.size:
            self._make_room(node, len(rows))
        start, self._used = self._used, self._used + len(rows)
        if rows:
            columns: tuple[NDArray[Any], ...] = self.columns
            for column, values in zip(columns, zip(*rows, strict=True), strict=True):
                column[start : self._used] = values
        self._parts[node] = Part(start, len(rows))

    def part(self, node: str) -> Part:
        """Where to look up a node's aliases; an empty part for a stranger."""
        return self._parts.get(node, Part(0, 0))

    def _make_room(self, node: str, more: int) -> None:
        """Drop the parts that were replaced, and grow to twice of what is left if need be."""
        self._parts.pop(node, None)
        kept = sum(part.size for part in self._parts.values())
        size = max(2 * (kept + more), self.columns.alias.size // 2)
        fresh = SeriesColumns(*(np.zeros(size, dtype=one) for one in _SERIES_TYPES))
        self._used = 0
        for owner, (start, part_size) in self._parts.items():
            pairs: Iterable[tuple[NDArray[Any], NDArray[Any]]] = zip(
                self.columns, fresh, strict=True
            )
            for was, now in pairs:
                now[self._used : self._used + part_size] = was[start : start + part_size]
            self._parts[owner] = Part(self._used, part_size)
            self._used += part_size
        self.columns = fresh


def _row(one: Series) -> tuple[int, int, int, int, int, bool]:
    assert 0 <= one.alias < 2**64
    if one.name in _NUMBER_OF:  # whatever a birth calls it
        return (
            one.alias,
            one.device_ix,
            kernel.DELIVERY - _NUMBER_OF[one.name],
            kernel.WHOLE,
            0,
            True,
        )
    code = code_of(one.name) if one.name in CATALOGUE else kernel.STRANGER
    kind = _KINDS.get(one.datatype, kernel.NO_KIND)
    spare_bits = 64 - _WIDTHS[Datatype(one.datatype)] if kind == kernel.WHOLE else 0
    return one.alias, one.device_ix, code, kind, spare_bits, one.datatype in _SIGNED


def _ranges() -> Ranges:
    rows = list(CATALOGUE.values())
    whole = [(max(ceil(row.low), INT64_MIN), min(floor(row.high), INT64_MAX)) for row in rows]
    return Ranges(
        np.array([_KINDS[row.datatype] for row in rows], dtype=np.uint8),
        np.array([_at_least(row.low) for row in rows]),
        np.array([-_at_least(-row.high) for row in rows]),
        np.array([low for low, _high in whole], dtype=np.int64),
        np.array([high for _low, high in whole], dtype=np.int64),
    )


def _at_least(bound: float) -> float:
    """The smallest double that is not below a bound, which may be an integer of 63 bits."""
    near = float(bound)
    return near if near >= bound else nextafter(near, float("inf"))


RANGES: Final = _ranges()


class Bound(NamedTuple):
    """What n payloads came to: their readings in order, and of each message the rest."""

    readings: Readings
    messages: Messages


def bind(decoded: Decoded, table: SeriesTable, senders: Senders, *, future_ms: int) -> Bound:
    """Give every metric its meaning; what claims to be ``future_ms`` after its arrival is none."""
    metrics, payloads = decoded
    _assert_sound(decoded, table.columns, senders, future_ms)
    n, room = payloads.error.size, metrics.alias.size
    readings = Readings(*(np.empty(room, dtype=one) for one in _READING_TYPES))
    messages = Messages(
        reading_first=np.zeros(n, dtype=np.int64),
        reading_count=np.zeros(n, dtype=np.int64),
        numbers=np.zeros((n, kernel.NUMBER_COUNT), dtype=np.int64),
        present=np.zeros((n, kernel.NUMBER_COUNT), dtype=np.bool_),
        counts=np.zeros((n, kernel.COUNT_COUNT), dtype=np.int64),
        flags=np.zeros(n, dtype=np.uint8),
    )
    made = kernel.bind_metrics(
        metrics,
        metrics.bits.view(np.int64),
        payloads,
        table.columns,
        RANGES,
        senders,
        future_ms,
        readings,
        messages,
    )
    return Bound(Readings._make(column[:made] for column in readings), messages)


def _assert_sound(
    decoded: Decoded, series: SeriesColumns, senders: Senders, future_ms: int
) -> None:
    """What the kernel trusts."""
    metrics, payloads = decoded
    assert all(column.shape == metrics.alias.shape for column in metrics)
    assert all(column.shape == payloads.error.shape for column in payloads)
    assert all(column.shape == payloads.error.shape for column in senders)
    assert all(column.shape == series.alias.shape for column in series)
    assert np.all(payloads.metric_first >= 0)
    assert np.all(payloads.metric_first + payloads.metric_count <= metrics.alias.size)
    assert np.all((senders.table_start >= 0) & (senders.table_size >= 0))
    assert np.all(senders.table_start + senders.table_size <= series.alias.size)
    assert np.all((senders.arrival_ns >= 0) & (senders.arrival_ns < ARRIVAL_NS_MAX))
    assert 0 <= future_ms < ARRIVAL_NS_MAX // 10**6


def senders_of(rows: Iterable[tuple[Part, int, int, int]]) -> Senders:
    """(part, device, node, arrival) of each payload, to columns."""
    columns: list[NDArray[np.int64]] = list(
        np.array([(*part, *rest) for part, *rest in rows], dtype=np.int64).reshape(-1, 5).T
    )
    start, size, device, node_ix, arrival_ns = (column.copy() for column in columns)
    return Senders(start, size, device.astype(np.int32), node_ix.astype(np.int32), arrival_ns)


def warm_up() -> None:
    """Compile decoder and binder, or load them from the cache, before the first message is due."""
    bind(decode(join([])), SeriesTable(), senders_of([]), future_ms=0)
