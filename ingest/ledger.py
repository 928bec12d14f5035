"""The ledger: outages with every revision, what has arrived, and the state to go on from.

One SQLite file, one writing process. A batch is one transaction: once ``store`` has returned,
all of it survives a power cut; if it raised, none of it is there and the same batch may be tried
again. The processor's checkpoint and the offsets it contains stand in the same transaction, so
state and deduplication can never disagree.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self

import msgspec

from ingest import ledger_tables
from ingest.errors import BatchOutOfOrder, LedgerUnwritable
from ingest.ledger_file import faults, open_writer
from ingest.ledger_lease import Lease
from ingest.ledger_rows import Completeness, LedgerBatch, LedgerContents, nodes_of
from processing.offsets import OffsetSet
from vocabulary.inventory import Inventory

_Ranges = list[tuple[int, int]]


class Ledger:
    """The one writer. Its methods may be called from any thread; they take turns."""

    def __init__(self, path: Path, lease: Lease, connection: sqlite3.Connection) -> None:
        self.path = path
        self._lease, self._connection = lease, connection
        self._turn = Lock()

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the ledger, making it if there is none.

        Raises:
            LedgerBusy: another process writes it.
            LedgerFault: damaged, foreign, of a later version, or the disk refuses.
        """
        if not path.parent.is_dir():
            raise LedgerUnwritable(str(path), f"there is no directory {path.parent}")
        lease = Lease(path)
        lease.take()
        try:
            return cls(path, lease, open_writer(path))
        except BaseException:
            lease.release()
            raise

    def load(self) -> LedgerContents:
        """What a starting host needs."""
        with self._turn, faults(self.path):
            rows = self._connection.execute("SELECT gateway, epoch, base, ranges FROM received")
            received = {
                (gateway, epoch): OffsetSet.of(base, msgspec.json.decode(ranges, type=_Ranges))
                for gateway, epoch, base, ranges in rows
            }
            state = self._connection.execute(
                "SELECT state FROM checkpoint ORDER BY batch DESC LIMIT 1"
            ).fetchone()
            completeness = tuple(
                Completeness(*row) for row in self._connection.execute(ledger_tables.ALL_HOURS)
            )
            checkpoint = state[0] if state else None
            return LedgerContents(self._number(), checkpoint, received, completeness)

    def store(self, batch: LedgerBatch) -> bool:
        """Store a batch as one transaction; False if it was stored before.

        Raises:
            LedgerUnwritable: nothing was stored; try the same batch again later.
            LedgerDamaged: a person must act.
            BatchOutOfOrder: not the batch after the last one.
        """
        with self._turn, self._transaction():
            number = self._number()
            if batch.number <= number:
                return False
            if batch.number != number + 1:
                raise BatchOutOfOrder(number + 1, batch.number)
            ledger_tables.store(self._connection, batch)
            return True

    def set_inventory(self, inventory: Inventory) -> None:
        """Keep a snapshot of the inventory, so that a reader of the ledger needs no other file.

        Raises:
            LedgerUnwritable: nothing was changed.
        """
        with self._turn, self._transaction():
            ledger_tables.replace_nodes(self._connection, nodes_of(inventory))

    def remove_dead_letters(self, ids: list[int]) -> None:
        """Forget dead letters that were written after all.

        Raises:
            LedgerUnwritable: nothing was changed.
        """
        with self._turn, self._transaction():
            self._connection.executemany(
                "DELETE FROM dead_letter WHERE id = ?", [(one,) for one in ids]
            )

    def close(self) -> None:
        """Close the file and give the lease back."""
        with self._turn:
            self._connection.close()
            self._lease.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _number(self) -> int:
        (number,) = self._connection.execute(
            "SELECT value FROM meta WHERE name = 'batch'"
        ).fetchone()
        return int(number)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All or nothing; a failed commit leaves nothing open behind."""
        with faults(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
