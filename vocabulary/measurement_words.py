"""What a row of the schema is made of: stores, types, columns."""

from enum import StrEnum
from typing import Final, NamedTuple


class FieldType(StrEnum):
    """Types of InfluxDB fields that we use."""

    INTEGER = "integer"
    FLOAT = "float"
    BOOLEAN = "boolean"
    STRING = "string"


class Store(StrEnum):
    """Where a measurement is kept, which says how long; a suffix of the database's name."""

    RAW = ""
    USAGE = "usage"
    HOURS = "hours"


class Column(NamedTuple):
    """One field of one measurement."""

    name: str
    kind: FieldType
    unit: str
    meaning: str


class OwnRow(NamedTuple):
    """One measurement of ours."""

    name: str
    store: Store
    tags: tuple[str, ...]
    meaning: str
    columns: tuple[Column, ...]


_I, _F, _B, _S = FieldType.INTEGER, FieldType.FLOAT, FieldType.BOOLEAN, FieldType.STRING
AP_TAGS: Final = ("ap", "area", "gateway", "site")
GATEWAY_TAGS: Final = ("area", "gateway", "site")


def whole(name: str, meaning: str, unit: str = "") -> Column:
    """A whole number."""
    return Column(name, _I, unit, meaning)


def real(name: str, meaning: str, unit: str = "") -> Column:
    """A real number."""
    return Column(name, _F, unit, meaning)


def truth(name: str, meaning: str) -> Column:
    """Yes or no."""
    return Column(name, _B, "", meaning)


def text(name: str, meaning: str) -> Column:
    """A word of a closed list, or of the inventory."""
    return Column(name, _S, "", meaning)
