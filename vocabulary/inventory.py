"""The inventory: which sites, gateways, access points and sensors the city says it has.

The processor expects what stands here; a node never heard from is a state, not an absence. The
whole file is judged at once, and every fault is named with its line.
"""

from collections.abc import Mapping
from typing import Annotated, Final

import msgspec

from vocabulary import configuration
from vocabulary.configuration import Fault, Path, tables
from vocabulary.errors import Finding
from vocabulary.ids import Slug

NODES_MAX: Final = 200_000
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Latitude = Annotated[float, msgspec.Meta(ge=-90, le=90)]
Longitude = Annotated[float, msgspec.Meta(ge=-180, le=180)]


class Area(msgspec.Struct, frozen=True):
    """A neighbourhood: the unit of equity reports."""

    area_id: Slug
    name: Name


class Site(msgspec.Struct, frozen=True):
    """A place residents know: a library, a park, a street."""

    site_id: Slug
    name: Name
    area_id: Slug
    kind: Slug = "other"
    address: str = ""
    lat_deg: Latitude | None = None
    lon_deg: Longitude | None = None
    opening_hours: str = ""


class Gateway(msgspec.Struct, frozen=True):
    """A Raspberry Pi that observes access points; the Sparkplug edge node."""

    gateway_id: Slug
    site_id: Slug
    district: Slug
    backhaul_id: Slug | None = None
    feeder_id: Slug | None = None


class AccessPoint(msgspec.Struct, frozen=True):
    """The unit of outage and usage. ``counter_bits`` is the width of its byte counters."""

    ap_id: Slug
    site_id: Slug
    gateway_id: Slug
    feeder_id: Slug | None = None
    counter_bits: Annotated[int, msgspec.Meta(ge=32, le=64)] = 64
    line_rate_mbps: Annotated[float, msgspec.Meta(gt=0, le=100_000)] = 1_000.0


class Sensor(msgspec.Struct, frozen=True):
    """A board or sensor on a gateway's serial port."""

    sensor_id: Slug
    gateway_id: Slug
    kind: Slug = "sds011"


class Inventory(msgspec.Struct, frozen=True):
    """The whole tree. Ids are unique in their table; device ids are unique over the city."""

    area: tuple[Area, ...] = ()
    site: tuple[Site, ...] = ()
    gateway: tuple[Gateway, ...] = ()
    access_point: tuple[AccessPoint, ...] = ()
    sensor: tuple[Sensor, ...] = ()


_KEYS: Final = {
    "area": "area_id",
    "site": "site_id",
    "gateway": "gateway_id",
    "access_point": "ap_id",
    "sensor": "sensor_id",
}
_DEVICES: Final = ("access_point", "sensor")
_REFERENCES: Final[dict[str, dict[str, str]]] = {
    "site": {"area_id": "area"},
    "gateway": {"site_id": "site"},
    "access_point": {"site_id": "site", "gateway_id": "gateway"},
    "sensor": {"gateway_id": "gateway"},
}


class _Relations:
    """Faults between rows, judged on plain tables, so that a row with another fault counts too."""

    def __init__(self, data: Mapping[str, object], fault: Fault) -> None:
        self._fault = fault
        self.rows = {table: tables(data.get(table)) for table in _KEYS}
        self.ids = {
            table: {row[_KEYS[table]] for _, row in rows if _has(row, _KEYS[table])}
            for table, rows in self.rows.items()
        }

    def fault(self, path: tuple[str, int, str], found: object, expected: str) -> None:
        self._fault(path, f"`{found}`", expected)

    def doubled(self) -> None:
        """Ids are unique in their table; access points and sensors share one table of ids."""
        device_table: dict[object, str] = {}
        for table, key in _KEYS.items():
            first: dict[object, int] = {}
            for ix, row in self.rows[table]:
                if not _has(row, key):
                    continue
                name = row[key]
                if first.setdefault(name, ix) != ix:
                    self.fault((table, ix, key), name, f"an id that {table}[{first[name]}] has not")
                other = device_table.setdefault(name, table) if table in _DEVICES else table
                if other != table:
                    self.fault((table, ix, key), name, f"an id that no {other} has")

    def dangling(self) -> None:
        """Every reference names a row that exists."""
        for table, references in _REFERENCES.items():
            for ix, row in self.rows[table]:
                for key, target in references.items():
                    if _has(row, key) and row[key] not in self.ids[target]:
                        expected = f"the {_KEYS[target]} of one [[{target}]]"
                        self.fault((table, ix, key), row[key], expected)

    def too_many(self) -> None:
        count = sum(len(self.rows[table]) for table in ("gateway", *_DEVICES))
        if count > NODES_MAX:
            self._fault(("(file)",), f"{count} nodes", f"at most {NODES_MAX}")


def _has(row: Mapping[str, object], key: str) -> bool:
    return isinstance(row.get(key), str)


def _judge(data: Mapping[str, object], fault: Fault) -> None:
    relations = _Relations(data, fault)
    relations.doubled()
    relations.dangling()
    relations.too_many()


def relations(inventory: Inventory, *, file: str = "inventory") -> list[Finding]:
    """Every fault between rows of an inventory that was not read from a file."""
    findings: list[Finding] = []

    def fault(path: Path, found: str, expected: str) -> None:
        if len(findings) < configuration.FINDINGS_MAX:
            findings.append(Finding(file, 0, configuration.key_of(path), found, expected))

    _judge(msgspec.to_builtins(inventory), fault)
    return findings


def parse(text: str, *, file: str) -> Inventory:
    """TOML text to a consistent inventory.

    Raises:
        ConfigurationInvalid: with every fault, of form and of relation.
    """
    return configuration.parse(text, Inventory, file=file, judge=_judge)
