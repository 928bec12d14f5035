"""One message in JSON, or one plain number or word -> catalogue values, and nothing else of it.

Only configured values leave this file.
"""

from collections.abc import Sequence
from typing import Any, Final

import jmespath
import jmespath.functions
import msgspec

from edge.access_point_value import (
    MESSAGE_BYTES_MAX,
    Reason,
    Taken,
    number_of,
    refused,
    source_ms,
    take,
)
from edge.source_configuration import MetricPath, Source
from vocabulary.payload import Value


class _Functions(jmespath.functions.Functions):
    """JMESPath's, but a length is a count of things: an address must not become seventeen."""

    @jmespath.functions.signature({"types": ["array", "object"]})
    def _func_length(self, found: list[Any] | dict[str, Any]) -> int:
        return len(found)


_OPTIONS: Final = jmespath.Options(custom_functions=_Functions())


class MessageReader:
    """Reads the messages of one configured source; expressions are compiled once."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._rows: dict[str, list[tuple[MetricPath, Any]]] = {}
        for row in source.metrics:
            rows = self._rows.setdefault(row.topic or source.topic, [])
            rows.append((row, jmespath.compile(row.path)))
        self._time = jmespath.compile(source.time.path) if source.time else None

    @property
    def metric_names(self) -> Sequence[str]:
        """Catalogue names this source can give."""
        return [row.name for row in self.source.metrics]

    @property
    def filters(self) -> Sequence[str]:
        """Topics it is to be shown."""
        return sorted(self._rows)

    def _document(self, payload: bytes) -> tuple[Any, Reason | None]:
        if len(payload) > MESSAGE_BYTES_MAX:
            return None, Reason.TOO_LONG
        if self.source.format == "plain":
            return payload.decode("ascii", "replace").strip("\0 \t\r\n"), None
        try:
            return msgspec.json.decode(payload), None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None, Reason.NOT_JSON

    def _time_of(self, document: Any, wall_ms: int) -> tuple[int | None, Reason | None]:
        if self._time is None or self.source.time is None:
            return None, None
        number = number_of(self._search(self._time, document))
        if number is None:
            return None, Reason.NO_SUCH_PATH
        found = source_ms(number, self.source.time.unit, wall_ms)
        return (None, found) if isinstance(found, Reason) else (found, None)

    @staticmethod
    def _search(expression: Any, document: Any) -> Any:
        try:
            return expression.search(document, options=_OPTIONS)
        except (jmespath.exceptions.JMESPathError, TypeError, ValueError, ArithmeticError):
            return None  # length() of a number, sum() beyond all bounds: the path is not there

    def read(self, payload: bytes, wall_ms: int, topic: str = "") -> Taken:
        """Take the configured values; one bad value does not cost its neighbours."""
        document, reason = self._document(payload)
        if reason is not None:
            return refused(reason)
        values: list[tuple[str, Value]] = []
        reasons: list[Reason] = []
        for row, expression in self._rows.get(topic or self.source.topic, ()):
            taken = take(row, self._search(expression, document))
            if isinstance(taken, Reason):
                reasons.append(taken)
            else:
                values.append(taken)
        ts_ms, time_reason = self._time_of(document, wall_ms)
        if time_reason is not None:
            reasons.append(time_reason)
        return Taken(tuple(values), ts_ms, tuple(reasons))

    def read_all(self, topic: str, payload: bytes, wall_ms: int) -> list[Taken]:
        """As every reader: what a message gave, one time each."""
        return [self.read(payload, wall_ms, topic)]


__all__ = ["MESSAGE_BYTES_MAX", "MessageReader", "Reason", "Taken"]
