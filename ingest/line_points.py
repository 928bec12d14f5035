"""Lines of line protocol read back as points, so that a file of them can be counted.

The same measurement, tags and timestamp are one point, whose later fields replace earlier ones,
as in the database. (InfluxDB documentation, "Line protocol reference".)
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

from ingest.errors import LineUnreadable

Value = bool | int | float | str
_PART = r"(?:\\.|[^\\{stops}])+"
_HEAD: Final = re.compile(_PART.format(stops=" "))
_COMMA: Final = re.compile(_PART.format(stops=","))
_TAG: Final = re.compile(rf"({_PART.format(stops='=')})=(.+)")
_FIELD: Final = re.compile(
    rf'({_PART.format(stops="=,")})=("(?:\\.|[^"\\])*"|[^",]+)(?:,|$)', re.DOTALL
)
_ESCAPED: Final = re.compile(r"\\([,= ])")
_ESCAPED_STRING: Final = re.compile(r'\\(["\\])')
_BOOLEANS: Final = {"t": True, "true": True, "f": False, "false": False}


class PointKey(NamedTuple):
    """What makes a point the same point; tags in sorted order."""

    measurement: str
    tags: tuple[tuple[str, str], ...]
    ts_ms: int


class Point(NamedTuple):
    """One line, read."""

    key: PointKey
    fields: dict[str, Value]


def parse(line: str) -> Point:
    """Read one line, with its time in milliseconds.

    Raises:
        LineUnreadable: it is not a line that we could have written.
    """
    head = _HEAD.match(line)
    fields, _, ts = line[head.end() + 1 :].rpartition(" ") if head else ("", "", "")
    if head is None or not fields or not ts.removeprefix("-").isdecimal():
        raise LineUnreadable(line)
    measurement, *tags = _COMMA.findall(head.group())
    pairs = [_TAG.fullmatch(tag) for tag in tags]
    if None in pairs:
        raise LineUnreadable(line)
    named = sorted((_plain(pair[1]), _plain(pair[2])) for pair in pairs if pair is not None)
    key = PointKey(_plain(measurement), tuple(named), int(ts))
    return Point(key, _fields(fields, line))


def _plain(text: str) -> str:
    return _ESCAPED.sub(r"\1", text)


def _fields(text: str, line: str) -> dict[str, Value]:
    found: dict[str, Value] = {}
    at = 0
    while at < len(text):
        field = _FIELD.match(text, at)
        if field is None:
            raise LineUnreadable(line)
        try:
            found[_plain(field[1])] = _value(field[2])
        except ValueError:
            raise LineUnreadable(line) from None
        at = field.end()
    return found


def _value(text: str) -> Value:
    if text.startswith('"'):
        return _ESCAPED_STRING.sub(r"\1", text[1:-1])
    if text.endswith("i"):
        return int(text[:-1])
    known = _BOOLEANS.get(text.lower())
    return float(text) if known is None else known


def merged(lines: Iterable[str]) -> dict[PointKey, dict[str, Value]]:
    """Distinct points in the order of their first appearance; later fields replace earlier."""
    points: dict[PointKey, dict[str, Value]] = {}
    for line in lines:
        point = parse(line)
        points.setdefault(point.key, {}).update(point.fields)
    return points


def distinct_points(path: Path) -> dict[PointKey, dict[str, Value]]:
    """The distinct points of a file; held in memory as a whole. A torn last line is left out.

    Raises:
        LineUnreadable: a line that we could not have written.
    """
    with path.open(encoding="utf-8", newline="\n") as file:
        return merged(line[:-1] for line in file if line.endswith("\n"))
