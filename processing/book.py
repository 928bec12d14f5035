"""The part of the state that is not numbers in a row: troubles, gaps, incidents, the calendar.

All of it is rare, small and bounded by what is broken now or was broken within the lateness
bound. Nodes stand here by id, so it survives an edited inventory.
"""

from heapq import heappop, heappush
from typing import Final, NamedTuple

import msgspec

from processing.gateway_gap import GatewayGap
from processing.incidents import IncidentBook
from processing.intervals import Level, Rows
from processing.trouble import Trouble

DUE_HOLD: Final = "hold"
DUE_SETTLE: Final = "settle"
DUE_FINAL: Final = "final"
DUE_CAUSE: Final = "cause"
DUE_GAP_FINAL: Final = "gap_final"
DUE_UNSEEN: Final = "unseen"


class Due(NamedTuple):
    """Something to do at a time of the host's clock."""

    at_ms: int
    number: int
    what: str
    node: str
    start_ms: int = 0


class Book(msgspec.Struct):
    """Everything the chronicle remembers."""

    troubles: dict[str, Trouble] = {}
    """Access point -> the trouble that lasts."""
    past: dict[str, list[Trouble]] = {}
    """Access point -> troubles that are over and may still be revised."""
    gaps: dict[str, GatewayGap] = {}
    past_gaps: dict[str, list[GatewayGap]] = {}
    incidents: IncidentBook = msgspec.field(default_factory=IncidentBook)
    held: list[str] = []
    """Access points that are down and wait, at most a beat, for what their feeder's others do."""
    unseen: dict[str, int] = {}
    """seen_key -> since when it has been expected in vain."""
    unseen_rows: dict[str, Rows] = {}
    calendar: list[Due] = []
    calendar_number: int = 0
    unplaced_beats: int = 0
    unplaced_statuses: int = 0

    def plan(self, at_ms: int, what: str, node: str, start_ms: int = 0) -> None:
        """Put something on the calendar."""
        self.calendar_number += 1
        heappush(self.calendar, Due(at_ms, self.calendar_number, what, node, start_ms))

    def next_due(self, before_ms: int) -> Due | None:
        """Take the first entry that lies before that time."""
        if self.calendar and self.calendar[0].at_ms < before_ms:
            return heappop(self.calendar)
        return None

    def trouble_of(self, node: str, ok_ms: int) -> Trouble | None:
        """The trouble of a node that began after that proof of life."""
        candidates = [*self.past.get(node, []), *filter(None, [self.troubles.get(node)])]
        return next((t for t in candidates if t.ok_ms == ok_ms), None)

    def trouble_at(self, node: str, ts_ms: int) -> Trouble | None:
        """The trouble into which a record of that time falls."""
        candidates = [*self.past.get(node, []), *filter(None, [self.troubles.get(node)])]
        return next((t for t in candidates if t.holds(ts_ms)), None)

    def gap_of(self, gateway: str, start_ms: int) -> GatewayGap | None:
        """The gap of a gateway that began then."""
        candidates = [*self.past_gaps.get(gateway, []), *filter(None, [self.gaps.get(gateway)])]
        return next((gap for gap in candidates if gap.start_ms == start_ms), None)

    def gap_at(self, gateway: str, ts_ms: int) -> GatewayGap | None:
        """The gap into which a record of that time falls."""
        candidates = [*self.past_gaps.get(gateway, []), *filter(None, [self.gaps.get(gateway)])]
        return next((gap for gap in candidates if gap.holds(ts_ms)), None)

    def in_incident(self, incident: str) -> list[Trouble]:
        """Every trouble that belongs to an incident."""
        row = self.incidents.known.get(incident)
        nodes = () if row is None else row.members
        found = [t for node in nodes for t in self.past.get(node, [])]
        found += [self.troubles[node] for node in nodes if node in self.troubles]
        return [t for t in found if t.incident == incident]


def seen_key(level: Level, node: str) -> str:
    """Access points and gateways may share an id; their keys do not."""
    return f"{level}/{node}"
