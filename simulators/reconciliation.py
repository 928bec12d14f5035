"""Reading by reading: what a street truly said beside what the database holds.

Access points and boards are compared by value, as multisets. Beats carry numbers that a gateway
counts up, so the stored ones must run from nought without a gap.
"""

from collections import Counter
from collections.abc import Hashable, Iterable
from typing import Any, NamedTuple

from ingest.influx_query import InfluxReader
from simulators.real_street import RealStreet

STATUS_FIELDS = ("clients", "rx_bytes", "tx_bytes", "uptime_s")
TENTHS_FIELDS = ("pm2_5_ugm3", "pm10_ugm3")


class Difference(NamedTuple):
    """What one node said and the database lacks, and what the database has that it never said."""

    node: str
    missing: list[Any]
    invented: list[Any]


def _difference(node: str, said: Iterable[Hashable], stored: Iterable[Hashable]) -> Difference:
    true, found = Counter(said), Counter(stored)
    return Difference(node, sorted((true - found).elements()), sorted((found - true).elements()))


def _stored(
    reader: InfluxReader, measurement: str, tag: str, node: str, fields: tuple[str, ...]
) -> list[tuple[Any, ...]]:
    names = ", ".join(f'"{field}"' for field in fields)
    question = f'SELECT {names} FROM "{measurement}" WHERE "{tag}" = \'{node}\''  # noqa: S608
    rows = (tuple(row[field] for field in fields) for row in reader.query(question))
    return [row for row in rows if row != (None,) * len(fields)]


def _access_point(street: RealStreet, reader: InfluxReader, ap_id: str) -> Difference:
    said = [
        (one.clients, one.rx_bytes, one.tx_bytes, one.uptime_s) for one in street.statuses(ap_id)
    ]
    return _difference(ap_id, said, _stored(reader, "wifi_usage", "ap", ap_id, STATUS_FIELDS))


def _board(street: RealStreet, reader: InfluxReader, sensor_id: str) -> Difference:
    said = [(one.pm2_5_tenths, one.pm10_tenths) for one in street.readings(sensor_id)]
    rows = _stored(reader, "sensor", "sensor", sensor_id, TENTHS_FIELDS)
    tenths = [(round(10 * pm2_5), round(10 * pm10)) for pm2_5, pm10 in rows]
    return _difference(sensor_id, said, tenths)


def _beats(reader: InfluxReader, ap_id: str) -> Difference:
    numbers = [number for (number,) in _stored(reader, "wifi_check", "ap", ap_id, ("seq",))]
    return _difference(f"beats of {ap_id}", range(max(numbers, default=0) + 1), numbers)


def differences(street: RealStreet, reader: InfluxReader) -> list[Difference]:
    """Every node whose stored readings are not exactly what it said; empty is what we want."""
    made = []
    for ap_id in street.access_points:
        made += [_access_point(street, reader, ap_id), _beats(reader, ap_id)]
    made += [_board(street, reader, sensor_id) for sensor_id in street.boards]
    return [one for one in made if one.missing or one.invented]
