"""How many series a city is: worked out from its inventory, before anything is written.

A series is a measurement with one value of each of its tags. An access point has one gateway, one
site and one area, so such tags multiply nothing; only a stage or a port does.
"""

from typing import Final

import msgspec

from vocabulary.inventory import Inventory
from vocabulary.measurements import MEASUREMENTS, Measurement

STAGES: Final = 8
PORTS_MAX: Final = 4
"""Serial ports that a gateway's link metrics may name."""
LEVELS: Final = 5
FIFTHS: Final = 5
SERIES_MAX: Final = 1_000_000
"""Beyond it InfluxDB 1.x with its index in memory needs a machine of its own."""


class Cardinality(msgspec.Struct, frozen=True):
    """The series of one measurement."""

    measurement: str
    series: int


def _series(row: Measurement, city: Inventory) -> int:
    tags, aps = set(row.tags), len(city.access_point)
    nodes = aps + 2 * len(city.gateway) + len(city.area)  # and a backhaul for each gateway
    if {"ap", "stage"} <= tags:
        return aps * STAGES
    if {"ap", "level"} <= tags:
        return nodes
    if "port" in tags:
        return len(city.gateway) * (1 + PORTS_MAX)
    if {"area", "fifth"} <= tags:
        return len(city.area) + FIFTHS + 1
    if {"area", "kind"} <= tags:
        return len({(site.area_id, site.kind) for site in city.site})
    if tags == {"kind"}:
        return len({site.kind for site in city.site})
    if {"area", "level"} <= tags:
        return len(city.area) * LEVELS
    by_tag = {
        "ap": aps,
        "sensor": len(city.sensor),
        "gateway": len(city.gateway),
        "site": len(city.site),
        "area": len(city.area),
        "fifth": FIFTHS,
        "level": LEVELS,
    }
    return next((count for tag, count in by_tag.items() if tag in tags), 1)


def cardinality(city: Inventory) -> list[Cardinality]:
    """Series of each measurement, at most."""
    return [Cardinality(row.name, _series(row, city)) for row in MEASUREMENTS.values()]
