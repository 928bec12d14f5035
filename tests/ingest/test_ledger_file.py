"""A file is judged before it is used; what is not ours or not whole is left as it is."""

import sqlite3
from pathlib import Path

import pytest

from ingest.errors import (
    LedgerDamaged,
    LedgerForeign,
    LedgerMissing,
    LedgerNewer,
    LedgerUnwritable,
)
from ingest.ledger_file import fault_of, faults, open_reader, open_writer
from ingest.ledger_schema import MIGRATIONS
from vocabulary.exit_codes import ExitCode


def test_writing_is_durable_and_reading_does_not_wait_for_it(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    writer = open_writer(path)
    assert writer.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert writer.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("UPDATE meta SET value = 7 WHERE name = 'batch'")
    reader = open_reader(path)
    assert reader.execute("SELECT value FROM meta").fetchone() == (0,)
    writer.execute("COMMIT")
    assert reader.execute("SELECT value FROM meta").fetchone() == (7,)
    with pytest.raises(sqlite3.OperationalError):
        reader.execute("DELETE FROM meta")
    reader.close()
    writer.close()


@pytest.mark.parametrize(
    "content", [b"hello, I am a letter\n" * 100, b"SQLite format 3\0" + b"x" * 84]
)
def test_a_file_of_somebody_else_is_kept(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "letter.txt"
    path.write_bytes(content)
    for opening in (open_writer, open_reader):
        with pytest.raises(LedgerForeign) as caught:
            opening(path)
        assert caught.value.exit_code is ExitCode.IO_ERROR
        assert path.read_bytes() == content


def test_a_database_of_somebody_else_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "photos.sqlite"
    stranger = sqlite3.connect(path)
    stranger.execute("CREATE TABLE photo (name)")
    stranger.commit()
    stranger.close()
    before = path.read_bytes()
    for opening in (open_writer, open_reader):
        with pytest.raises(LedgerForeign) as caught:
            opening(path)
        assert "another program" in str(caught.value)
        assert path.read_bytes() == before


def test_a_damaged_file_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    writer = open_writer(path)
    writer.executemany(
        "INSERT INTO tally VALUES ('x', ?, '', 1)", [(f"gateway-{ix}",) for ix in range(5_000)]
    )
    writer.close()
    whole = path.read_bytes()
    half = len(whole) // 2
    damaged = whole[:half] + b"\xa5" * 8_192 + whole[half + 8_192 :]
    path.write_bytes(damaged)
    with pytest.raises(LedgerDamaged) as caught:
        open_writer(path)
    assert caught.value.exit_code is ExitCode.IO_ERROR
    assert "backup" in caught.value.remedy
    assert path.read_bytes() == damaged


def test_a_truncated_file_is_damaged_not_new(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    open_writer(path).close()
    path.write_bytes(path.read_bytes()[:4_096])
    with pytest.raises(LedgerDamaged):
        open_writer(path)


def test_a_file_of_a_later_version_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    writer = open_writer(path)
    writer.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    writer.close()
    for opening in (open_writer, open_reader):
        with pytest.raises(LedgerNewer):
            opening(path)


def test_a_reader_makes_no_file(tmp_path: Path) -> None:
    with pytest.raises(LedgerMissing):
        open_reader(tmp_path / "ledger.sqlite")
    assert list(tmp_path.iterdir()) == []


def test_a_reader_before_any_host_says_so(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    path.touch()
    with pytest.raises(LedgerMissing) as caught:
        open_reader(path)
    assert "schema 0" in str(caught.value)


def test_a_name_with_odd_letters_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "año 100% ?#&.sqlite"
    open_writer(path).close()
    open_reader(path).close()


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (sqlite3.SQLITE_FULL, LedgerUnwritable),
        (sqlite3.SQLITE_IOERR_FSYNC, LedgerUnwritable),
        (sqlite3.SQLITE_READONLY_DBMOVED, LedgerUnwritable),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, LedgerUnwritable),
        (sqlite3.SQLITE_CORRUPT_VTAB, LedgerDamaged),
        (sqlite3.SQLITE_NOTADB, LedgerForeign),
        (sqlite3.SQLITE_CONSTRAINT_CHECK, None),
        (sqlite3.SQLITE_ERROR, None),
    ],
)
def test_every_error_has_its_owner(code: int, expected: type[Exception] | None) -> None:
    error = sqlite3.OperationalError("as it is")
    error.sqlite_errorcode = code
    fault = fault_of(Path("ledger.sqlite"), error)
    assert (None if fault is None else type(fault)) is expected


def test_our_own_mistakes_stay_what_they_are() -> None:
    with pytest.raises(sqlite3.ProgrammingError), faults(Path("ledger.sqlite")):
        raise sqlite3.ProgrammingError
