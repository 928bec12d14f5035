"""One host per ledger: a lock on a file beside it, which the kernel frees when its holder dies."""

import fcntl
import os
from pathlib import Path
from typing import Final, TextIO

from ingest.errors import LedgerBusy, LedgerUnwritable

_PID_CHARS_MAX: Final = 20


class Lease:
    """Held from ``take`` to ``release``, or to the end of the process, however it ends."""

    def __init__(self, ledger_path: Path) -> None:
        self.path = ledger_path.with_name(ledger_path.name + ".lease")
        self._ledger = str(ledger_path)
        self._file: TextIO | None = None

    def take(self) -> None:
        """Take the lease, without waiting.

        Raises:
            LedgerBusy: another process has it; its id is in the text.
            LedgerUnwritable: the lock's file cannot be made.
        """
        assert self._file is None, "taken already"
        try:
            file = self.path.open("a+", encoding="ascii")
        except OSError as error:
            raise LedgerUnwritable(self._ledger, f"{self.path}: {error.strerror}") from None
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read(_PID_CHARS_MAX).strip() or "unknown"
            file.close()
            what = f"another host process has it (process id {holder})"
            raise LedgerBusy(self._ledger, what) from None
        except OSError as error:  # a file system without locks
            file.close()
            raise LedgerUnwritable(self._ledger, f"{self.path}: {error.strerror}") from None
        self._file = file
        self._sign()

    def _sign(self) -> None:
        """Say who holds it; only for people to read, so a full disk does not matter."""
        assert self._file is not None
        try:
            self._file.truncate(0)
            self._file.write(f"{os.getpid()}\n")
            self._file.flush()
        except OSError:
            return

    def release(self) -> None:
        """Give it back. The file stays: removing it would let two holders each lock their own."""
        if self._file is not None:
            self._file.close()
            self._file = None
