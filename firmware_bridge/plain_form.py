"""What lines of text a board of one's own may speak: the form, told by configuration.

    pattern   a regular expression with named groups, for the whole line
    csv       columns with commas between them
    json      one object, with a JMESPath for each value, as for sources on MQTT

Each value goes under a name of the catalogue, multiplied by ``scale``. ``check`` is what stands
behind the text: nothing, ``*hh`` (XOR of all before it) or ``*hhhhhhhh`` (CRC-32 of it). Without a
check a wrong digit on the wire is a wrong value that nobody can see: give your lines one.

A pattern is tried on at most ``LINE_BYTES_MAX`` bytes, but one with repeats inside repeats can take
for ever even so; such patterns are refused when they are loaded.
"""

import json
import math
import re
import zlib
from collections.abc import Mapping
from enum import StrEnum
from functools import reduce
from operator import xor
from typing import Any, Final, NamedTuple

import jmespath

LINE_BYTES_MAX: Final = 256
PATTERN_CHARS_MAX: Final = 200
REPEATS_MAX: Final = 8
WIDE_REPEATS_MAX: Final = 2
"""Of ``.*`` and ``.+``: each more multiplies the work by the length of the line."""
COLUMNS_MAX: Final = 32

_CHECKED: Final = re.compile(rb"(.*)\*([0-9A-Fa-f]+)\Z", re.DOTALL)
_PRINTABLE: Final = re.compile(rb"[ -~\t]*")
_NUMBER: Final = re.compile(r"[-+]?\d{1,15}(?:\.\d{0,15})?(?:[eE][-+]?\d{1,2})?")


class Check(StrEnum):
    """What guards a line."""

    NONE = "none"
    XOR = "xor"
    CRC32 = "crc32"


class Form(StrEnum):
    """How values stand in a line."""

    PATTERN = "pattern"
    CSV = "csv"
    JSON = "json"


class PlainValue(NamedTuple):
    """``source`` is the group's name, the column's number from 0, or the path."""

    name: str
    source: str
    scale: float = 1.0


class PlainForm(NamedTuple):
    """One board's lines."""

    form: Form
    values: tuple[PlainValue, ...]
    pattern: str = ""
    check: Check = Check.NONE


def _repeats(pattern: str) -> tuple[int, int, bool]:
    """Unbounded repeats, those of ``.`` among them, and whether one repeats a group with another.

    A reading of the text, not a parser: escapes and classes are stepped over.
    """
    count = wide = 0
    nested = False
    groups = [False]  # whether the group that is open holds a repeat
    closed = False  # whether the group just closed did
    ix, last = 0, ""
    while ix < len(pattern):
        char = pattern[ix]
        if char == "\\":
            ix, last, closed = ix + 2, "x", False
            continue
        if char == "[":
            end = pattern.find("]", ix + 2)
            ix, last, closed = (end if end > 0 else len(pattern)) + 1, "x", False
            continue
        if char in "*+" or (char == "{" and re.match(r"\{\d*,\d*\}", pattern[ix:])):
            count, wide = count + 1, wide + (last == ".")
            nested |= closed
            groups[-1] = True
        elif char == "(":
            groups.append(False)
        elif char == ")" and len(groups) > 1:
            closed = groups.pop()
            groups[-1] |= closed
            ix, last = ix + 1, ")"
            continue
        ix, last, closed = ix + 1, char, False
    return count, wide, nested


def pattern_fault(pattern: str) -> str | None:
    """What is expected instead, or None if the pattern can be used."""
    if len(pattern) > PATTERN_CHARS_MAX:
        return f"a pattern of at most {PATTERN_CHARS_MAX} characters"
    try:
        made = re.compile(pattern)
    except re.error as error:
        return f"a regular expression ({error})"
    if not made.groupindex:
        return "named groups, as in T:(?P<t>-?\\d+)"
    count, wide, nested = _repeats(pattern)
    if nested:
        return "no repeat inside a repeated group: it could take for ever"
    if count > REPEATS_MAX or wide > WIDE_REPEATS_MAX:
        return f"at most {REPEATS_MAX} repeats, and {WIDE_REPEATS_MAX} of `.`"
    return None


def unchecked(line: bytes, check: Check) -> bytes | None:
    """The line without its check; None if that is wrong or missing."""
    if check is Check.NONE:
        return line
    match = _CHECKED.match(line)
    if match is None:
        return None
    body, told = match.groups()
    expected = reduce(xor, body, 0) if check is Check.XOR else zlib.crc32(body)
    digits = 2 if check is Check.XOR else 8
    return body if len(told) == digits and int(told, 16) == expected else None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return float(value)
    return None


class PlainReader:
    """A form, ready to read lines."""

    def __init__(self, form: PlainForm) -> None:
        self.form = form
        self._pattern = re.compile(form.pattern)
        json_form = form.form is Form.JSON
        self._paths = [jmespath.compile(one.source) for one in form.values] if json_form else []

    def read(self, line: bytes) -> list[tuple[str, float]] | None:
        """The values of a line whose check was right; None if it is not of the form."""
        if not _PRINTABLE.fullmatch(line):
            return None
        found = self._found(line.decode("ascii"))
        values = [
            (one.name, number * one.scale)
            for one in self.form.values
            if (number := _number(found.get(one.source))) is not None
        ]
        return [one for one in values if math.isfinite(one[1])] or None

    def _found(self, text: str) -> Mapping[str, Any]:
        if self.form.form is Form.PATTERN:
            match = self._pattern.fullmatch(text)
            return match.groupdict() if match else {}
        if self.form.form is Form.CSV:
            columns = text.split(",")
            return {str(ix): value for ix, value in enumerate(columns[:COLUMNS_MAX])}
        try:
            made = json.loads(text)
        except (ValueError, RecursionError):
            return {}
        found = {}
        for one, path in zip(self.form.values, self._paths, strict=True):
            try:
                found[one.source] = path.search(made)
            except (jmespath.exceptions.JMESPathError, RecursionError):
                continue
        return found
