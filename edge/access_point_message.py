"""One message of an access point -> catalogue values, and nothing else of it.

Only configured values leave this file. A message may hold clients' addresses, so a refusal keeps
its reason and length, never content.
"""

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final, NamedTuple

import jmespath
import msgspec

from edge.configuration import Source
from vocabulary.metrics import CATALOGUE, in_range
from vocabulary.payload import Datatype, Value
from vocabulary.units import MS_PER_S

MESSAGE_BYTES_MAX: Final = 64 * 1024
SOURCE_TIME_OFF_MS_MAX: Final = 5 * 60 * MS_PER_S
NUMBER_CHARS_MAX: Final = 32
NUMBER: Final = re.compile(r"\s*[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?\s*")
"""A number as text: many write 64-bit counters so."""


class Reason(StrEnum):
    """Why a message, or one value of it, was not taken."""

    TOO_LONG = "ap_message_too_long"
    NOT_JSON = "ap_message_not_json"
    NOT_A_NUMBER = "ap_value_not_a_number"
    NO_SUCH_PATH = "ap_path_absent"
    OUT_OF_RANGE = "ap_value_out_of_range"
    SOURCE_TIME_OFF = "ap_time_off"
    RETAINED = "ap_message_retained"


class Taken(NamedTuple):
    """What one message gave: values by catalogue name, its own time, and refusals."""

    values: tuple[tuple[str, Value], ...]
    ts_ms: int | None
    refused: tuple[Reason, ...]


def _number(found: Any) -> float | int | None:
    if isinstance(found, int | float) and not isinstance(found, bool):
        return found
    if isinstance(found, str) and len(found) <= NUMBER_CHARS_MAX and NUMBER.fullmatch(found):
        return float(found) if set(found) & set(".eE") else int(found)
    return None


def _typed(name: str, number: float, scale: float) -> Value | None:
    metric = CATALOGUE[name]
    try:
        scaled = number if scale == 1.0 else number * scale
    except OverflowError:  # hundreds of digits
        return None
    if not in_range(metric, scaled):
        return None
    return float(scaled) if metric.datatype is Datatype.DOUBLE else round(scaled)


class MessageReader:
    """Reads the messages of one configured source; expressions are compiled once."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._metrics = [(row, jmespath.compile(row.path)) for row in source.metrics]
        self._time = jmespath.compile(source.time.path) if source.time else None

    @property
    def metric_names(self) -> Sequence[str]:
        """Catalogue names this source can give."""
        return [row.name for row in self.source.metrics]

    def _document(self, payload: bytes) -> tuple[Any, Reason | None]:
        if len(payload) > MESSAGE_BYTES_MAX:
            return None, Reason.TOO_LONG
        if self.source.format == "plain":
            number = _number(payload.decode("ascii", "replace").strip())
            return number, Reason.NOT_A_NUMBER if number is None else None
        try:
            return msgspec.json.decode(payload), None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None, Reason.NOT_JSON

    def _time_of(self, document: Any, wall_ms: int) -> tuple[int | None, Reason | None]:
        if self._time is None or self.source.time is None:
            return None, None
        number = _number(self._search(self._time, document))
        if number is None:
            return None, Reason.NO_SUCH_PATH
        scale = MS_PER_S if self.source.time.unit == "s" else 1
        if not abs(number * scale - wall_ms) <= SOURCE_TIME_OFF_MS_MAX:
            return None, Reason.SOURCE_TIME_OFF
        return round(number * scale), None

    @staticmethod
    def _search(expression: Any, document: Any) -> Any:
        try:
            return expression.search(document)
        except (jmespath.exceptions.JMESPathError, TypeError, ValueError, ArithmeticError):
            return None  # length() of a number, sum() beyond all bounds: the path is not there

    def read(self, payload: bytes, wall_ms: int) -> Taken:
        """Take the configured values; one bad value does not cost its neighbours."""
        document, reason = self._document(payload)
        if reason is not None:
            return Taken((), None, (reason,))
        values: list[tuple[str, Value]] = []
        refused: list[Reason] = []
        for row, expression in self._metrics:
            found = self._search(expression, document)
            number = _number(found)
            if number is None:
                refused.append(Reason.NO_SUCH_PATH if found is None else Reason.NOT_A_NUMBER)
                continue
            value = _typed(row.name, number, row.scale)
            if value is None:
                refused.append(Reason.OUT_OF_RANGE)
            else:
                values.append((row.name, value))
        ts_ms, time_reason = self._time_of(document, wall_ms)
        if time_reason is not None:
            refused.append(time_reason)
        return Taken(tuple(values), ts_ms, tuple(refused))
