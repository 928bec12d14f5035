"""How each kind of row gets into its table; the transaction around it is the ledger's.

Caps are per table and count rows, so that a flood of bad input cannot fill a disk: what exceeds
them is still in the tally.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from ingest.ledger_rows import (
    Completeness,
    DeadLetter,
    LedgerBatch,
    Node,
    Quarantined,
    Received,
)

QUARANTINE_ROWS_MAX: Final = 100_000
DEAD_LETTER_ROWS_MAX: Final = 100_000
CHECKPOINTS_KEPT: Final = 2

_INTERVAL: Final = ("level", "node", "start_ms")
_INCIDENT: Final = ("incident",)


def store(connection: sqlite3.Connection, batch: LedgerBatch) -> None:
    """Every row of a batch. Inside a transaction."""
    for interval in batch.intervals:
        row = msgspec.structs.asdict(interval)
        append_revision(connection, "interval", _INTERVAL, row, batch.now_ms)
    for incident in batch.incidents:
        row = msgspec.structs.asdict(incident)
        row["members"] = msgspec.json.encode(incident.members).decode()
        append_revision(connection, "incident", _INCIDENT, row, batch.now_ms)
    _received(connection, batch.received)
    _completeness(connection, batch.completeness)
    _quarantined(connection, batch.quarantined, batch.number)
    _dead_letters(connection, batch.dead_letters, batch.number)
    if batch.checkpoint is not None:
        _checkpoint(connection, batch.checkpoint, batch.number)
    connection.execute("UPDATE meta SET value = ? WHERE name = 'batch'", (batch.number,))


def append_revision(
    connection: sqlite3.Connection,
    table: str,
    key: Sequence[str],
    row: Mapping[str, Any],
    now_ms: int,
) -> None:
    """Add a revision, under its version; never over another one.

    The version may be taken: after a checkpoint that could not be read, the processor counts
    anew. The same words again are then no news; other words become the next version.
    """
    same = " AND ".join(f"{name} = :{name}" for name in key)
    found = connection.execute(
        f"SELECT * FROM {table} WHERE {same} AND (version = :version OR "  # noqa: S608 - our own names
        f"version = (SELECT max(version) FROM {table} WHERE {same}))",
        row,
    )
    names = [column[0] for column in found.description]
    known = [dict(zip(names, values, strict=True)) for values in found]
    version = row["version"]
    if any(one["version"] == version for one in known):
        if any(_says_the_same(one, row) for one in known):
            return
        version = max(one["version"] for one in known) + 1
    made = {**row, "version": version, "recorded_ms": now_ms}
    connection.execute(
        f"INSERT INTO {table} ({', '.join(made)}) "  # noqa: S608 - our own names
        f"VALUES ({', '.join(f':{name}' for name in made)})",
        made,
    )


def _says_the_same(known: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    return all(known[name] == value for name, value in row.items() if name != "version")


def _received(connection: sqlite3.Connection, rows: Iterable[Received]) -> None:
    connection.executemany(
        "INSERT INTO received VALUES (?, ?, ?, ?) ON CONFLICT (gateway, epoch) "
        "DO UPDATE SET base = excluded.base, ranges = excluded.ranges",
        [
            (row.gateway, row.epoch, row.base, msgspec.json.encode(row.ranges).decode())
            for row in rows
        ],
    )


_COUNTS: Final = [field.name for field in msgspec.structs.fields(Completeness)][3:]
_ADD_COUNTS: Final = (
    f"INSERT INTO completeness VALUES (?, ?, ?{', ?' * len(_COUNTS)}) "  # noqa: S608 - our own names
    "ON CONFLICT (gateway, epoch, hour) DO UPDATE SET "
    f"{', '.join(f'{name} = {name} + excluded.{name}' for name in _COUNTS)}"
)

ALL_HOURS: Final = (
    f"SELECT gateway, 0, 0, {', '.join(f'sum({name})' for name in _COUNTS)} "  # noqa: S608
    "FROM completeness GROUP BY gateway"
)
"""One row per gateway, every epoch and hour added up."""


def _completeness(connection: sqlite3.Connection, rows: Iterable[Completeness]) -> None:
    connection.executemany(_ADD_COUNTS, [msgspec.structs.astuple(row) for row in rows])


def _room(connection: sqlite3.Connection, table: str, rows_max: int) -> int:
    (count,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608
    return max(0, rows_max - int(count))


def _tally(connection: sqlite3.Connection, kind: str, counts: Counter[tuple[str, str]]) -> None:
    connection.executemany(
        "INSERT INTO tally VALUES (?, ?, ?, ?) ON CONFLICT (kind, gateway, reason) "
        "DO UPDATE SET count = count + excluded.count",
        [(kind, gateway, reason, count) for (gateway, reason), count in counts.items()],
    )


def _quarantined(connection: sqlite3.Connection, rows: Sequence[Quarantined], number: int) -> None:
    if not rows:
        return
    _tally(connection, "quarantine", Counter((row.gateway, row.reason) for row in rows))
    room = _room(connection, "quarantine", QUARANTINE_ROWS_MAX)
    connection.executemany(
        "INSERT INTO quarantine VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)",
        [(number, *msgspec.structs.astuple(row)) for row in rows[:room]],
    )


def _dead_letters(connection: sqlite3.Connection, rows: Sequence[DeadLetter], number: int) -> None:
    if not rows:
        return
    # by status, for reasons quote lines and would never repeat
    _tally(connection, "dead_letter", Counter((row.gateway, str(row.status)) for row in rows))
    room = _room(connection, "dead_letter", DEAD_LETTER_ROWS_MAX)
    connection.executemany(
        "INSERT INTO dead_letter VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                number,
                row.at_ms,
                row.line,
                row.reason,
                row.status,
                row.gateway,
                row.epoch,
                row.offset,
            )
            for row in rows[:room]
        ],
    )


def _checkpoint(connection: sqlite3.Connection, state: bytes, number: int) -> None:
    connection.execute("INSERT INTO checkpoint VALUES (?, ?)", (number, state))
    connection.execute(
        "DELETE FROM checkpoint WHERE batch NOT IN "
        "(SELECT batch FROM checkpoint ORDER BY batch DESC LIMIT ?)",
        (CHECKPOINTS_KEPT,),
    )


def replace_nodes(connection: sqlite3.Connection, nodes: Iterable[Node]) -> None:
    """The inventory of today; nodes of yesterday stay, for the ledger still speaks of them."""
    connection.execute("UPDATE node SET listed = 0")
    connection.executemany(
        "INSERT INTO node VALUES (?, ?, ?, ?, ?, ?, 1) ON CONFLICT (level, node) DO UPDATE SET "
        "name = excluded.name, area = excluded.area, site = excluded.site, "
        "gateway = excluded.gateway, listed = 1",
        [msgspec.structs.astuple(node) for node in nodes],
    )
