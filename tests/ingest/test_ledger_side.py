"""A second hand writes beside a running host, all or nothing, and never makes a ledger."""

import sqlite3
from pathlib import Path

import pytest

from ingest.errors import LedgerMissing
from ingest.ledger import Ledger
from ingest.ledger_side import LedgerSide


def half_done(side: LedgerSide, insert: str, row: tuple[object, ...]) -> None:
    """The second of two rows is refused, so the first is not there either."""
    with side.transaction() as connection:
        connection.execute(insert, row)
        connection.execute(insert, ("street", *row[1:]))


def test_it_writes_while_a_host_holds_the_lease(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    row = ("ap", "a", 1, 2, "x", 0)
    insert = "INSERT INTO maintenance VALUES (NULL, ?, ?, ?, ?, ?, ?, NULL)"
    with Ledger.open(path), LedgerSide(path) as side:
        with side.transaction() as connection:
            connection.execute(insert, row)
        with pytest.raises(sqlite3.IntegrityError):
            half_done(side, insert, row)
        with side.reading() as connection:
            assert connection.execute("SELECT count(*) FROM maintenance").fetchone() == (1,)


def test_it_makes_no_ledger(tmp_path: Path) -> None:
    with pytest.raises(LedgerMissing):
        LedgerSide(tmp_path / "absent.sqlite")
