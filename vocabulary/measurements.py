"""What stands in InfluxDB: measurements, their tags and their typed fields, in one place.

Tags are a closed list, because each new value of a tag is a new series and series are what a
time-series database runs out of. A field's type never changes: InfluxDB refuses the second one.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from vocabulary.measurement_rows import OWN
from vocabulary.measurement_words import Column, FieldType, Store
from vocabulary.metrics import CATALOGUE
from vocabulary.payload import Datatype

__all__ = [
    "MEASUREMENTS",
    "RETENTION_D",
    "TAGS",
    "TAG_MEANINGS",
    "FieldType",
    "Measurement",
    "Store",
    "database_of",
    "place_of",
]

TAG_MEANINGS: Final[dict[str, str]] = {
    "ap": "an access point's id",
    "area": "an area's id",
    "cause": "what broke: a word of a closed list",
    "fifth": "a fifth of the city by need, 1 the greatest; never finer, so no area can be ranked",
    "gateway": "a gateway's id",
    "kind": "a kind of site: a word of the inventory, of which there are a few",
    "level": "what kind of node: ap, gateway, backhaul, feeder, area",
    "port": "a serial port's name",
    "sensor": "a sensor's id",
    "site": "a site's id",
    "stage": "a stage of the active check, 0 to 7",
}
"""What each tag may hold. All values come from the inventory or a closed list."""

TAGS: Final = frozenset(TAG_MEANINGS)
"""The whitelist."""

RETENTION_D: Final[dict[Store, int]] = {
    Store.RAW: 35,
    Store.USAGE: 761,  # 25 months, the limit of what is kept of usage
    Store.HOURS: 1_827,  # five years
}
"""Days after which each store forgets."""


class Measurement(NamedTuple):
    """One measurement: its tags in sorted order, its fields with their types."""

    name: str
    tags: tuple[str, ...]
    fields: dict[str, FieldType]
    store: Store = Store.RAW
    meaning: str = ""
    columns: Mapping[str, Column] = MappingProxyType({})


class Place(NamedTuple):
    """Where a catalogue metric is stored."""

    measurement: str
    field: str


_MEASUREMENT_OF_FAMILY: Final = {
    "wifi": "wifi_usage",
    "check": "wifi_check",
    "air": "sensor",
    "env": "sensor",
    "power": "sensor",
    "gnss": "sensor",
    "gateway": "gateway",
    "spool": "gateway",
    "link": "sensor",  # of each line, so that two sensors of a gateway keep apart
}
_PREFIXED: Final = frozenset({"spool", "link"})
_BEAT: Final = frozenset({"wifi/ok", "wifi/seq"})
_FIELD_TYPE: Final = {
    Datatype.INT32: FieldType.INTEGER,
    Datatype.INT64: FieldType.INTEGER,
    Datatype.DOUBLE: FieldType.FLOAT,
    Datatype.BOOLEAN: FieldType.BOOLEAN,
}


def place_of(metric_name: str) -> Place:
    """Measurement and field of a catalogue metric; KeyError for a stranger."""
    metric = CATALOGUE[metric_name]
    if metric_name in _BEAT:
        return Place("wifi_check", metric.quantity)
    prefixed = metric.family in _PREFIXED
    field = f"{metric.family}_{metric.quantity}" if prefixed else metric.quantity
    return Place(_MEASUREMENT_OF_FAMILY[metric.family], field)


def _with_catalogue() -> dict[str, Measurement]:
    columns = {row.name: {column.name: column for column in row.columns} for row in OWN}
    for name, metric in CATALOGUE.items():
        place = place_of(name)
        assert place.field not in columns[place.measurement], place
        kind = _FIELD_TYPE[metric.datatype]
        column = Column(place.field, kind, metric.unit, metric.meaning)
        columns[place.measurement][place.field] = column
    made = {}
    for row in OWN:
        own = columns[row.name]
        fields = {name: column.kind for name, column in own.items()}
        made[row.name] = Measurement(row.name, row.tags, fields, row.store, row.meaning, own)
    return made


MEASUREMENTS: Final[dict[str, Measurement]] = _with_catalogue()
"""Name -> measurement, the metric catalogue's fields included."""


def database_of(base: str, store: Store) -> str:
    """The name of a store's database, or bucket, in a set that is called ``base``."""
    return f"{base}_{store}" if store else base
