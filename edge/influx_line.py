"""InfluxDB line protocol -> points, as Telegraf writes it; and where in a point a value stands.

    measurement[,tag=value...] field=value[,field=value...] [time]

A bad line costs itself alone, so a line is split and judged before the next is looked at. Text
fields are walked over and never kept: they may name clients.
(InfluxDB documentation, "Line protocol reference"; escapes as its "Special characters" say.)
"""

import math
import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from vocabulary.units import INT64_MAX, INT64_MIN

LINES_MAX: Final = 4_096
_UINT64_MAX: Final = (1 << 64) - 1
_KEY: Final = r"(?:[^\\,= \t\n]|\\[^\n])+"
_SERIES: Final = re.compile(rf" *((?:[^\\, \t\n]|\\[^\n])+)((?:,{_KEY}={_KEY})*)")
_TAG: Final = re.compile(rf",({_KEY})=({_KEY})")
_FIELD: Final = re.compile(rf'({_KEY})=("(?:[^"\\]|\\.)*"|[^ \t,"]+)', re.DOTALL)
_TIME: Final = re.compile(r"-?[0-9]{1,19}")
_INTEGER: Final = re.compile(r"(-?[0-9]{1,20})([iu])")
_FLOAT: Final = re.compile(r"-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_ESCAPED: Final = re.compile(r"\\([, =])")
_ESCAPED_IN_NAME: Final = re.compile(r"\\([, ])")
_WORDS: Final = {
    **dict.fromkeys(("t", "T", "true", "True", "TRUE"), True),
    **dict.fromkeys(("f", "F", "false", "False", "FALSE"), False),
}


class Point(NamedTuple):
    """One line: numbers and truths by field; the time as written, None if it had none."""

    measurement: str
    tags: dict[str, str]
    fields: dict[str, bool | int | float]
    time: int | None


class Place(NamedTuple):
    """Which field of which points: the measurement and tags that a point must carry."""

    measurement: str
    tags: dict[str, str]
    field: str

    def of(self, point: Point) -> bool:
        """Whether it speaks of this point."""
        return self.measurement == point.measurement and _within(self.tags, point.tags)


def _within(wanted: Mapping[str, str], held: Mapping[str, str]) -> bool:
    return all(held.get(key) == value for key, value in wanted.items())


def _plain(text: str) -> str:
    return _ESCAPED.sub(r"\1", text)


def _series(match: re.Match[str]) -> tuple[str, dict[str, str]] | None:
    tags: dict[str, str] = {}
    for key, value in _TAG.findall(match.group(2)):
        if _plain(key) in tags:
            return None
        tags[_plain(key)] = _plain(value)
    return _ESCAPED_IN_NAME.sub(r"\1", match.group(1)), tags


def place(text: str) -> Place | None:
    """``measurement,tag=value field`` to what it means; None if it is written otherwise."""
    match = _SERIES.match(text)
    series = _series(match) if match else None
    if match is None or series is None:
        return None
    rest = text[match.end() :]
    field = rest.strip(" ")
    if not rest.startswith(" ") or not re.fullmatch(_KEY, field):
        return None
    return Place(*series, _plain(field))


def _number(text: str) -> bool | int | float | None:
    whole = _INTEGER.fullmatch(text)
    if whole is not None:
        number, signed = int(whole.group(1)), whole.group(2) == "i"
        if signed:
            return number if INT64_MIN <= number <= INT64_MAX else None
        return number if number <= _UINT64_MAX and not text.startswith("-") else None
    if _FLOAT.fullmatch(text):
        number_float = float(text)
        return number_float if math.isfinite(number_float) else None
    return _WORDS.get(text)


def _fields(text: str, at: int) -> tuple[dict[str, bool | int | float], int] | None:
    """The fields from ``at`` on, and where they end; None if one of them is none."""
    fields: dict[str, bool | int | float] = {}
    while True:
        match = _FIELD.match(text, at)
        if match is None:
            return None
        at = match.end()
        if not match.group(2).startswith('"'):
            number = _number(match.group(2))
            if number is None:
                return None
            fields[_plain(match.group(1))] = number
        if at >= len(text) or text[at] != ",":
            return fields, at
        at += 1


def point(text: str) -> Point | None:
    """One line to its point; None if it is none."""
    match = _SERIES.match(text)
    series = _series(match) if match else None
    if match is None or series is None or text.lstrip().startswith("#"):
        return None
    at = match.end()
    start = at + len(text[at:]) - len(text[at:].lstrip(" "))
    found = _fields(text, start) if start > at else None
    if found is None:
        return None
    fields, end = found
    rest = text[end:]
    if rest and not rest.startswith(" "):
        return None
    written = rest.strip(" ")
    if written and not _TIME.fullmatch(written):
        return None
    return Point(*series, fields, int(written) if written else None)


def lines(text: str) -> list[str]:
    """A message's lines without comments. Telegraf writes the end of a line within text as ``\\n``,
    so an open quote costs its own line and none after it.
    """
    kept = (line.strip("\r") for line in text.split("\n"))
    return [line for line in kept if line.strip() and not line.lstrip().startswith("#")]
