"""A real city's places from CSV or GeoJSON: what such files get wrong is reported, never fatal.

Columns and properties are found by their usual names. A place that cannot be used is left out and
reported with its row and column. Nothing is mended by guessing: a wrong guess would move a library
without a word.
"""

import csv
import io
import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from simulators import coordinates
from simulators.errors import PlacesUnreadable
from vocabulary.errors import Finding

ROWS_MAX: Final = 100_000
FILE_BYTES_MAX: Final = 64 << 20
NAME_CHARS_MAX: Final = 200
SHOWN_CHARS_MAX: Final = 60
AP_COUNT_MAX: Final = 1_000
AP_COUNT_USUAL: Final = 4
COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "name": ("name", "site", "site_name", "facility", "location_name", "title"),
    "address": ("address", "street_address", "addr", "location_address"),
    "lat": ("lat", "latitude", "lat_deg", "y"),
    "lon": ("lon", "lng", "long", "longitude", "lon_deg", "x"),
    "hours": ("hours", "opening_hours", "hours_of_operation", "open_hours"),
    "area": ("area", "area_id", "community_area", "community", "neighborhood", "neighbourhood"),
    "kind": ("kind", "type", "category", "facility_type"),
    "access_points": ("access_points", "aps", "ap_count", "num_aps"),
}


class Place(NamedTuple):
    """One usable row."""

    name: str
    address: str
    position: coordinates.Position | None
    hours: str
    area: str
    kind: str
    ap_count: int
    row: int


class Places(NamedTuple):
    """What a file gave, and what was wrong with the rest."""

    places: list[Place]
    findings: list[Finding]


class _Wrong(Exception):
    """A row that cannot be used."""

    def __init__(self, *, at: str, found: object, expected: str) -> None:
        super().__init__(at, found, expected)
        self.at, self.found, self.expected = at, found, expected


def _text(fields: Mapping[str, Any], name: str) -> str:
    return " ".join(str(fields.get(name) or "").split())


def _number(fields: Mapping[str, Any], name: str) -> float | None:
    raw = str(fields.get(name) if fields.get(name) is not None else "").strip()
    if not raw:
        return None
    try:
        number = float(raw)
    except ValueError:
        raise _Wrong(at=name, found=raw, expected="a number") from None
    if not math.isfinite(number):
        raise _Wrong(at=name, found=raw, expected="a finite number")
    return number


def _position(fields: Mapping[str, Any]) -> coordinates.Position | None:
    lat_deg, lon_deg = _number(fields, "lat"), _number(fields, "lon")
    if lat_deg is None and lon_deg is None:
        return None
    if lat_deg is None or lon_deg is None:
        missing = "lat" if lat_deg is None else "lon"
        raise _Wrong(at=missing, found="nothing", expected="both coordinates, or neither")
    fault = coordinates.fault(lat_deg, lon_deg)
    if fault is not None:
        column, expected = fault
        raise _Wrong(at=column, found={"lat": lat_deg, "lon": lon_deg}[column], expected=expected)
    return lat_deg, lon_deg


def _place(row: int, fields: Mapping[str, Any]) -> Place:
    name = _text(fields, "name")
    if not name:
        raise _Wrong(at="name", found="nothing", expected="a name")
    if len(name) > NAME_CHARS_MAX:
        raise _Wrong(at="name", found=name, expected=f"at most {NAME_CHARS_MAX} characters")
    count = _number(fields, "access_points")
    count = AP_COUNT_USUAL if count is None else count
    if count != int(count) or not 1 <= count <= AP_COUNT_MAX:
        raise _Wrong(
            at="access_points", found=count, expected=f"a whole number from 1 to {AP_COUNT_MAX}"
        )
    address, hours, area, kind = (
        _text(fields, key) for key in ("address", "hours", "area", "kind")
    )
    return Place(name, address, _position(fields), hours, area, kind, int(count), row)


class _Judge:
    """Gathers places and findings."""

    def __init__(self, file: str) -> None:
        self._file = file
        self.findings: list[Finding] = []
        self._first: dict[tuple[str, str, object], int] = {}
        self.places: list[Place] = []

    def wrong(self, row: int, column: str, found: object, expected: str) -> None:
        text = str(found)
        shown = text if len(text) <= SHOWN_CHARS_MAX else text[: SHOWN_CHARS_MAX - 1] + "…"
        self.findings.append(Finding(self._file, row, column, f"`{shown}`", expected))

    def take(self, row: int, fields: Mapping[str, Any]) -> None:
        try:
            made = _place(row, fields)
        except _Wrong as wrong:
            self.wrong(row, wrong.at, wrong.found, wrong.expected)
            return
        first = self._first.setdefault((made.name, made.address, made.position), row)
        if first != row:
            self.wrong(row, "name", made.name, f"a place that row {first} is not already")
            return
        self.places.append(made)

    def done(self) -> Places:
        """All rows were taken: now each can be compared with the others."""
        known = [one for one in self.places if one.position is not None]
        positions = [one.position for one in known if one.position is not None]
        for ix in coordinates.swapped_among(positions):
            one = known[ix]
            self.wrong(one.row, "lat", positions[ix][0], "a place near the others: lat and lon "
                       "are swapped")  # fmt: skip
            self.places.remove(one)
        return Places(self.places, sorted(self.findings, key=lambda one: one.line))


def _ours(names: Iterable[str]) -> dict[str, str]:
    """Their column -> ours."""
    plain = {str(name).strip().lower().replace(" ", "_"): name for name in names if name}
    return {
        plain[theirs]: ours
        for ours, known in COLUMNS.items()
        for theirs in reversed(known)
        if theirs in plain
    }


def of_csv(text: str, *, file: str) -> Places:
    """Places from CSV with a header; rows are numbered as lines, the header being 1."""
    judge = _Judge(file)
    reader = csv.DictReader(io.StringIO(text, newline=""))
    try:
        ours = _ours(reader.fieldnames or ())
        if "name" not in ours.values():
            expected = f"a column named as one of {', '.join(COLUMNS['name'])}"
            judge.wrong(1, "(header)", ", ".join(reader.fieldnames or ()), expected)
            return judge.done()
        for fields in reader:
            if len(judge.places) >= ROWS_MAX:
                judge.wrong(reader.line_num, "(file)", "more rows", f"at most {ROWS_MAX} places")
                break
            if None in fields:
                judge.wrong(reader.line_num, "(row)", "more cells than columns", "one cell each")
                continue
            judge.take(reader.line_num, {ours[key]: fields[key] for key in ours})
    except csv.Error as error:
        judge.wrong(reader.line_num, "(row)", error, "well-formed CSV")
    return judge.done()


def _feature(feature: object) -> dict[str, Any]:
    if not isinstance(feature, dict) or not isinstance(feature.get("properties"), dict | None):
        raise _Wrong(
            at="(feature)", found=type(feature).__name__, expected="a feature with properties"
        )
    properties = feature.get("properties") or {}
    fields = {ours: properties[theirs] for theirs, ours in _ours(properties).items()}
    geometry = feature.get("geometry")
    if geometry is None:
        return fields
    pair = geometry.get("coordinates") if isinstance(geometry, dict) else None
    if not isinstance(geometry, dict) or geometry.get("type") != "Point":
        kind = geometry.get("type") if isinstance(geometry, dict) else geometry
        raise _Wrong(at="geometry", found=kind, expected="a Point")
    if not isinstance(pair, list) or len(pair) < len(("lon", "lat")):
        raise _Wrong(at="geometry", found=pair, expected="coordinates [lon, lat]")
    return fields | {"lon": pair[0], "lat": pair[1]}


def of_geojson(text: str, *, file: str) -> Places:
    """Places from a GeoJSON FeatureCollection (RFC 7946: longitude first); rows count from 1."""
    judge = _Judge(file)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        judge.wrong(getattr(error, "lineno", 0), "(file)", error, "valid JSON")
        return judge.done()
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list):
        judge.wrong(0, "features", type(features).__name__, "a list: a FeatureCollection")
        return judge.done()
    for row, feature in enumerate(features[:ROWS_MAX], start=1):
        try:
            fields = _feature(feature)
        except _Wrong as wrong:
            judge.wrong(row, wrong.at, wrong.found, wrong.expected)
            continue
        judge.take(row, fields)
    if len(features) > ROWS_MAX:
        judge.wrong(ROWS_MAX, "(file)", len(features), f"at most {ROWS_MAX} places")
    return judge.done()


def load(path: Path) -> Places:
    """Places of a file, by its ending.

    Raises:
        PlacesUnreadable: it cannot be read at all.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        raise PlacesUnreadable(str(path), error.strerror or "unreadable") from None
    if len(raw) > FILE_BYTES_MAX:
        raise PlacesUnreadable(str(path), f"over {FILE_BYTES_MAX} bytes")
    text = raw.decode("utf-8-sig", "replace")
    if path.suffix.lower() in (".geojson", ".json"):
        return of_geojson(text, file=str(path))
    return of_csv(text, file=str(path))
