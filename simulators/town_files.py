"""A town as files: its inventory and its people, written and read again, or made of real places.

What is written here may be shown to the code under test: no truth stands in it.
"""

import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

from simulators import coordinates
from simulators.errors import PlacesUnreadable
from simulators.places import Place
from simulators.toml_text import rows_text
from simulators.town import DISTRICT, Quarter, Town, of_inventory
from vocabulary import configuration, inventory
from vocabulary.errors import ConfigurationInvalid, Finding
from vocabulary.inventory import AccessPoint, Area, Gateway, Inventory, Site

INVENTORY_NAME: Final = "inventory.toml"
PEOPLE_NAME: Final = "people.toml"
GATEWAY_APS: Final = 46
FILE_BYTES_MAX: Final = 64 << 20
_ID_CHARS: Final = 40


class _People(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands in ``people.toml``."""

    area: dict[str, Quarter] = {}


def write(town: Town, directory: Path) -> list[Path]:
    """Write the town into a directory; gives the files."""
    directory.mkdir(parents=True, exist_ok=True)
    listed, people = directory / INVENTORY_NAME, directory / PEOPLE_NAME
    head = "# A simulated town. Check with: lamplighter inventory check inventory.toml\n"
    tables = msgspec.to_builtins(town.inventory)
    listed.write_text(head + "".join(rows_text(name, rows) for name, rows in tables.items()))
    lines = ["# Residents of each area, and its hardship quintile: 1 is best off, 5 worst.\n"]
    for area_id, quarter in town.quarters.items():
        lines.append(f"\n[area.{area_id}]\nresidents = {quarter.residents}\n")
        lines.append(f"hardship_quintile = {quarter.hardship_quintile}\n")
    people.write_text("".join(lines))
    return [listed, people]


def text_of(path: Path) -> str:
    """A file's text, within bounds.

    Raises:
        PlacesUnreadable: it cannot be read.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise PlacesUnreadable(str(path), error.strerror or "unreadable") from None
    if len(raw) > FILE_BYTES_MAX:
        raise PlacesUnreadable(str(path), f"over {FILE_BYTES_MAX} bytes")
    return raw.decode("utf-8", "replace")


def load(path: Path, seed: int = 0) -> Town:
    """A town from a directory of ``write``, or from any inventory file.

    Raises:
        ConfigurationInvalid: with every fault, swapped coordinates among them.
        PlacesUnreadable: a file cannot be read.
    """
    listed = path / INVENTORY_NAME if path.is_dir() else path
    text = text_of(listed)
    made = inventory.parse(text, file=str(listed))
    findings = _position_faults(made, text, str(listed))
    for name in ("gateway", "access_point"):
        if not getattr(made, name):
            findings.append(Finding(str(listed), 0, name, "nothing", f"at least one [[{name}]]"))
    if findings:
        raise ConfigurationInvalid(findings)
    people = listed.with_name(PEOPLE_NAME)
    if path.is_dir() and people.is_file():
        quarters = configuration.parse(text_of(people), _People, file=str(people)).area
        return Town(made, quarters)
    return of_inventory(made, seed)


def _position_faults(made: Inventory, text: str, file: str) -> list[Finding]:
    findings: list[Finding] = []

    def tell(ix: int, key: str, found: float, expected: str) -> None:
        path = ("site", ix, f"{key}_deg")
        line = configuration.line_of(text, path)
        findings.append(Finding(file, line, configuration.key_of(path), f"`{found}`", expected))

    known: list[tuple[int, coordinates.Position]] = []
    for ix, site in enumerate(made.site):
        if site.lat_deg is None or site.lon_deg is None:
            continue
        fault = coordinates.fault(site.lat_deg, site.lon_deg)
        if fault is None:
            known.append((ix, (site.lat_deg, site.lon_deg)))
        else:
            key, expected = fault
            tell(ix, key, {"lat": site.lat_deg, "lon": site.lon_deg}[key], expected)
    for at in coordinates.swapped_among([position for _, position in known]):
        ix, position = known[at]
        tell(ix, "lat", position[0], "a site near the others: lat and lon are swapped")
    return findings


def slug_of(text: str, *, otherwise: str) -> str:
    """A name as an id: letters without accents, digits and hyphens."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_ID_CHARS].strip("-") or otherwise


def _own(slug: str, taken: set[str]) -> str:
    made, number = slug, 1
    while made in taken:
        number += 1
        made = f"{slug[: _ID_CHARS - 6]}-{number}"
    taken.add(made)
    return made


def of_places(places: Iterable[Place], seed: int) -> Town:
    """A town around real places: each gets gateways for its access points; the rest is drawn."""
    areas: dict[str, Area] = {}
    sites: list[Site] = []
    gateways: list[Gateway] = []
    aps: list[AccessPoint] = []
    taken: set[str] = set()
    for place in places:
        area_id = slug_of(place.area, otherwise="unknown")
        areas.setdefault(area_id, Area(area_id, place.area or "Unknown"))
        site_id = _own(slug_of(place.name, otherwise="site"), taken)
        kind = slug_of(place.kind, otherwise="other")
        lat_deg, lon_deg = place.position or (None, None)
        sites.append(
            Site(site_id, place.name, area_id, kind, place.address, lat_deg, lon_deg, place.hours)
        )
        for ix in range(place.ap_count):
            if ix % GATEWAY_APS == 0:
                gateway_id = f"gw-{len(gateways):05}"
                backhaul_id, feeder_id = f"bh-{site_id}", f"fd-{site_id}"
                gateways.append(Gateway(gateway_id, site_id, DISTRICT, backhaul_id, feeder_id))
            owner = gateways[-1]
            ap_id = f"ap-{len(aps):06}"
            aps.append(AccessPoint(ap_id, site_id, owner.gateway_id, owner.feeder_id))
    made = Inventory(tuple(areas.values()), tuple(sites), tuple(gateways), tuple(aps))
    return of_inventory(made, seed)
