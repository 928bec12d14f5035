"""InfluxDB line protocol: one point as one line, tags sorted, types as declared.

Rendering by hand is ours because it stands on the path of every reading and the client library's
``Point`` costs many times as much; a property test holds it to the library's output.
(InfluxDB documentation, "Line protocol reference".)
"""

import math
from collections.abc import Mapping
from typing import Final

from vocabulary.errors import CallerFault
from vocabulary.measurements import MEASUREMENTS, FieldType
from vocabulary.units import INT64_MAX, INT64_MIN

LINE_BYTES_MAX: Final = 65_536
_ESCAPE_TAG = str.maketrans(
    {",": "\\,", "=": "\\=", " ": "\\ ", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
)
_ESCAPE_STRING = str.maketrans({'"': '\\"', "\\": "\\\\"})


class PointRefused(CallerFault):
    """A point outside the declared schema; it never leaves the process."""

    remedy = "Add the tag or field to vocabulary/measurements.py, with its reason, or drop it."

    def __init__(self, measurement: str, what: str) -> None:
        super().__init__(measurement, what)
        self.measurement, self.what = measurement, what

    def __str__(self) -> str:
        return f"point of `{self.measurement}` refused: {self.what}"


def _field(kind: FieldType, value: float | str) -> str | None:
    if kind is FieldType.INTEGER and isinstance(value, int):
        return f"{int(value)}i" if INT64_MIN <= value <= INT64_MAX else None
    if kind is FieldType.FLOAT and isinstance(value, int | float):
        return repr(float(value)) if math.isfinite(value) else None  # the database has no NaN
    if kind is FieldType.BOOLEAN and isinstance(value, bool):
        return "true" if value else "false"
    if kind is FieldType.STRING and isinstance(value, str):
        return f'"{value.translate(_ESCAPE_STRING)}"'
    return None


def head(measurement: str, tags: Mapping[str, str]) -> str:
    """What stands before the fields: the measurement and its tags, sorted, empty ones left out.

    Raises:
        PointRefused: a measurement or tag that the schema does not declare.
    """
    schema = MEASUREMENTS.get(measurement)
    if schema is None:
        raise PointRefused(measurement, "unknown measurement")
    made = measurement
    for tag in sorted(tags):
        if tag not in schema.tags:
            raise PointRefused(measurement, f"tag `{tag}` is not declared")
        if tags[tag]:
            written = tags[tag].translate(_ESCAPE_TAG)
            guard = " " if written.endswith("\\") else ""  # else it would escape what follows
            made += f",{tag}={written}{guard}"
    return made


def render(
    measurement: str,
    tags: Mapping[str, str],
    fields: Mapping[str, bool | int | float | str],
    ts_ms: int,
) -> str:
    """One point as a line, time in UTC milliseconds, tags sorted and empty ones left out.

    Raises:
        PointRefused: a tag or field that the schema does not declare, or of another type.
    """
    begun = head(measurement, tags)
    declared = MEASUREMENTS[measurement].fields
    parts = []
    for name, value in fields.items():
        kind = declared.get(name)
        text = None if kind is None else _field(kind, value)
        if text is None:
            raise PointRefused(measurement, f"field `{name}` is not declared as such a value")
        parts.append(f"{name}={text}")
    if not parts:
        raise PointRefused(measurement, "no field")
    return f"{begun} {','.join(parts)} {ts_ms}"
