"""The tables hold what they must and refuse what they must; migrations run once, in order."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest import ledger_file, ledger_schema
from ingest.ledger_file import open_writer
from ingest.ledger_schema import APPLICATION_ID, MIGRATIONS


@pytest.fixture
def tables(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    connection = open_writer(tmp_path / "ledger.sqlite")
    yield connection
    connection.close()


def test_every_table_is_strict(tables: sqlite3.Connection) -> None:
    loose = tables.execute(
        "SELECT name FROM pragma_table_list WHERE type = 'table' AND NOT strict "
        "AND name NOT LIKE 'sqlite_%'"
    ).fetchall()
    assert loose == []


def test_the_file_bears_our_mark_and_its_version(tables: sqlite3.Connection) -> None:
    assert tables.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
    assert tables.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    assert tables.execute("SELECT number FROM migration").fetchall() == [
        (number,) for number in range(1, len(MIGRATIONS) + 1)
    ]


@pytest.mark.parametrize(
    "counts",
    [
        (0, -1, 0, 0, 0, 0, 0, 0),
        (0, 1, 2, 0, 0, 0, 0, 0),  # more late than received
        (0, 1, 0, 0, 2, 0, 0, 0),  # more quarantined than received
    ],
)
def test_accounts_that_cannot_be_are_refused(
    tables: sqlite3.Connection, counts: tuple[int, ...]
) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        tables.execute(
            "INSERT INTO completeness VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            ("gw", 1, 2, *counts),
        )


def test_an_interval_cannot_end_before_it_starts(tables: sqlite3.Connection) -> None:
    row = ("ap", "ap-1", 10, 1, 9, "down", "", "", "", "provisional", 0)
    with pytest.raises(sqlite3.IntegrityError):
        tables.execute("INSERT INTO interval VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)


def test_a_later_migration_runs_once_on_an_older_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ledger.sqlite"
    open_writer(path).close()
    later = (*MIGRATIONS, "CREATE TABLE visitor (name TEXT) STRICT; ")
    monkeypatch.setattr(ledger_file, "MIGRATIONS", later)
    for _ in range(2):
        connection = open_writer(path)
        assert connection.execute("PRAGMA user_version").fetchone() == (len(later),)
        assert connection.execute("SELECT count(*) FROM visitor").fetchone() == (0,)
        connection.close()


def test_a_migration_that_fails_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ledger.sqlite"
    open_writer(path).close()
    later = (
        *MIGRATIONS,
        "CREATE TABLE visitor (name TEXT) STRICT; INSERT INTO nowhere VALUES (1);",
    )
    with monkeypatch.context() as with_later:
        with_later.setattr(ledger_file, "MIGRATIONS", later)
        with pytest.raises(sqlite3.OperationalError):
            open_writer(path)
    connection = open_writer(path)
    assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    with pytest.raises(sqlite3.OperationalError):
        connection.execute("SELECT * FROM visitor")
    connection.close()


def test_the_docstring_names_every_table(tables: sqlite3.Connection) -> None:
    named = {
        name
        for (name,) in tables.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        if name not in ("meta", "migration", "node")
    }
    assert ledger_schema.__doc__ is not None
    assert {name for name in named if f"    {name} " not in ledger_schema.__doc__} == set()
