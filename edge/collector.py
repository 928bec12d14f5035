"""Readings of one device -> one numbered record in the spool, and the latest value of each.

A record's body is a Sparkplug payload without what the publisher adds while sending, so that a
record sent twice differs in nothing but that.
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from edge.alias_table import AliasTable
from edge.spool import Spool
from vocabulary import sparkplug_b_pb2 as pb
from vocabulary.delivery import RecordClass
from vocabulary.metrics import CATALOGUE, in_range
from vocabulary.moment import Moment
from vocabulary.payload import Datatype, Value, put_value
from vocabulary.units import NS_PER_MS

NODE: Final = ""
"""The device name that stands for the gateway itself."""
RECENT_MAX: Final = 256
"""Times of a device's last readings that are remembered, so that no two share a millisecond."""


_WHOLE: Final = (Datatype.INT32, Datatype.INT64)


class Latest(NamedTuple):
    """The last value of one metric; value None until the first reading."""

    value: Value | None
    ts_ms: int


class Collector:
    """Seals readings into records; counts what it refuses."""

    def __init__(self, spool: Spool, aliases: AliasTable) -> None:
        self._spool, self._aliases = spool, aliases
        self._recent_ms: dict[str, dict[int, None]] = {}
        self.latest: dict[str, dict[str, Latest]] = {NODE: {}}
        self.readings = 0
        self.out_of_range = 0

    def expect(self, device: str, names: Iterable[str], ts_ms: int) -> None:
        """Declare a device and the metrics its birth announces before any reading."""
        known = self.latest.setdefault(device, {})
        for name in names:
            known.setdefault(name, Latest(None, ts_ms))

    def _own_ms(self, device: str, ts_ms: int) -> int:
        """The next free millisecond: a source that repeats a time must not overwrite itself."""
        recent = self._recent_ms.setdefault(device, {})
        while ts_ms in recent:
            ts_ms += 1
        recent[ts_ms] = None
        if len(recent) > RECENT_MAX:
            del recent[next(iter(recent))]
        return ts_ms

    def add(
        self,
        device: str,
        values: Sequence[tuple[str, Value]],
        now: Moment,
        *,
        klass: RecordClass,
        ts_ms: int | None = None,
        mono_ns: int | None = None,
    ) -> int | None:
        """Store the readings of ``device``; gives the record's offset, None if nothing was good.

        ``ts_ms`` is the source's own time; else ``mono_ns`` says when it was sampled on our
        monotonic clock; else it is now.
        """
        if ts_ms is None:
            age_ns = 0 if mono_ns is None else now.mono_ns - mono_ns
            ts_ms = (now.wall_ns - age_ns) // NS_PER_MS
        ts_ms = self._own_ms(device, max(0, ts_ms))  # sampled before a clock that was set to 1970
        body = pb.Payload()
        known = self.latest.setdefault(device, {})
        good = 0
        for name, value in values:
            row = CATALOGUE[name]
            if isinstance(value, str) or not in_range(row, value):
                self.out_of_range += 1
                continue
            if isinstance(value, float) and row.datatype in _WHOLE:
                if not value.is_integer():
                    self.out_of_range += 1
                    continue
                value = int(value)  # noqa: PLW2901 - a sensor's 7.0 satellites are 7
            wire = body.metrics.add()
            wire.alias = self._aliases.alias_of(device, name, row.datatype)
            wire.timestamp = ts_ms
            put_value(wire, row.datatype, value)
            known[name] = Latest(value, ts_ms)
            good += 1
        if not good:
            return None
        self.readings += good
        return self._spool.append(body.SerializeToString(), klass=klass, now=now)
