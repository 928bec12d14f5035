"""Lines for the database straight from columns; ``points.lines_of`` says what they must be.

Everything of a line that does not change is written once: its measurement and tags for each node,
its field names for each metric. What is left to do per reading is to write a number.
"""

from bisect import bisect_left, bisect_right
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from ingest.points import Tags
from processing.city import City
from processing.columns import Readings, UsageRows
from vocabulary import line_protocol
from vocabulary.measurements import MEASUREMENTS, place_of
from vocabulary.metrics import CATALOGUE
from vocabulary.payload import Datatype
from vocabulary.units import NS_PER_MS

_NAMES: Final = tuple(MEASUREMENTS)
_USAGE_IX: Final = _NAMES.index("wifi_usage")
_PLACES: Final = tuple(place_of(name) for name in CATALOGUE)
_FIELDS: Final = np.array([f"{place.field}=" for place in _PLACES], dtype=object)
_TRUTHS: Final = ("false", "true")
_MEASUREMENT_IX: Final = np.array([_NAMES.index(place.measurement) for place in _PLACES])
_IS_REAL: Final = np.array([row.datatype is Datatype.DOUBLE for row in CATALOGUE.values()])
_IS_TRUTH: Final = np.array([row.datatype is Datatype.BOOLEAN for row in CATALOGUE.values()])


class Fields(NamedTuple):
    """What n readings are in the database."""

    texts: list[str]  # n times field=value
    keys: list[int]  # n: which point of its node a reading belongs to, by time and measurement
    marks: list[int]  # n: which field of which point
    cuts: list[int]  # where the next one belongs to another point, ascending


def fields_of(readings: Readings) -> Fields:
    """Write every reading's field."""
    metric = readings.metric
    names, texts = _FIELDS[metric], np.empty(metric.size, dtype=object)
    is_real, is_truth = _IS_REAL[metric], _IS_TRUTH[metric]
    rows = np.flatnonzero(~is_real & ~is_truth)
    whole = zip(names[rows].tolist(), readings.exact[rows].tolist(), strict=True)
    texts[rows] = [f"{name}{number}i" for name, number in whole]
    rows = np.flatnonzero(is_real)
    real = zip(names[rows].tolist(), readings.value[rows].tolist(), strict=True)
    texts[rows] = [f"{name}{number!r}" for name, number in real]
    rows = np.flatnonzero(is_truth)
    truth = zip(names[rows].tolist(), readings.exact[rows].tolist(), strict=True)
    texts[rows] = [f"{name}{_TRUTHS[number]}" for name, number in truth]
    keys = readings.ts_ns // NS_PER_MS * len(_NAMES) + _MEASUREMENT_IX[metric]
    cuts = np.flatnonzero(keys[1:] != keys[:-1]) + 1
    marks = keys * len(_PLACES) + metric
    return Fields(texts.tolist(), keys.tolist(), marks.tolist(), cuts.tolist())


class PlainLines:
    """Knows the head of every line of a city."""

    def __init__(self, city: City, tags: Tags) -> None:
        self._city, self._tags = city, tags
        self._heads: dict[tuple[int, int], str] = {}

    def lines(self, node_ix: int, fields: Fields, first: int, last: int) -> list[str]:
        """The lines of one record, which are the readings ``first`` .. ``last - 1``."""
        cuts, keys = fields.cuts, fields.keys
        if len(set(fields.marks[first:last])) < last - first:
            return self._lines_of_doubles(node_ix, fields, first, last)
        edges = [first, *cuts[bisect_right(cuts, first) : bisect_left(cuts, last)], last]
        points: dict[int, str] = {}
        for begin, end in pairwise(edges):
            key, texts = keys[begin], ",".join(fields.texts[begin:end])
            points[key] = f"{points[key]},{texts}" if key in points else texts
        return [self._line(node_ix, key, texts) for key, texts in points.items()]

    def _lines_of_doubles(self, node_ix: int, fields: Fields, first: int, last: int) -> list[str]:
        """The same of a record that says a thing twice: the last word counts."""
        points: dict[int, dict[int, str]] = {}
        for ix in range(first, last):
            points.setdefault(fields.keys[ix], {})[fields.marks[ix]] = fields.texts[ix]
        return [self._line(node_ix, key, ",".join(texts.values())) for key, texts in points.items()]

    def usage_lines(self, usage: UsageRows) -> list[str]:
        """Lines of what access points were used."""
        rows = zip(*(column.tolist() for column in usage), strict=True)
        return [
            f"{self._head(ap_ix, _USAGE_IX)} device_ms={device_ms}i,unobserved_ms={unobserved_ms}i,"
            f"rx_delta_bytes={rx_bytes}i,tx_delta_bytes={tx_bytes}i {ts_ns // NS_PER_MS}"
            for ap_ix, ts_ns, device_ms, unobserved_ms, rx_bytes, tx_bytes in rows
        ]

    def _line(self, node_ix: int, key: int, fields: str) -> str:
        ts_ms, measurement_ix = divmod(key, len(_NAMES))
        return f"{self._head(node_ix, measurement_ix)} {fields} {ts_ms}"

    def _head(self, node_ix: int, measurement_ix: int) -> str:
        head = self._heads.get((node_ix, measurement_ix))
        if head is None:
            name = _NAMES[measurement_ix]
            known = self._tags_of(node_ix)
            own = {tag: text for tag, text in known.items() if tag in MEASUREMENTS[name].tags}
            head = self._heads[node_ix, measurement_ix] = line_protocol.head(name, own)
        return head

    def _tags_of(self, node_ix: int) -> dict[str, str]:
        city, node = self._city, self._city.node_ids[node_ix]
        is_gateway = 0 <= node_ix - city.ap_count < city.gateway_count
        return self._tags.gateway(node) if is_gateway else self._tags.device(node)
