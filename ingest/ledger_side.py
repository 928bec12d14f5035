"""A second hand in the ledger's file, for rows that are not the host's own.

The lease keeps a second host away; announced work and notices are written beside a running host,
each in a transaction of milliseconds, and touch no table that a batch writes.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from ingest.ledger_file import BUSY_WAIT_S, faults, open_reader


class LedgerSide:
    """One connection; use from one thread."""

    def __init__(self, path: Path) -> None:
        """Open a ledger that a host has made.

        Raises:
            LedgerFault: missing, foreign, damaged, or of another version.
        """
        open_reader(path).close()  # judged as for reading: this hand never migrates
        self.path = path
        with faults(path):
            self._connection = sqlite3.connect(
                path, timeout=BUSY_WAIT_S, isolation_level=None, check_same_thread=False
            )
            self._connection.execute("PRAGMA synchronous = FULL")

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing."""
        with faults(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Questions, without a transaction."""
        with faults(self.path):
            yield self._connection

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
