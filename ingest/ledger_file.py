"""The ledger's file: opened for one writer, judged before it is used, never repaired by guesswork.

SQLite in WAL mode with synchronous=FULL: a transaction that was reported done survives a power
cut, and readers never wait for the writer.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ingest.errors import (
    LedgerDamaged,
    LedgerFault,
    LedgerForeign,
    LedgerMissing,
    LedgerNewer,
    LedgerUnwritable,
)
from ingest.ledger_schema import APPLICATION_ID, MIGRATIONS

CHECK_BYTES_MAX: Final = 256 * 1024 * 1024
"""A larger file is not read through at start, for that would take longer than a start may."""

WAL_KEPT_BYTES_MAX: Final = 64 * 1024 * 1024
BUSY_WAIT_S: Final = 10.0
_DAMAGE: Final = frozenset({sqlite3.SQLITE_CORRUPT})
_WORLD: Final = frozenset(
    {
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_AUTH,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_NOMEM,
    }
)


def fault_of(path: Path, error: sqlite3.Error) -> LedgerFault | None:
    """What an error of SQLite says about the file or its disk; None if the mistake is ours."""
    code = getattr(error, "sqlite_errorcode", None)
    primary = None if code is None else code & 0xFF  # the rest is detail
    if primary == sqlite3.SQLITE_NOTADB:
        return LedgerForeign(str(path), str(error))
    if primary in _DAMAGE:
        return LedgerDamaged(str(path), str(error))
    if primary in _WORLD:
        return LedgerUnwritable(str(path), str(error))
    return None


@contextmanager
def faults(path: Path) -> Iterator[None]:
    """Turn SQLite's errors about file and disk into ours; our own mistakes stay as they are."""
    try:
        yield
    except sqlite3.Error as error:
        fault = fault_of(path, error)
        if fault is None:
            raise
        raise fault from error


def open_writer(path: Path) -> sqlite3.Connection:
    """Open, judge and migrate; the caller holds the lease and serialises its use.

    Raises:
        LedgerFault: one of its kinds; the file is then left as it was found.
    """
    with faults(path):
        connection = _connect(path)
        try:
            version = _judge(connection, path)
            _migrate(connection, version)
        except BaseException:
            connection.close()
            raise
        return connection


def open_reader(path: Path) -> sqlite3.Connection:
    """Open for reading only; it sees the last whole transaction, and the writer goes on.

    Raises:
        LedgerFault: one of its kinds.
    """
    if not path.is_file():
        raise LedgerMissing(str(path), "there is no such file")
    with faults(path):
        uri = f"{path.absolute().as_uri()}?mode=ro"
        connection = sqlite3.connect(uri, uri=True, timeout=BUSY_WAIT_S, isolation_level=None)
        try:
            version = _version(connection, path)
            _check_known(version, path)
            _check_current(version, path)
        except BaseException:
            connection.close()
            raise
        return connection


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=BUSY_WAIT_S, isolation_level=None, check_same_thread=False
    )
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def _version(connection: sqlite3.Connection, path: Path) -> int:
    """The schema's version, 0 for an empty file."""
    (mark,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (table_count,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if mark == APPLICATION_ID or (mark == 0 and version == 0 and table_count == 0):
        return int(version)
    raise LedgerForeign(str(path), "it is an SQLite file of another program")


def _check_known(version: int, path: Path) -> None:
    if version > len(MIGRATIONS):
        what = f"it has schema {version}, this version knows {len(MIGRATIONS)}"
        raise LedgerNewer(str(path), what)


def _check_current(version: int, path: Path) -> None:
    if version < len(MIGRATIONS):
        what = f"it has schema {version} of {len(MIGRATIONS)}: no host of this version started yet"
        raise LedgerMissing(str(path), what)


def _judge(connection: sqlite3.Connection, path: Path) -> int:
    version = _version(connection, path)
    _check_known(version, path)
    if path.stat().st_size <= CHECK_BYTES_MAX:
        (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise LedgerDamaged(str(path), str(found))
    return version


def _migrate(connection: sqlite3.Connection, version: int) -> None:
    if version == 0:  # before WAL, so that the file bears our mark from its first page on
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA journal_size_limit = {WAL_KEPT_BYTES_MAX}")
    for number, script in enumerate(MIGRATIONS[version:], start=version + 1):
        connection.executescript(
            f"BEGIN IMMEDIATE; {script} INSERT INTO migration VALUES ({number}); "  # noqa: S608
            f"PRAGMA user_version = {number}; COMMIT;"
        )
