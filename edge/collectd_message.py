"""One message of collectd's mqtt plugin -> catalogue values.

    topic    PREFIX/HOST/PLUGIN[-INSTANCE]/TYPE[-INSTANCE]
    payload  TIME:VALUE[:VALUE...], then a NUL byte

The trap: unless ``StoreRates false`` is set, collectd turns counters into rates before it sends
them. A rate has a fraction, or is nan where there is no earlier sample; a counter has neither. So
a counter that once looked like a rate is not believed until it has looked like a counter for a
while. (collectd 5.12, collectd.conf(5), "Plugin mqtt"; types.db(5) gives the values' order.)
"""

import re
from collections.abc import Sequence
from typing import Final

from edge.access_point_value import (
    MESSAGE_BYTES_MAX,
    Reason,
    Taken,
    number_of,
    refused,
    source_ms,
    typed,
)
from edge.source_configuration import MetricPath, Source
from vocabulary.metrics import CATALOGUE, Kind
from vocabulary.payload import Value

VALUES_MAX: Final = 64
BELIEVED_AGAIN: Final = 10
"""Whole numbers above zero in a row that make a counter of what looked like a rate."""
_PAYLOAD: Final = re.compile(rb"[0-9.eE+\-:NUnaA]+")
_NULL: Final = frozenset({"U", "u", "nan", "NaN", "-nan", "NAN"})


class CollectdReader:
    """Reads what one host's collectd publishes below one topic."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._rows: dict[str, list[MetricPath]] = {}
        for row in source.metrics:
            self._rows.setdefault(f"{source.topic}/{row.path}", []).append(row)
        self._doubt: dict[str, int] = {}

    @property
    def metric_names(self) -> Sequence[str]:
        """Catalogue names this source can give."""
        return [row.name for row in self.source.metrics]

    @property
    def filters(self) -> Sequence[str]:
        """Topics it is to be shown."""
        return sorted(self._rows)

    def read_all(self, topic: str, payload: bytes, wall_ms: int) -> list[Taken]:
        """The configured values of one message."""
        if len(payload) > MESSAGE_BYTES_MAX:
            return [refused(Reason.TOO_LONG)]
        body = payload.rstrip(b"\0\r\n ")
        if not _PAYLOAD.fullmatch(body):
            return [refused(Reason.NOT_COLLECTD)]
        written, *found = body.decode("ascii").split(":")
        time = None if written == "N" else number_of(written)
        if not 1 <= len(found) <= VALUES_MAX or (time is None and written != "N"):
            return [refused(Reason.NOT_COLLECTD)]
        values: list[tuple[str, Value]] = []
        reasons: list[Reason] = []
        for row in self._rows.get(topic, ()):
            taken = self._take(row, found)
            if isinstance(taken, Reason):
                reasons.append(taken)
            else:
                values.append((row.name, taken))
        ts_ms = None if time is None else source_ms(time, "s", wall_ms)
        if isinstance(ts_ms, Reason):
            reasons.append(ts_ms)
            ts_ms = None
        return [Taken(tuple(values), ts_ms, tuple(reasons))]

    def _take(self, row: MetricPath, found: Sequence[str]) -> Value | Reason:
        if row.value >= len(found):
            return Reason.NO_SUCH_PATH
        text = found[row.value]
        is_counter = CATALOGUE[row.name].kind is Kind.COUNTER and row.name != "wifi/uptime_s"
        if text in _NULL:
            if is_counter and text not in ("U", "u"):
                self._doubt[row.name] = BELIEVED_AGAIN
            return Reason.NULL
        number = number_of(text)
        if number is None:
            return Reason.NOT_A_NUMBER
        if is_counter and self._is_rate(row.name, number, written=text):
            return Reason.RATE
        value = typed(row, number)
        return Reason.OUT_OF_RANGE if value is None else value

    def _is_rate(self, name: str, number: float, *, written: str) -> bool:
        """Whether a counter's number cannot be trusted to be one."""
        if not written.isdigit():
            self._doubt[name] = BELIEVED_AGAIN
        elif number and self._doubt.get(name):
            self._doubt[name] -= 1
        return self._doubt.get(name, 0) > 0
