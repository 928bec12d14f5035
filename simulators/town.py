"""A town that does not exist: areas with people, sites, gateways, backhauls, feeders, sensors.

Everything follows from a seed, node by node, so that a larger town begins as the smaller one does.
Shapes are those of real fleets: a gateway typically carries 10 to 46 access points and at most
133, a backhaul serves about ten gateways, feeders cross the network tree for 15 % of the access
points.
"""

from typing import Annotated, Final

import msgspec
import numpy as np

from simulators.chance import stream
from vocabulary.inventory import AccessPoint, Area, Gateway, Inventory, Sensor, Site

APS_MAX: Final = 100_000
APS_PER_GATEWAY_MAX: Final = 133
GATEWAYS_PER_BACKHAUL: Final = 10
GATEWAYS_PER_AREA: Final = 12
MEMBERS_MIN, MEMBERS_MAX = 5, 60
CROSSING_SHARE: Final = 0.15
CROSSING_SPAN: Final = 120
"""A feeder crosses into its surroundings, not to the other end of town: so many access points."""
SENSOR_SHARE: Final = 0.3
DISTRICT: Final = "town"
_CENTRE_DEG: Final = (41.88, -87.63)
_STEP_DEG: Final = 0.004

KINDS: Final = ("library", "park", "school", "street", "community", "transit", "housing", "plaza")
_KIND_SHARES: Final = (0.12, 0.16, 0.14, 0.22, 0.12, 0.08, 0.10, 0.06)
OPENING_HOURS: Final = {
    "library": "Mo-Th 10:00-20:00; Fr-Sa 09:00-17:00; Su 13:00-17:00",
    "school": "Mo-Fr 07:30-16:00",
    "community": "Mo-Sa 09:00-21:00",
    "park": "Mo-Su 06:00-23:00",
}
_FIRST: Final = ("North", "South", "East", "West", "Old", "Upper", "Lower", "Mill", "Harbour")
_SECOND: Final = ("Park", "Grove", "Square", "Field", "Bridge", "Hill", "Green", "Cross", "Yard")


class Quarter(msgspec.Struct, frozen=True):
    """The people of an area. Quintile 1 is the best off, 5 has the hardest life."""

    residents: Annotated[int, msgspec.Meta(ge=0)]
    hardship_quintile: Annotated[int, msgspec.Meta(ge=1, le=5)]


class Town(msgspec.Struct, frozen=True):
    """The inventory of a town and the people of its areas."""

    inventory: Inventory
    quarters: dict[str, Quarter] = {}
    """Area id -> its people."""

    @property
    def ap_count(self) -> int:
        """How many access points."""
        return len(self.inventory.access_point)

    def backhauls(self) -> dict[str, tuple[str, ...]]:
        """Backhaul -> the gateways behind it."""
        made: dict[str, list[str]] = {}
        for row in self.inventory.gateway:
            if row.backhaul_id is not None:
                made.setdefault(row.backhaul_id, []).append(row.gateway_id)
        return {backhaul_id: tuple(rows) for backhaul_id, rows in made.items()}

    def feeders(self) -> dict[str, tuple[str, ...]]:
        """Feeder -> the access points and gateways on it."""
        made: dict[str, list[str]] = {}
        for ap in self.inventory.access_point:
            if ap.feeder_id is not None:
                made.setdefault(ap.feeder_id, []).append(ap.ap_id)
        for row in self.inventory.gateway:
            if row.feeder_id is not None:
                made.setdefault(row.feeder_id, []).append(row.gateway_id)
        return {feeder_id: tuple(rows) for feeder_id, rows in made.items()}

    def area_of_site(self) -> dict[str, str]:
        """Site -> its area."""
        return {row.site_id: row.area_id for row in self.inventory.site}

    def nodes(self) -> frozenset[str]:
        """Everything a fault may name."""
        inventory = self.inventory
        devices = {row.ap_id for row in inventory.access_point}
        devices |= {row.gateway_id for row in inventory.gateway}
        return frozenset(devices | set(self.backhauls()) | set(self.feeders()))


def _gateway_sizes(seed: int, ap_count: int) -> list[int]:
    sizes: list[int] = []
    left = ap_count
    while left > 0:
        draw = stream(seed, "size", str(len(sizes))).lognormal(np.log(21.0), 0.6)
        size = int(np.clip(round(draw), 1, APS_PER_GATEWAY_MAX))
        sizes.append(min(size, left))
        left -= sizes[-1]
    return sizes


def _feeder_of(seed: int, ap_count: int) -> list[str]:
    """For each access point its feeder: runs of 5 to 60 neighbours, 15 % of them exchanged."""
    made: list[str] = []
    number = 0
    while len(made) < ap_count:
        size = int(stream(seed, "feeder", str(number)).integers(MEMBERS_MIN, MEMBERS_MAX + 1))
        made.extend([f"fd-{number:05}"] * min(size, ap_count - len(made)))
        number += 1
    for start in range(0, ap_count, CROSSING_SPAN):  # sizes stay: places are only swapped
        span = min(CROSSING_SPAN, ap_count - start)
        rng = stream(seed, "crossing", str(start))
        chosen = start + np.flatnonzero(rng.random(span) < CROSSING_SHARE)
        ids = [made[ix] for ix in chosen]
        for ix, feeder_id in zip(chosen, ids[len(ids) // 2 :] + ids[: len(ids) // 2], strict=True):
            made[ix] = feeder_id
    return made


def _site(seed: int, ix: int, area_id: str) -> Site:
    rng = stream(seed, "site", str(ix))
    kind = str(rng.choice(KINDS, p=_KIND_SHARES))
    first, second = _FIRST[rng.integers(len(_FIRST))], _SECOND[rng.integers(len(_SECOND))]
    column, row = divmod(ix, 40)
    return Site(
        f"site-{ix:05}",
        f"{first} {second} {kind.capitalize()} {ix}",
        area_id,
        kind,
        address=f"{100 + ix} {first} {second} Street",
        lat_deg=round(_CENTRE_DEG[0] + _STEP_DEG * (row - 20) + 0.001 * rng.random(), 6),
        lon_deg=round(_CENTRE_DEG[1] - _STEP_DEG * column - 0.001 * rng.random(), 6),
        opening_hours=OPENING_HOURS.get(kind, ""),
    )


def _quarters(seed: int, area_ids: list[str]) -> dict[str, Quarter]:
    """Residents and hardship of each area, of which the fifths are about equally many."""
    hardship = {area_id: stream(seed, "hardship", area_id).random() for area_id in area_ids}
    return {
        area_id: Quarter(
            residents=int(stream(seed, "residents", area_id).lognormal(np.log(20_000), 0.6)),
            hardship_quintile=1 + int(5 * value),
        )
        for area_id, value in hardship.items()
    }


def generate(ap_count: int, seed: int) -> Town:
    """The town of ``seed`` with so many access points."""
    assert 1 <= ap_count <= APS_MAX, ap_count
    sizes = _gateway_sizes(seed, ap_count)
    feeder_of = _feeder_of(seed, ap_count)
    gateways: list[Gateway] = []
    aps: list[AccessPoint] = []
    sensors: list[Sensor] = []
    sites: dict[str, Site] = {}
    site_ix = -1
    for ix, size in enumerate(sizes):
        rng = stream(seed, "gateway", str(ix))
        if ix == 0 or rng.random() < 0.7:  # the others share the site of the one before
            site_ix = ix
        area_id = f"area-{site_ix // GATEWAYS_PER_AREA:03}"
        site = sites.setdefault(f"site-{site_ix:05}", _site(seed, site_ix, area_id))
        gateway_id, backhaul_id = f"gw-{ix:05}", f"bh-{ix // GATEWAYS_PER_BACKHAUL:04}"
        gateways.append(
            Gateway(gateway_id, site.site_id, DISTRICT, backhaul_id, feeder_of[len(aps)])
        )
        base = len(aps)
        aps.extend(
            AccessPoint(f"ap-{ix:05}-{jx:03}", site.site_id, gateway_id, feeder_of[base + jx])
            for jx in range(size)
        )
        if rng.random() < SENSOR_SHARE:
            sensors.append(Sensor(f"air-{ix:05}", gateway_id))
    area_ids = sorted({site.area_id for site in sites.values()})
    areas = tuple(Area(area_id, f"Area {area_id.removeprefix('area-')}") for area_id in area_ids)
    inventory = Inventory(areas, tuple(sites.values()), tuple(gateways), tuple(aps), tuple(sensors))
    return Town(inventory, _quarters(seed, area_ids))


def of_inventory(inventory: Inventory, seed: int = 0) -> Town:
    """A town around a real city's inventory; the people of its areas are drawn."""
    return Town(inventory, _quarters(seed, [row.area_id for row in inventory.area]))
