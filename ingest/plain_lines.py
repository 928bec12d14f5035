"""Lines for the database straight from columns; ``points.lines_of`` says what they must be.

Everything of a line that does not change is written once: its measurement and tags for each node,
its field names for each metric. A kernel copies these and writes the numbers; a record that it
leaves alone is written here, reading by reading.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ingest import line_kernel as kernel
from ingest.line_kernel import NUMBER_BYTES_MAX, Records, Texts, Values
from ingest.points import Tags
from processing.city import City
from processing.columns import Reading, Readings, UsageRows, readings_of
from vocabulary import line_protocol
from vocabulary.measurements import MEASUREMENTS, place_of
from vocabulary.metrics import CATALOGUE
from vocabulary.payload import Datatype
from vocabulary.units import INT64_MIN, NS_PER_MS

Record = tuple[int, int, int]
"""(node, first, last): the readings ``first`` .. ``last - 1`` are one record of a node."""

_NAMES: Final = tuple(MEASUREMENTS)
_USAGE_IX: Final = _NAMES.index("wifi_usage")
_PLACES: Final = tuple(place_of(name) for name in CATALOGUE)
_FIELDS: Final = tuple(f"{place.field}=" for place in _PLACES)
_USAGE_FIELDS: Final = ("device_ms=", "unobserved_ms=", "rx_delta_bytes=", "tx_delta_bytes=")
_TRUTHS: Final = ("false", "true")
_MEASUREMENT_IX: Final = np.array(
    [_NAMES.index(place.measurement) for place in _PLACES], dtype=np.int64
)
_KIND_OF: Final = {Datatype.DOUBLE: kernel.REAL, Datatype.BOOLEAN: kernel.TRUTH}
_KINDS: Final = np.array(
    [_KIND_OF.get(row.datatype, kernel.WHOLE) for row in CATALOGUE.values()], dtype=np.uint8
)


def _texts(parts: Iterable[bytes]) -> Texts:
    held = list(parts)
    size = np.fromiter(map(len, held), np.int64, len(held))
    return Texts(np.frombuffer(b"".join(held), np.uint8), np.cumsum(size) - size, size)


_FIELD_TEXTS: Final = _texts(text.encode() for text in _FIELDS)
_USAGE_TEXTS: Final = _texts(text.encode() for text in _USAGE_FIELDS)
_FIELD_BYTES_MAX: Final = max(map(len, (*_FIELDS, *_USAGE_FIELDS)))
_UNKNOWN: Final = -1
ROOM_BYTES_MAX: Final = 16 << 20
"""So much is kept for writing; a larger batch gets room of its own."""


class PlainLines:
    """Knows the head of every line of a city."""

    def __init__(self, city: City, tags: Tags) -> None:
        self._city, self._tags = city, tags
        self._texts: dict[int, str] = {}
        self._data = b""
        self._out = np.empty(0, dtype=np.uint8)
        self._starts = np.full(city.node_count * len(_NAMES), _UNKNOWN, dtype=np.int64)
        self._sizes = np.zeros(self._starts.size, dtype=np.int64)

    def lines(self, readings: Readings, records: Sequence[Record]) -> list[str]:
        """The lines of some records, in order."""
        if not records:
            return []
        columns = np.array(records, dtype=np.int64).reshape(-1, 3).T
        rows = Records(*(np.ascontiguousarray(column) for column in columns))
        values = Values(
            readings.ts_ns // NS_PER_MS,
            readings.metric.astype(np.int64),
            readings.exact,
            readings.value,
        )
        counts = rows.last - rows.first
        taken = np.repeat(rows.first - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())
        self._assert_sound(rows, values, taken)
        heads = np.repeat(rows.node_ix, counts) * len(_NAMES)
        self._learn(heads + _MEASUREMENT_IX[values.metric[taken]])
        made: list[str] = []
        begin = 0
        while begin < rows.first.size:
            text, begin = self._written(begin, rows, values)
            made.extend(text)
            if begin < rows.first.size:
                made.extend(self._odd_lines(*records[begin], readings))
                begin += 1
        return made

    def _assert_sound(self, rows: Records, values: Values, taken: NDArray[np.int64]) -> None:
        """What the kernel trusts."""
        n = values.ts_ms.size
        assert all(column.shape == (n,) for column in values)
        assert np.all((rows.first >= 0) & (rows.first <= rows.last) & (rows.last <= n))
        assert np.all((rows.node_ix >= 0) & (rows.node_ix < self._city.node_count))
        metric = values.metric[taken]
        assert np.all((metric >= 0) & (metric < _KINDS.size))

    def _written(self, begin: int, rows: Records, values: Values) -> tuple[list[str], int]:
        readings = int((rows.last[begin:] - rows.first[begin:]).sum())
        line_bytes = int(self._sizes.max(initial=0)) + 2 * NUMBER_BYTES_MAX
        out = self._room(readings * (line_bytes + _FIELD_BYTES_MAX + NUMBER_BYTES_MAX))
        end, stopped = kernel.write_records(
            begin,
            rows,
            values,
            _KINDS,
            _MEASUREMENT_IX,
            len(_NAMES),
            self._heads(),
            _FIELD_TEXTS,
            np.full(_KINDS.size, -1, dtype=np.int64),
            out,
        )
        return _split(out, end), int(stopped)

    def _odd_lines(self, node_ix: int, first: int, last: int, readings: Readings) -> list[str]:
        """A record with something unusual in it; of a thing said twice the last word counts."""
        points: dict[tuple[int, int], dict[int, str]] = {}
        columns = (readings.ts_ns, readings.metric, readings.exact, readings.value)
        rows = zip(*(column[first:last].tolist() for column in columns), strict=True)
        for ts_ns, metric, exact, value in rows:
            key = (ts_ns // NS_PER_MS, int(_MEASUREMENT_IX[metric]))
            points.setdefault(key, {})[metric] = _FIELDS[metric] + _number(metric, exact, value)
        return [
            f"{self._head(node_ix * len(_NAMES) + kind)} {','.join(fields.values())} {ts_ms}"
            for (ts_ms, kind), fields in points.items()
        ]

    def usage_lines(self, usage: UsageRows) -> list[str]:
        """Lines of what access points were used."""
        if not usage.ts_ns.size:
            return []
        head_ix = usage.ap_ix.astype(np.int64) * len(_NAMES) + _USAGE_IX
        assert np.all((usage.ap_ix >= 0) & (usage.ap_ix < self._city.ap_count))
        numbers = np.stack(
            [usage.device_ms, usage.unobserved_ms, usage.rx_delta_bytes, usage.tx_delta_bytes]
        ).astype(np.int64)
        assert not np.any(numbers == INT64_MIN)
        self._learn(head_ix)
        field_bytes = len(_USAGE_FIELDS) * (_FIELD_BYTES_MAX + NUMBER_BYTES_MAX)
        line_bytes = int(self._sizes.max()) + 2 * NUMBER_BYTES_MAX + field_bytes
        out = self._room(head_ix.size * line_bytes)
        ts_ms = usage.ts_ns // NS_PER_MS
        end = kernel.write_rows(self._heads(), head_ix, ts_ms, _USAGE_TEXTS, numbers, out)
        return _split(out, end)

    def _room(self, size_bytes: int) -> NDArray[np.uint8]:
        """Where to write; kept, for fresh memory costs more than the writing."""
        if size_bytes > ROOM_BYTES_MAX:
            return np.empty(size_bytes, dtype=np.uint8)
        if size_bytes > self._out.size:
            self._out = np.empty(min(2 * size_bytes, ROOM_BYTES_MAX), dtype=np.uint8)
        return self._out

    def _heads(self) -> Texts:
        return Texts(np.frombuffer(self._data, np.uint8), self._starts, self._sizes)

    def _learn(self, heads: NDArray[np.int64]) -> None:
        """Write the heads that were not needed before."""
        fresh = np.unique(heads[self._starts[heads] == _UNKNOWN]).tolist()
        written = [self._head(head_ix).encode() for head_ix in fresh]
        if written:
            texts = _texts(written)
            self._starts[fresh], self._sizes[fresh] = texts.start + len(self._data), texts.size
            self._data += texts.data.tobytes()

    def _head(self, head_ix: int) -> str:
        text = self._texts.get(head_ix)
        if text is None:
            node_ix, measurement_ix = divmod(head_ix, len(_NAMES))
            name = _NAMES[measurement_ix]
            known = self._tags_of(node_ix)
            own = {tag: text for tag, text in known.items() if tag in MEASUREMENTS[name].tags}
            text = self._texts[head_ix] = line_protocol.head(name, own)
        return text

    def _tags_of(self, node_ix: int) -> dict[str, str]:
        city, node = self._city, self._city.node_ids[node_ix]
        is_gateway = 0 <= node_ix - city.ap_count < city.gateway_count
        return self._tags.gateway(node) if is_gateway else self._tags.device(node)


def _split(out: NDArray[np.uint8], end: int) -> list[str]:
    """Written bytes to lines; a tag may hold a letter at which ``splitlines`` would cut."""
    lines = str(out[:end].data, "utf-8").split("\n")
    lines.pop()
    return lines


def _number(metric: int, exact: int, value: float) -> str:
    kind = _KINDS[metric]
    if kind == kernel.REAL:
        return repr(value)
    return _TRUTHS[exact] if kind == kernel.TRUTH else f"{exact}i"


def warm_up(city: City, tags: Tags) -> None:
    """Compile the kernels, or load them from the cache, before the first line is due."""
    if city.ap_count:
        made = PlainLines(city, tags)
        made.lines(readings_of([Reading(0, 0, 0, 0, 1.0, 1)]), [(0, 0, 1)])
        made.usage_lines(UsageRows(np.zeros(1, np.int32), *np.zeros((5, 1), np.int64)))
