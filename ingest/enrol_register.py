"""The enrolment register: one SQLite file of its own, beside the authority's keys.

Not in the ledger: that file has one writing process, which holds a lease for as long as the host
runs, and is read by screens. This one is written by the enrolment server and by commands at the
same time, and nobody else has any business in it.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Final, Self

from ingest.authority import Leaf
from ingest.enrol_rows import AuditRow, CertificateRow, CodeRow, GatewayRow, GatewayState, is_ours
from ingest.errors import EnrolmentRefused, GatewayUnknown, RegisterFault

APPLICATION_ID: Final = 0x4C454E52  # "LENR"
BUSY_S: Final = 5.0
AUDIT_ROWS_MAX: Final = 100_000
DETAIL_CHARS_MAX: Final = 200
GENERATION_MAX: Final = (1 << 21) - 1
_SCHEMA: Final = """
CREATE TABLE gateway (
  gateway_id TEXT PRIMARY KEY, site_id TEXT NOT NULL, district TEXT NOT NULL,
  generation INTEGER NOT NULL CHECK (generation BETWEEN 1 AND 2097151),
  state TEXT NOT NULL CHECK (state IN ('expected', 'enrolled', 'retired')),
  board TEXT NOT NULL, flag TEXT NOT NULL, changed_s INTEGER NOT NULL) STRICT;
CREATE TABLE code (
  code_hash TEXT PRIMARY KEY, gateway_id TEXT NOT NULL REFERENCES gateway,
  batch TEXT NOT NULL, expires_s INTEGER NOT NULL, key_hash TEXT NOT NULL,
  used_s INTEGER NOT NULL, foreign_tries INTEGER NOT NULL) STRICT;
CREATE TABLE certificate (
  serial TEXT PRIMARY KEY, gateway_id TEXT NOT NULL REFERENCES gateway,
  generation INTEGER NOT NULL, key_hash TEXT NOT NULL, not_after_s INTEGER NOT NULL,
  pem TEXT NOT NULL, revoked_s INTEGER NOT NULL) STRICT;
CREATE INDEX certificate_key ON certificate (key_hash);
CREATE TABLE audit (
  id INTEGER PRIMARY KEY, at_s INTEGER NOT NULL, who TEXT NOT NULL, event TEXT NOT NULL,
  gateway_id TEXT NOT NULL, detail TEXT NOT NULL) STRICT;
"""


class EnrolRegister:
    """The register's file; its methods may be called from any thread."""

    def __init__(self, connection: sqlite3.Connection, path: str) -> None:
        self._connection, self._path = connection, path
        self._turn = Lock()

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the register, making it (readable by its owner only) if there is none.

        Raises:
            RegisterFault: it cannot be opened, or is another program's file.
        """
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            connection = sqlite3.connect(
                path, timeout=BUSY_S, isolation_level=None, check_same_thread=False
            )
            _prepare(connection)
        except (OSError, sqlite3.Error) as error:
            raise RegisterFault(str(path), str(error)) from None
        return cls(connection, str(path))

    def close(self) -> None:
        """Close the file."""
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

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._turn:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    yield self._connection
                    self._connection.execute("COMMIT")
                finally:
                    if self._connection.in_transaction:
                        self._connection.execute("ROLLBACK")
            except sqlite3.Error as error:
                raise RegisterFault(self._path, str(error)) from None

    def _rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        with self._turn:
            return self._connection.execute(query, values).fetchall()

    # What stands in it.

    def gateway(self, gateway_id: str) -> GatewayRow | None:
        """One gateway."""
        rows = self._rows("SELECT * FROM gateway WHERE gateway_id = ?", gateway_id)
        return _gateway(rows[0]) if rows else None

    def gateways(self) -> list[GatewayRow]:
        """All gateways by name."""
        return [_gateway(row) for row in self._rows("SELECT * FROM gateway ORDER BY gateway_id")]

    def board_owner(self, board: str) -> GatewayRow | None:
        """The enrolled gateway that this board is."""
        query = "SELECT * FROM gateway WHERE board = ? AND board <> '' AND state = 'enrolled'"
        rows = self._rows(query, board)
        return _gateway(rows[0]) if rows else None

    def code(self, code_hash: str) -> CodeRow | None:
        """One code by its hash."""
        rows = self._rows("SELECT * FROM code WHERE code_hash = ?", code_hash)
        return CodeRow(*rows[0]) if rows else None  # type: ignore[arg-type]

    def certificates(self, gateway_id: str) -> list[CertificateRow]:
        """All certificates of a gateway, newest last."""
        query = "SELECT * FROM certificate WHERE gateway_id = ? ORDER BY rowid"
        return [CertificateRow(*row) for row in self._rows(query, gateway_id)]  # type: ignore[arg-type]

    def key_owner(self, key_hash: str) -> str:
        """The gateway that holds this key."""
        rows = self._rows("SELECT gateway_id FROM certificate WHERE key_hash = ?", key_hash)
        return str(rows[0][0]) if rows else ""

    def revoked(self, now_s: int) -> list[tuple[str, int]]:
        """Serial and time of every revoked certificate that has not run out yet."""
        query = "SELECT serial, revoked_s FROM certificate WHERE revoked_s > 0 AND not_after_s > ?"
        return [(str(row[0]), int(str(row[1]))) for row in self._rows(query, now_s)]

    def audit(self, gateway_id: str = "", *, rows_max: int = 1_000) -> list[AuditRow]:
        """The latest lines of the audit log, oldest first."""
        query = (
            "SELECT at_s, who, event, gateway_id, detail FROM audit "
            "WHERE ? IN ('', gateway_id) ORDER BY id DESC LIMIT ?"
        )
        rows = self._rows(query, gateway_id, rows_max)
        return [AuditRow(*row) for row in reversed(rows)]  # type: ignore[arg-type]

    # What changes it.

    def expect(self, rows: list[tuple[GatewayRow, CodeRow]], who: str) -> None:
        """Take gateways and their codes in, all or none.

        Raises:
            EnrolmentRefused: one of them is enrolled or retired.
        """
        with self._writing() as db:
            for gateway, code in rows:
                if is_ours(gateway.gateway_id):
                    what = "a name with a host's or a consumer's rights"
                    raise EnrolmentRefused(gateway.gateway_id, what, "another name")
                found = _found(db, gateway.gateway_id)
                if found is not None and found.state is not GatewayState.EXPECTED:
                    raise EnrolmentRefused(
                        gateway.gateway_id, found.state, "a new one; see replace and reopen"
                    )
                generation = found.generation if found else gateway.generation
                _put(db, gateway, generation)
                _withdraw_codes(db, gateway.gateway_id)
                _put_code(db, code)
                _note(db, gateway.changed_s, who, "expected", gateway.gateway_id, code.batch)

    def replace(self, gateway_id: str, code: CodeRow, who: str, now_s: int) -> GatewayRow:
        """The same id and history on new hardware: the next generation.

        The old certificate stays good until data of the new generation has arrived.

        Raises:
            GatewayUnknown, EnrolmentRefused: see ``errors.py``.
        """
        with self._writing() as db:
            found = self._in(db, gateway_id, GatewayState.ENROLLED, GatewayState.EXPECTED)
            generation = found.generation + 1
            if generation > GENERATION_MAX:
                raise EnrolmentRefused(gateway_id, f"at generation {generation}", "fewer")
            db.execute(
                "UPDATE gateway SET generation = ?, state = 'expected', board = '', flag = '', "
                "changed_s = ? WHERE gateway_id = ?",
                (generation, now_s, gateway_id),
            )
            _withdraw_codes(db, gateway_id)
            _put_code(db, code)
            _note(db, now_s, who, "replaced", gateway_id, f"generation {generation}")
            made = _found(db, gateway_id)
        assert made is not None
        return made

    def retire(self, gateway_id: str, who: str, now_s: int) -> int:
        """Refuse an id from now on; gives how many certificates were revoked.

        Raises:
            GatewayUnknown, EnrolmentRefused: see ``errors.py``.
        """
        with self._writing() as db:
            self._in(db, gateway_id, GatewayState.ENROLLED, GatewayState.EXPECTED)
            db.execute(
                "UPDATE gateway SET state = 'retired', changed_s = ? WHERE gateway_id = ?",
                (now_s, gateway_id),
            )
            _withdraw_codes(db, gateway_id)
            count = _revoke(db, gateway_id, now_s)
            _note(db, now_s, who, "retired", gateway_id, f"{count} certificates revoked")
        return count

    def reopen(self, gateway_id: str, code: CodeRow, who: str, now_s: int) -> None:
        """Let a retired id be enrolled again, as the next generation.

        Raises:
            GatewayUnknown, EnrolmentRefused: see ``errors.py``.
        """
        with self._writing() as db:
            self._in(db, gateway_id, GatewayState.RETIRED)
            db.execute(
                "UPDATE gateway SET state = 'expected', board = '', flag = '', "
                "generation = generation + 1, changed_s = ? WHERE gateway_id = ?",
                (now_s, gateway_id),
            )
            _put_code(db, code)
            _note(db, now_s, who, "reopened", gateway_id, "")

    def move(self, gateway_id: str, site_id: str, who: str, now_s: int) -> None:
        """Send a gateway to another site; what it measured stays with the old one.

        Raises:
            GatewayUnknown, EnrolmentRefused: see ``errors.py``.
        """
        with self._writing() as db:
            found = self._in(db, gateway_id, GatewayState.ENROLLED, GatewayState.EXPECTED)
            db.execute(
                "UPDATE gateway SET site_id = ?, changed_s = ? WHERE gateway_id = ?",
                (site_id, now_s, gateway_id),
            )
            _note(db, now_s, who, "moved", gateway_id, f"from {found.site_id} to {site_id}")

    def enrolled(self, code: CodeRow, key_hash: str, board: str, leaf: Leaf, now_s: int) -> None:
        """A code was used."""
        with self._writing() as db:
            db.execute(
                "UPDATE code SET key_hash = ?, used_s = ? WHERE code_hash = ?",
                (key_hash, now_s, code.code_hash),
            )
            db.execute(
                "UPDATE gateway SET state = 'enrolled', board = ?, changed_s = ? "
                "WHERE gateway_id = ?",
                (board, now_s, code.gateway_id),
            )
            _certificate(db, code.gateway_id, key_hash, leaf)
            _note(db, now_s, "device", "enrolled", code.gateway_id, leaf.serial)

    def renewed(self, gateway: GatewayRow, key_hash: str, leaf: Leaf, now_s: int) -> None:
        """A new certificate stands beside the old one."""
        with self._writing() as db:
            _certificate(db, gateway.gateway_id, key_hash, leaf)
            _note(db, now_s, "device", "renewed", gateway.gateway_id, leaf.serial)

    def foreign_try(self, code: CodeRow, who: str, now_s: int) -> None:
        """Somebody showed a used code with another key."""
        with self._writing() as db:
            db.execute(
                "UPDATE code SET foreign_tries = foreign_tries + 1 WHERE code_hash = ?",
                (code.code_hash,),
            )
            _note(db, now_s, who, "code_used_again", code.gateway_id, "with another key")

    def flag(self, gateway_id: str, flag: str, who: str, now_s: int) -> None:
        """Mark a gateway for a person to look at."""
        with self._writing() as db:
            db.execute("UPDATE gateway SET flag = ? WHERE gateway_id = ?", (flag, gateway_id))
            _note(db, now_s, who, "flagged", gateway_id, flag)

    def settle(self, gateway: GatewayRow, now_s: int) -> int:
        """Revoke what older generations hold."""
        with self._writing() as db:
            count = _revoke(db, gateway.gateway_id, now_s, below=gateway.generation)
            if count:
                _note(db, now_s, "device", "settled", gateway.gateway_id, f"{count} revoked")
        return count

    def note(self, row: AuditRow) -> None:
        """Write one line of the audit log."""
        with self._writing() as db:
            _note(db, row.at_s, row.who, row.event, row.gateway_id, row.detail)

    def _in(self, db: sqlite3.Connection, gateway_id: str, *states: GatewayState) -> GatewayRow:
        found = _found(db, gateway_id)
        if found is None:
            raise GatewayUnknown(gateway_id)
        if found.state not in states:
            raise EnrolmentRefused(gateway_id, found.state, " or ".join(states))
        return found


def _prepare(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    (mark,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if mark == APPLICATION_ID:
        return
    if tables:
        what = "it is an SQLite file of another program"
        raise sqlite3.DatabaseError(what)
    connection.executescript(
        f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA application_id = {APPLICATION_ID}; COMMIT;"
    )


def _gateway(row: tuple[object, ...]) -> GatewayRow:
    names = GatewayRow.__struct_fields__
    values = dict(zip(names, row, strict=True))
    values["state"] = GatewayState(str(values["state"]))
    return GatewayRow(**values)  # type: ignore[arg-type]


def _found(db: sqlite3.Connection, gateway_id: str) -> GatewayRow | None:
    row = db.execute("SELECT * FROM gateway WHERE gateway_id = ?", (gateway_id,)).fetchone()
    return _gateway(row) if row else None


def _put(db: sqlite3.Connection, row: GatewayRow, generation: int) -> None:
    db.execute(
        "INSERT INTO gateway VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (gateway_id) DO UPDATE "
        "SET site_id = excluded.site_id, district = excluded.district, "
        "changed_s = excluded.changed_s",
        (
            row.gateway_id,
            row.site_id,
            row.district,
            generation,
            str(row.state),
            row.board,
            row.flag,
            row.changed_s,
        ),
    )


def _put_code(db: sqlite3.Connection, code: CodeRow) -> None:
    db.execute(
        "INSERT INTO code VALUES (?, ?, ?, ?, '', 0, 0)",
        (code.code_hash, code.gateway_id, code.batch, code.expires_s),
    )


def _withdraw_codes(db: sqlite3.Connection, gateway_id: str) -> None:
    """A gateway has one open code at most."""
    db.execute("DELETE FROM code WHERE gateway_id = ? AND key_hash = ''", (gateway_id,))


def _certificate(db: sqlite3.Connection, gateway_id: str, key_hash: str, leaf: Leaf) -> None:
    db.execute(
        "INSERT INTO certificate SELECT ?, gateway_id, generation, ?, ?, ?, 0 FROM gateway "
        "WHERE gateway_id = ?",
        (leaf.serial, key_hash, leaf.not_after_s, leaf.pem, gateway_id),
    )


def _revoke(
    db: sqlite3.Connection, gateway_id: str, now_s: int, *, below: int = GENERATION_MAX + 1
) -> int:
    return db.execute(
        "UPDATE certificate SET revoked_s = ? "
        "WHERE gateway_id = ? AND revoked_s = 0 AND generation < ?",
        (now_s, gateway_id, below),
    ).rowcount


def _note(
    db: sqlite3.Connection, at_s: int, who: str, event: str, gateway_id: str, detail: str
) -> None:
    db.execute(
        "INSERT INTO audit (at_s, who, event, gateway_id, detail) VALUES (?, ?, ?, ?, ?)",
        (at_s, who, event, gateway_id, detail[:DETAIL_CHARS_MAX]),
    )
    db.execute("DELETE FROM audit WHERE id <= (SELECT max(id) FROM audit) - ?", (AUDIT_ROWS_MAX,))
