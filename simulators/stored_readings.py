"""How many distinct readings a store holds, counted from the store itself.

A reading is one catalogue value of one series at one millisecond. Fields that the host works out
from readings (deltas, device time) are no readings and are left out.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from ingest.influx_query import InfluxReader
from ingest.line_points import distinct_points
from vocabulary.measurements import place_of
from vocabulary.metrics import CATALOGUE

RAW_FIELDS: Final[dict[str, frozenset[str]]] = {
    measurement: frozenset(
        place.field for place in map(place_of, CATALOGUE) if place.measurement == measurement
    )
    for measurement in {place_of(name).measurement for name in CATALOGUE}
}
"""Measurement -> its fields that are readings."""


def _count(points: Iterable[tuple[str, Mapping[str, object]]]) -> int:
    return sum(
        sum(1 for field in fields if field in RAW_FIELDS.get(measurement, ()))
        for measurement, fields in points
    )


def in_file(path: Path) -> int:
    """Distinct readings in a line-protocol file; 0 if there is none."""
    if not path.exists():
        return 0
    points = distinct_points(path)
    return _count((key.measurement, fields) for key, fields in points.items())


def by_gateway(reader: InfluxReader) -> Counter[str]:
    """Distinct readings in an InfluxDB, per gateway that brought them."""
    total: Counter[str] = Counter()
    for measurement, fields in RAW_FIELDS.items():
        question = f'SELECT count(*) FROM "{measurement}" GROUP BY "gateway"'  # noqa: S608 - our own names
        for row in reader.query(question):
            total[row["gateway"]] += sum(
                int(value)
                for name, value in row.items()
                if name.removeprefix("count_") in fields and isinstance(value, int | float)
            )
    return total


def in_influx(reader: InfluxReader) -> int:
    """Distinct readings in an InfluxDB."""
    return by_gateway(reader).total()
