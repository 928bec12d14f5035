"""Which notices people get of an incident, decided without a socket or a clock.

    opened     it is declared, open, and not silenced
    updated    another cause, or many more affected
    reminder   still open after a while; so many times at most
    resolved   it is over
    withdrawn  it was another incident all along, or announced work

Nobody is told of an incident that was over when it was first seen: late data rewrite history and
never call anyone. The id of a notice is incident, event and revision, so a receiver that gets it
twice can know.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Annotated, Any, Final

import msgspec

from ingest.maintenance import Works
from processing.incidents import Incident
from vocabulary.alert_rules import BY_CAUSE, AlertRule

AFFECTED_SHOWN_MAX: Final = 200
KNOWN_MAX: Final = 10_000
"""Open incidents held; beyond it the oldest is forgotten, and counted."""
GROWTH: Final = 1.5
"""So many times more affected is news."""


class Event(StrEnum):
    """What a notice says."""

    OPENED = "opened"
    UPDATED = "updated"
    REMINDER = "reminder"
    RESOLVED = "resolved"
    WITHDRAWN = "withdrawn"


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How often people are reminded."""

    remind_after_min: Annotated[int, msgspec.Meta(ge=5, le=10_080)] = 240
    reminders_max: Annotated[int, msgspec.Meta(ge=0, le=100)] = 3


class Notice(msgspec.Struct, frozen=True):
    """One message to people."""

    id: str
    incident: str
    event: Event
    revision: int
    made_ms: int
    body: str


class _Known(msgspec.Struct):
    """What people were told last."""

    row: Incident
    told_ms: int
    affected: int
    reminders: int = 0


_STRANGE: Final = AlertRule(
    "", "Something is wrong", next(iter(BY_CAUSE.values())).severity, "", ""
)


def _body(row: Incident, event: Event, now_ms: int, places: Mapping[str, str]) -> dict[str, Any]:
    rule = BY_CAUSE.get(str(row.cause), _STRANGE)
    return {
        "type": f"incident.{event}",
        "timestamp_ms": now_ms,
        "data": {
            "incident": row.incident,
            "version": row.version,
            "title": rule.title,
            "severity": str(rule.severity),
            "cause": str(row.cause),
            "level": str(row.level),
            "node": row.node,
            "place": places.get(row.node, ""),
            "start_ms": row.start_ms,
            "end_ms": row.end_ms,
            "affected_count": len(row.members),
            "affected": list(row.members[:AFFECTED_SHOWN_MAX]),
            "first": rule.first,
            "owner": rule.owner,
            "runbook": rule.runbook if rule.rule_id else "",
        },
    }


class Notices:
    """Remembers what people were told; ``places`` names a node for them."""

    def __init__(self, policy: Policy, places: Mapping[str, str]) -> None:
        self._policy, self._places = policy, places
        self._known: dict[str, _Known] = {}
        self._silenced: dict[str, Incident] = {}
        self.forgotten = 0

    def restore(self, open_rows: Iterable[tuple[Incident, int, int]]) -> None:
        """After a restart: (incident, when told, reminders) of those people know to be open."""
        for row, told_ms, reminders in open_rows:
            self._known[row.incident] = _Known(row, told_ms, len(row.members), reminders)

    @property
    def open(self) -> int:
        """Incidents that people know to be open."""
        return len(self._known)

    def consider(self, rows: Iterable[Incident], works: Works, now_ms: int) -> list[Notice]:
        """New versions of incidents -> what to say."""
        made = []
        for row in rows:
            event = self._event(row, works, now_ms)
            if event is not None:
                made.append(self._notice(row, event, row.version, now_ms))
        return made

    def due(self, works: Works, now_ms: int) -> list[Notice]:
        """What time alone brings: reminders, and incidents whose announced work is over."""
        over = [row for row in self._silenced.values() if not works.silences(row, now_ms)]
        made = self.consider(over, works, now_ms)
        after_ms = self._policy.remind_after_min * 60_000
        for known in self._known.values():
            late = now_ms - known.told_ms >= after_ms
            left = known.reminders < self._policy.reminders_max
            if late and left and not works.silences(known.row, now_ms):
                known.reminders += 1
                known.told_ms = now_ms
                made.append(self._notice(known.row, Event.REMINDER, known.reminders, now_ms))
        return made

    def _event(self, row: Incident, works: Works, now_ms: int) -> Event | None:
        known = self._known.get(row.incident)
        if known is None:
            self._silenced.pop(row.incident, None)
            if row.end_ms is not None or row.merged_into:
                return None
            if works.silences(row, now_ms):
                if len(self._silenced) < KNOWN_MAX:
                    self._silenced[row.incident] = row
                return None
            self._remember(row, now_ms)
            return Event.OPENED
        if row.merged_into or row.end_ms is not None:
            del self._known[row.incident]
            return Event.WITHDRAWN if row.merged_into else Event.RESOLVED
        before, known.row = known.row, row
        blamed = (before.cause, before.node) != (row.cause, row.node)
        grown = len(row.members) >= GROWTH * max(known.affected, 1)
        if not (blamed or grown) or works.silences(row, now_ms):
            return None
        known.affected, known.told_ms = len(row.members), now_ms
        return Event.UPDATED

    def _remember(self, row: Incident, now_ms: int) -> None:
        if len(self._known) >= KNOWN_MAX:
            self._known.pop(next(iter(self._known)))
            self.forgotten += 1
        self._known[row.incident] = _Known(row, now_ms, len(row.members))

    def _notice(self, row: Incident, event: Event, revision: int, now_ms: int) -> Notice:
        body = msgspec.json.encode(_body(row, event, now_ms, self._places)).decode()
        made = f"{row.incident}.{event}.{revision}"
        return Notice(made, row.incident, event, revision, now_ms, body)
