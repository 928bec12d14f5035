"""The page on what stands in InfluxDB, made from the schema: docs/reference/measurements.md."""

from collections.abc import Iterator
from typing import Final

from vocabulary.measurements import MEASUREMENTS, RETENTION_D, TAG_MEANINGS, Store, database_of

_HEAD: Final = """# What stands in InfluxDB

Made from `vocabulary/measurements.py` by `lamplighter dashboards fields --markdown`; do not edit.

Three databases (buckets in 2.x, databases in 3.x), each with one retention, so that no query and
no write ever names a retention policy. `lamplighter host influx setup` makes them.
Times are UTC in milliseconds. Integers stay integers: a field's type never changes.
Nothing here can hold a client's address: text is written only by the host, from the inventory or a
closed list.
"""


def _stores() -> Iterator[str]:
    yield "| Database | Kept for |"
    yield "|---|---|"
    for store in Store:
        yield f"| `{database_of('lamplighter', store)}` | {RETENTION_D[store]} days |"


def _tags() -> Iterator[str]:
    yield "| Tag | Holds |"
    yield "|---|---|"
    for tag, meaning in TAG_MEANINGS.items():
        yield f"| `{tag}` | {meaning} |"


def page() -> str:
    """The whole page."""
    lines = [_HEAD, *_stores(), "", "## Tags", "", "No other tag leaves the host.", "", *_tags()]
    for row in MEASUREMENTS.values():
        tags = ", ".join(f"`{tag}`" for tag in row.tags) or "none"
        database = database_of("lamplighter", row.store)
        lines += ["", f"## {row.name}", "", f"{row.meaning.capitalize()}. In `{database}`."]
        lines += [
            "",
            f"Tags: {tags}.",
            "",
            "| Field | Type | Unit | Meaning |",
            "|---|---|---|---|",
        ]
        for column in row.columns.values():
            lines.append(f"| `{column.name}` | {column.kind} | {column.unit} | {column.meaning} |")
    return "\n".join(lines) + "\n"
