"""What stands in InfluxDB: measurements, their tags and their typed fields, in one place.

Tags are a closed list, because each new value of a tag is a new series and series are what a
time-series database runs out of. A field's type never changes: InfluxDB refuses the second one.
"""

from enum import StrEnum
from typing import Final, NamedTuple

from vocabulary.metrics import CATALOGUE
from vocabulary.payload import Datatype

TAGS: Final = frozenset(
    {"gateway", "site", "area", "ap", "sensor", "stage", "level", "cause", "port"}
)


class FieldType(StrEnum):
    """Types of InfluxDB fields that we use."""

    INTEGER = "integer"
    FLOAT = "float"
    BOOLEAN = "boolean"
    STRING = "string"


class Measurement(NamedTuple):
    """One measurement: its tags in sorted order, its fields with their types."""

    name: str
    tags: tuple[str, ...]
    fields: dict[str, FieldType]


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


_I, _F, _B, _S = FieldType.INTEGER, FieldType.FLOAT, FieldType.BOOLEAN, FieldType.STRING
_AP_TAGS: Final = ("ap", "area", "gateway", "site")
_OWN: Final[list[Measurement]] = [
    Measurement(
        "wifi_usage",
        _AP_TAGS,
        {"device_ms": _I, "unobserved_ms": _I, "rx_delta_bytes": _I, "tx_delta_bytes": _I},
    ),
    Measurement("wifi_check", _AP_TAGS, {}),
    Measurement("sensor", ("area", "gateway", "sensor", "site"), {}),
    Measurement("gateway", ("area", "gateway", "port", "site"), {}),
    Measurement("node_state", ("ap", "area", "gateway", "level", "site"), {"state": _S}),
    Measurement(
        "outage",
        # the cause is a field: a revision changes it, and a changed tag would leave a second point
        ("ap", "area", "gateway", "level", "site"),
        {
            "cause": _S,
            "duration_ms": _I,
            "end_ms": _I,
            "incident": _S,
            "state": _S,
            "status": _S,
            "version": _I,
        },
    ),
    Measurement(
        "completeness",
        ("area", "gateway", "site"),
        {
            "expected": _I,
            "received": _I,
            "late": _I,
            "duplicate": _I,
            "quarantined": _I,
            "lost": _I,
            "skipped": _I,
            "shed": _I,
        },
    ),
    Measurement(
        "detector",
        (),
        {"readings": _I, "lag_ms": _F, "unobserved_share": _F, "ready": _B},
    ),
]


def _with_catalogue() -> dict[str, Measurement]:
    made = {row.name: Measurement(row.name, row.tags, dict(row.fields)) for row in _OWN}
    for name, metric in CATALOGUE.items():
        place = place_of(name)
        assert place.field not in made[place.measurement].fields, place
        made[place.measurement].fields[place.field] = _FIELD_TYPE[metric.datatype]
    return made


MEASUREMENTS: Final[dict[str, Measurement]] = _with_catalogue()
"""Name -> measurement, the metric catalogue's fields included."""
