"""One sink over the databases of a set: each line goes where its measurement is kept.

A set is one database per retention, see `vocabulary/measurements.py`. Each is probed when the
first line for it comes, so a host that writes no rollups needs no database for them.
"""

from collections.abc import Callable, Sequence

import msgspec

from ingest.influx import InfluxSink
from ingest.influx_http import InfluxSettings
from ingest.sink import DeadLine, Retry, Sink, Stop, WriteOutcome
from vocabulary.measurements import MEASUREMENTS, Store, database_of

Open = Callable[[InfluxSettings], Sink]


def settings_of(settings: InfluxSettings, store: Store) -> InfluxSettings:
    """The settings of one database of the set."""
    return msgspec.structs.replace(
        settings,
        database=database_of(settings.database, store),
        bucket=database_of(settings.bucket_name, store),
    )


def store_of(line: str) -> Store:
    """Where a line belongs, by its measurement; the raw store for a stranger, which refuses it."""
    end = min((at for at in (line.find(","), line.find(" ")) if at >= 0), default=len(line))
    measurement = MEASUREMENTS.get(line[:end])
    return Store.RAW if measurement is None else measurement.store


class InfluxStores:
    """A sink over all stores. Used from one thread."""

    def __init__(self, settings: InfluxSettings, opening: Open = InfluxSink) -> None:
        self._sinks = {store: opening(settings_of(settings, store)) for store in Store}

    def probe(self) -> str | Retry | Stop:
        """Who is on the other side; the other databases are on the same."""
        return self._sinks[Store.RAW].probe()

    def write(self, lines: Sequence[str]) -> WriteOutcome:
        """Store lines, one database after another; a halt leaves the rest of all of them."""
        parts: dict[Store, list[str]] = {}
        for line in lines:
            parts.setdefault(store_of(line), []).append(line)
        stored, dead = 0, list[DeadLine]()
        todo = list(parts)
        while todo:
            store = todo.pop(0)
            outcome = self._sinks[store].write(parts[store])
            stored += outcome.stored
            dead += outcome.dead
            if not outcome.settled:
                later = [line for other in todo for line in parts[other]]
                rest = (*outcome.rest, *later)
                return WriteOutcome(stored, tuple(dead), rest, outcome.retry, outcome.stop)
        return WriteOutcome(stored, tuple(dead))

    def close(self) -> None:
        """Close every connection."""
        for sink in self._sinks.values():
            sink.close()
