"""Notices in the ledger: written before they are tried, so that a restart forgets none."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

from ingest.ledger_side import LedgerSide
from ingest.notices import Event, Notice
from processing.incidents import Incident

WAITING_MAX: Final = 10_000
KEPT_MS: Final = 90 * 86_400_000
"""Delivered notices are kept so long, for whoever asks what people were told."""


class Waiting(msgspec.Struct, frozen=True):
    """A notice that is due."""

    id: str
    body: str
    tries: int


class NoticeStore:
    """Use from one thread at a time."""

    def __init__(self, path: Path) -> None:
        self._side = LedgerSide(path)

    def put(self, notices: Iterable[Notice]) -> int:
        """Keep new ones; how many. The same id again changes nothing."""
        kept = 0
        with self._side.transaction() as connection:
            (waiting,) = connection.execute(
                "SELECT count(*) FROM notice WHERE done_ms IS NULL"
            ).fetchone()
            for row in notices:
                if waiting + kept >= WAITING_MAX:
                    break
                kept += connection.execute(
                    "INSERT INTO notice VALUES (?, ?, ?, ?, ?, ?, 0, ?, NULL, 0) "
                    "ON CONFLICT (id) DO NOTHING",
                    (
                        row.id,
                        row.incident,
                        str(row.event),
                        row.revision,
                        row.made_ms,
                        row.body,
                        row.made_ms,
                    ),
                ).rowcount
        return kept

    def due(self, now_ms: int, count_max: int) -> list[Waiting]:
        """What to try now: of each incident only the oldest, so that order is kept."""
        with self._side.reading() as connection:
            rows = connection.execute(
                "SELECT id, body, tries FROM notice AS one WHERE done_ms IS NULL AND next_ms <= ? "
                "AND NOT EXISTS (SELECT 1 FROM notice AS other WHERE other.done_ms IS NULL "
                "AND other.incident = one.incident AND (other.made_ms, other.revision, other.id) "
                "< (one.made_ms, one.revision, one.id)) ORDER BY made_ms LIMIT ?",
                (now_ms, count_max),
            ).fetchall()
        return [Waiting(*row) for row in rows]

    def done(self, notice_id: str, now_ms: int, *, given_up: bool = False) -> None:
        """It was delivered, or never will be."""
        with self._side.transaction() as connection:
            connection.execute(
                "UPDATE notice SET done_ms = ?, given_up = ?, tries = tries + 1 WHERE id = ?",
                (now_ms, int(given_up), notice_id),
            )
            connection.execute("DELETE FROM notice WHERE done_ms < ?", (now_ms - KEPT_MS,))

    def later(self, notice_id: str, next_ms: int) -> None:
        """Try again then."""
        with self._side.transaction() as connection:
            connection.execute(
                "UPDATE notice SET next_ms = ?, tries = tries + 1 WHERE id = ?",
                (next_ms, notice_id),
            )

    def counts(self) -> tuple[int, int]:
        """(waiting, given up)."""
        with self._side.reading() as connection:
            row = connection.execute(
                "SELECT count(*) FILTER (WHERE done_ms IS NULL), coalesce(sum(given_up), 0) "
                "FROM notice"
            ).fetchone()
        return int(row[0]), int(row[1])

    def told_open(self, incidents: Iterable[Incident]) -> list[tuple[Incident, int, int]]:
        """Of these open incidents, those that people were told of: (it, when last, reminders)."""
        made = []
        with self._side.reading() as connection:
            for row in incidents:
                told = connection.execute(
                    "SELECT max(made_ms), count(*) FILTER (WHERE event = ?) FROM notice "
                    "WHERE incident = ?",
                    (str(Event.REMINDER), row.incident),
                ).fetchone()
                if told[0] is not None:
                    made.append((row, int(told[0]), int(told[1])))
        return made

    def close(self) -> None:
        """Close the file."""
        self._side.close()
