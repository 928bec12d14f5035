"""One message of InfluxDB lines, as Telegraf's mqtt output sends it -> catalogue values.

Lines of one time make one reading; a batch that waited at the access point makes several.
"""

from collections.abc import Iterator, Sequence

from edge import influx_line
from edge.access_point_value import MESSAGE_BYTES_MAX, Reason, Taken, refused, source_ms, typed
from edge.influx_line import LINES_MAX, Place, Point
from edge.source_configuration import MetricPath, Source
from vocabulary.payload import Value


class InfluxReader:
    """Reads what one access point's Telegraf publishes."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._unit = source.time.unit if source.time else "ns"
        self._rows: dict[str, list[tuple[MetricPath, Place]]] = {}
        for row in source.metrics:
            place = influx_line.place(row.path)
            assert place is not None, "the configuration was judged"
            self._rows.setdefault(place.measurement, []).append((row, place))

    @property
    def metric_names(self) -> Sequence[str]:
        """Catalogue names this source can give."""
        return [row.name for row in self.source.metrics]

    @property
    def filters(self) -> Sequence[str]:
        """Topics it is to be shown."""
        return [self.source.topic]

    def read_all(self, topic: str, payload: bytes, wall_ms: int) -> list[Taken]:
        """The configured values of all lines; a bad line costs itself alone."""
        del topic  # what a line means stands in the line
        if len(payload) > MESSAGE_BYTES_MAX:
            return [refused(Reason.TOO_LONG)]
        lines = influx_line.lines(payload.decode("utf-8", "replace"))
        if not lines:
            return [refused(Reason.BAD_LINE)]
        reasons: list[Reason] = [Reason.TOO_MANY_LINES] if len(lines) > LINES_MAX else []
        by_time: dict[int | None, dict[str, Value]] = {}
        for line in lines[:LINES_MAX]:
            point = influx_line.point(line)
            if point is None:
                reasons.append(Reason.BAD_LINE)
            else:
                self._take(point, wall_ms, by_time, reasons)
        made = [Taken(tuple(found.items()), ts_ms, ()) for ts_ms, found in by_time.items()]
        if not made and not reasons:
            reasons.append(Reason.NOTHING_FOR_US)
        return [*made, refused(*reasons)] if reasons else made

    def _take(
        self,
        point: Point,
        wall_ms: int,
        by_time: dict[int | None, dict[str, Value]],
        reasons: list[Reason],
    ) -> None:
        found = dict(self._values(point, reasons))
        if not found:
            return
        ts_ms = None if point.time is None else source_ms(point.time, self._unit, wall_ms)
        if isinstance(ts_ms, Reason):
            reasons.append(ts_ms)
            ts_ms = None
        by_time.setdefault(ts_ms, {}).update(found)

    def _values(self, point: Point, reasons: list[Reason]) -> Iterator[tuple[str, Value]]:
        for row, place in self._rows.get(point.measurement, ()):
            if not place.of(point) or place.field not in point.fields:
                continue  # Telegraf sends much else
            value = typed(row, point.fields[place.field])
            if value is None:
                reasons.append(Reason.OUT_OF_RANGE)
            else:
                yield row.name, value
