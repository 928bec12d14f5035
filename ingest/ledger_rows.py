"""What goes into the ledger at once, and what comes out of it when a host starts.

Everything here is a snapshot: the sink's thread stores it while the intake goes on.
"""

from collections.abc import Iterable
from typing import Annotated, Self

import msgspec

from processing.incidents import Incident
from processing.intervals import Interval
from processing.offsets import OffsetSet
from vocabulary.inventory import Inventory

Count = Annotated[int, msgspec.Meta(ge=0)]
Key = tuple[str, int]
"""(gateway, epoch): whose offsets these are."""


class Received(msgspec.Struct, frozen=True):
    """Which offsets of one epoch have arrived, as it was when the batch was cut."""

    gateway: str
    epoch: int
    base: int
    ranges: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, key: Key, offsets: OffsetSet) -> Self:
        """Copy a set that goes on growing."""
        return cls(key[0], key[1], offsets.base, tuple(offsets.intervals()))

    @property
    def prefix_end(self) -> int:
        """Every offset below it has arrived: what may be committed once the batch is stored."""
        starts_at_base = self.ranges and self.ranges[0][0] == self.base
        return self.ranges[0][1] if starts_at_base else self.base


class Completeness(msgspec.Struct, frozen=True):
    """What became of records, per gateway, epoch and hour of arrival (hours since 1970).

    In a batch: what this batch adds. From a reader: the whole of that hour.
    """

    gateway: str
    epoch: int
    hour: int
    expected: Count = 0
    received: Count = 0
    late: Count = 0
    duplicate: Count = 0
    quarantined: Count = 0
    lost: Count = 0
    skipped: Count = 0
    shed: Count = 0

    def __post_init__(self) -> None:
        assert min(msgspec.structs.astuple(self)[3:]) >= 0
        assert self.late <= self.received, "late records are received records"
        assert self.quarantined <= self.received, "quarantined records are received records"


class Quarantined(msgspec.Struct, frozen=True):
    """What was refused on arrival. Never its bytes: they may hold anything."""

    gateway: str
    reason: str
    arrival_ms: int
    size_bytes: int
    epoch: int | None = None
    offset: int | None = None


class DeadLetter(msgspec.Struct, frozen=True):
    """A line that the database will never take, in its words; whose it was, if known."""

    line: str
    reason: str
    status: int
    at_ms: int
    gateway: str = ""
    epoch: int | None = None
    offset: int | None = None


class Node(msgspec.Struct, frozen=True):
    """One row of the inventory, as it was when a host last started."""

    level: str
    node: str
    name: str
    area: str
    site: str
    gateway: str


class LedgerBatch(msgspec.Struct, frozen=True):
    """One transaction. ``number`` is that of the batch before plus one; a repeat changes nothing.

    ``checkpoint`` is the processor's state that contains exactly the offsets of ``received``.
    """

    number: int
    now_ms: int
    checkpoint: bytes | None = None
    received: tuple[Received, ...] = ()
    intervals: tuple[Interval, ...] = ()
    incidents: tuple[Incident, ...] = ()
    completeness: tuple[Completeness, ...] = ()
    quarantined: tuple[Quarantined, ...] = ()
    dead_letters: tuple[DeadLetter, ...] = ()


class LedgerContents(msgspec.Struct, frozen=True):
    """What a starting host needs to go on where the last one was."""

    number: int
    """Of the last batch stored; 0 for a new ledger."""

    checkpoint: bytes | None
    received: dict[Key, OffsetSet]
    completeness: tuple[Completeness, ...] = ()
    """One row per gateway: every epoch and hour added up."""

    @property
    def prefixes(self) -> dict[Key, int]:
        """Below what everything is stored, per gateway and epoch."""
        return {key: offsets.prefix_end for key, offsets in self.received.items()}


def nodes_of(inventory: Inventory) -> Iterable[Node]:
    """The inventory as rows of the ledger."""
    area_of = {site.site_id: site.area_id for site in inventory.site}
    site_of = {gateway.gateway_id: gateway.site_id for gateway in inventory.gateway}
    for area in inventory.area:
        yield Node("area", area.area_id, area.name, area.area_id, "", "")
    for site in inventory.site:
        yield Node("site", site.site_id, site.name, site.area_id, site.site_id, "")
    for row in inventory.gateway:
        own, site_id = row.gateway_id, row.site_id
        yield Node("gateway", own, own, area_of[site_id], site_id, own)
    for ap in inventory.access_point:
        yield Node("ap", ap.ap_id, ap.ap_id, area_of[ap.site_id], ap.site_id, ap.gateway_id)
    for sensor in inventory.sensor:
        site_id = site_of[sensor.gateway_id]
        own = sensor.sensor_id
        yield Node("sensor", own, own, area_of[site_id], site_id, sensor.gateway_id)
