"""Announced work in the ledger: added, taken back, never written over."""

from pathlib import Path
from typing import Final

import msgspec

from ingest.ledger_side import LedgerSide
from ingest.maintenance import LENGTH_MS_MAX, LEVELS, WINDOWS_MAX, Window
from vocabulary.errors import CallerFault
from vocabulary.exit_codes import ExitCode

_TIME: Final = "a time that cannot be"
_NOTHING: Final = "no reason"
_COLUMNS: Final = "id, level, node, start_ms, end_ms, reason, added_ms, removed_ms"


class WorkUnfit(CallerFault):
    """An announcement that cannot hold."""

    remedy = "See `lamplighter host maintenance add --help`."
    exit_code = ExitCode.USAGE

    def __init__(self, what: str, expected: str) -> None:
        super().__init__(what, expected)
        self.what, self.expected = what, expected

    def __str__(self) -> str:
        return f"found {self.what}, expected {self.expected}"


class MaintenanceStore:
    """Beside a running host or without one; use from one thread."""

    def __init__(self, path: Path) -> None:
        self._side = LedgerSide(path)

    def add(self, window: Window) -> Window:
        """Announce; the number in ``window`` is ignored, the answer has the real one.

        Raises:
            WorkUnfit: an unknown node, a time that ends before it begins, or too long a one.
        """
        if window.level not in LEVELS:
            raise WorkUnfit(f"level `{window.level}`", f"one of {', '.join(LEVELS)}")
        if not window.start_ms < window.end_ms <= window.start_ms + LENGTH_MS_MAX:
            raise WorkUnfit(_TIME, "an end after the start, 31 days at most")
        if not window.reason.strip():
            raise WorkUnfit(_NOTHING, "a few words that residents may read")
        with self._side.transaction() as connection:
            known = connection.execute(
                "SELECT 1 FROM node WHERE level = ? AND node = ? AND listed = 1",
                (window.level, window.node),
            ).fetchone()
            if known is None:
                raise WorkUnfit(f"{window.level} `{window.node}`", "a node of the inventory")
            (count,) = connection.execute("SELECT count(*) FROM maintenance").fetchone()
            if count >= WINDOWS_MAX:
                raise WorkUnfit(f"{count} announcements", f"fewer than {WINDOWS_MAX}")
            cursor = connection.execute(
                "INSERT INTO maintenance VALUES (NULL, ?, ?, ?, ?, ?, ?, NULL)",
                (
                    window.level,
                    window.node,
                    window.start_ms,
                    window.end_ms,
                    window.reason.strip(),
                    window.added_ms,
                ),
            )
        assert cursor.lastrowid is not None
        return msgspec.structs.replace(window, id=cursor.lastrowid, reason=window.reason.strip())

    def remove(self, number: int, now_ms: int) -> Window:
        """Take back; work under way ends now.

        Raises:
            WorkUnfit: there is no such announcement.
        """
        with self._side.transaction() as connection:
            connection.execute(
                "UPDATE maintenance SET removed_ms = ? WHERE id = ? AND removed_ms IS NULL",
                (now_ms, number),
            )
        for window in self.all():
            if window.id == number:
                return window
        raise WorkUnfit(f"number {number}", "that of an announcement, see `list`")

    def all(self) -> list[Window]:
        """Every announcement, by start."""
        with self._side.reading() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM maintenance "  # noqa: S608 - our own names
                "ORDER BY start_ms, id LIMIT ?",
                (WINDOWS_MAX,),
            ).fetchall()
        return [Window(*row) for row in rows]

    def close(self) -> None:
        """Close the file."""
        self._side.close()
