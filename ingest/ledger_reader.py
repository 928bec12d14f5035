"""Questions to the ledger, answered as structs that go to JSON as they are.

A reader has a connection of its own and sees the last whole transaction; a writing host is not
held up by it. Every list is bounded by ``rows_max``.
"""

import sqlite3
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import msgspec

from ingest.ledger_file import faults, open_reader
from ingest.ledger_rows import Completeness, Received
from processing.incidents import Incident
from processing.intervals import Interval
from vocabulary.units import INT64_MAX

ROWS_MAX: Final = 100_000
_ALWAYS: Final = -INT64_MAX
_Ranges = tuple[tuple[int, int], ...]


class Outage(Interval, frozen=True, kw_only=True):
    """The version of an interval that counts, with the place; ``name`` is the site's."""

    recorded_ms: int
    site: str
    area: str
    name: str


class IncidentRow(Incident, frozen=True, kw_only=True):
    """A version of an incident, and when it was written."""

    recorded_ms: int


class Account(msgspec.Struct, frozen=True):
    """One gateway and epoch since its beginning."""

    gateway: str
    epoch: int
    committed: int
    """Every offset below it is stored."""

    expected: int
    received: int
    pending: int
    late: int
    duplicate: int
    quarantined: int
    lost: int
    skipped: int
    shed: int


class QuarantineRow(msgspec.Struct, frozen=True):
    """One refused message or reading."""

    id: int
    gateway: str
    reason: str
    arrival_ms: int
    size_bytes: int
    epoch: int | None
    offset: int | None


class DeadLetterRow(msgspec.Struct, frozen=True):
    """One line that the database refused."""

    id: int
    at_ms: int
    line: str
    reason: str
    status: int
    gateway: str
    epoch: int | None
    offset: int | None


class Tally(msgspec.Struct, frozen=True):
    """How many there were, those beyond the cap of rows included."""

    kind: str
    gateway: str
    reason: str
    count: int


class NodeRow(msgspec.Struct, frozen=True):
    """One node of the inventory; not ``listed`` if it is no longer in it."""

    level: str
    node: str
    name: str
    area: str
    site: str
    gateway: str
    listed: bool


StructT = TypeVar("StructT", bound=msgspec.Struct)


class LedgerReader:
    """Reads one ledger file; use from one thread."""

    def __init__(self, path: Path) -> None:
        """Open for reading.

        Raises:
            LedgerFault: missing, foreign, damaged, or of another version.
        """
        self.path = path
        self._connection: sqlite3.Connection = open_reader(path)

    def outages(
        self,
        from_ms: int = _ALWAYS,
        to_ms: int = INT64_MAX,
        *,
        states: tuple[str, ...] = ("down",),
        rows_max: int = ROWS_MAX,
    ) -> list[Outage]:
        """What overlaps [from_ms, to_ms), as we think of it now, by start.

        ``states`` may name ``unobserved`` and ``observed_up`` too.
        """
        return self._all(
            Outage,
            "SELECT one.*, coalesce(node.site, '') AS site, coalesce(node.area, '') AS area, "
            "coalesce(site.name, '') AS name FROM interval_now AS one "
            "LEFT JOIN node ON node.level = one.level AND node.node = one.node "
            "LEFT JOIN node AS site ON site.level = 'site' AND site.node = node.site "
            "WHERE one.start_ms < ? AND (one.end_ms > ? OR one.end_ms IS NULL) "
            "AND one.state IN (SELECT value FROM json_each(?)) "
            "ORDER BY one.start_ms, one.level, one.node LIMIT ?",
            (to_ms, from_ms, msgspec.json.encode(states).decode(), rows_max),
        )

    def revisions(self, level: str, node: str, *, rows_max: int = ROWS_MAX) -> list[Interval]:
        """Everything ever said about a node, by start and version."""
        return self._all(
            Interval,
            "SELECT * FROM interval WHERE level = ? AND node = ? "
            "ORDER BY start_ms, version LIMIT ?",
            (level, node, rows_max),
        )

    def incidents(
        self, from_ms: int = _ALWAYS, to_ms: int = INT64_MAX, *, rows_max: int = ROWS_MAX
    ) -> list[IncidentRow]:
        """Incidents that overlap [from_ms, to_ms), as we think of them now, by start."""
        return self._all(
            IncidentRow,
            "SELECT * FROM incident_now WHERE start_ms < ? AND (end_ms > ? OR end_ms IS NULL) "
            "ORDER BY start_ms, incident LIMIT ?",
            (to_ms, from_ms, rows_max),
        )

    def completeness(
        self, from_hour: int = _ALWAYS, to_hour: int = INT64_MAX, *, rows_max: int = ROWS_MAX
    ) -> list[Completeness]:
        """What became of records in hours [from_hour, to_hour) since 1970."""
        return self._all(
            Completeness,
            "SELECT * FROM completeness WHERE hour >= ? AND hour < ? "
            "ORDER BY hour, gateway, epoch LIMIT ?",
            (from_hour, to_hour, rows_max),
        )

    def accounts(self, *, rows_max: int = ROWS_MAX) -> list[Account]:
        """Every gateway and epoch as a whole: expected = received + lost + pending."""
        names = [field.name for field in msgspec.structs.fields(Completeness)][3:]
        sums = ", ".join(f"coalesce(sum({name}), 0) AS {name}" for name in names)
        rows = self._rows(
            f"SELECT gateway, epoch, base, ranges, {sums} FROM received "  # noqa: S608
            "LEFT JOIN completeness USING (gateway, epoch) "
            "GROUP BY gateway, epoch ORDER BY gateway, epoch LIMIT ?",
            (rows_max,),
        )
        made = []
        for row in rows:
            ranges = msgspec.json.decode(row.pop("ranges"), type=_Ranges)
            held = Received(row["gateway"], row["epoch"], row.pop("base"), ranges)
            highest = max((hi for _lo, hi in ranges), default=held.base)
            pending = highest - held.base - sum(hi - lo for lo, hi in ranges)
            row["expected"] = row["received"] + row["lost"] + pending
            made.append(Account(committed=held.prefix_end, pending=pending, **row))
        return made

    def quarantine(self, *, rows_max: int = ROWS_MAX) -> list[QuarantineRow]:
        """What was refused on arrival, latest first."""
        return self._all(
            QuarantineRow, "SELECT * FROM quarantine ORDER BY id DESC LIMIT ?", (rows_max,)
        )

    def dead_letters(self, *, rows_max: int = ROWS_MAX) -> list[DeadLetterRow]:
        """Lines that the database refused, oldest first."""
        return self._all(
            DeadLetterRow, "SELECT * FROM dead_letter ORDER BY id LIMIT ?", (rows_max,)
        )

    def tallies(self, *, rows_max: int = ROWS_MAX) -> list[Tally]:
        """Counts of what was refused."""
        return self._all(
            Tally, "SELECT * FROM tally ORDER BY kind, gateway, reason LIMIT ?", (rows_max,)
        )

    def nodes(self, *, rows_max: int = ROWS_MAX) -> list[NodeRow]:
        """The inventory as the ledger knows it."""
        return self._all(NodeRow, "SELECT * FROM node ORDER BY level, node LIMIT ?", (rows_max,))

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _rows(self, sql: str, values: tuple[object, ...]) -> list[dict[str, Any]]:
        with faults(self.path):
            found = self._connection.execute(sql, values)
            names = [column[0] for column in found.description]
            return [dict(zip(names, row, strict=True)) for row in found]

    def _all(self, kind: type[StructT], sql: str, values: tuple[object, ...]) -> list[StructT]:
        rows = self._rows(sql, values)
        for row in rows:
            if "members" in row:
                row["members"] = msgspec.json.decode(row["members"])
        return msgspec.convert(rows, list[kind], strict=False)  # type: ignore[valid-type]
