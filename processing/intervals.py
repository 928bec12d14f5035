"""Rows of the outage ledger: what a node was, from when to when, and how we came to think so.

Rows are appended, never updated. A row is known by (level, node, start_ms); of its versions the
highest is what we think now. ``withdrawn`` means that nothing starts there after all. The rows
that stand never overlap for one node; time without a row is time up.
"""

from collections.abc import Mapping
from enum import StrEnum

import msgspec


class Level(StrEnum):
    """What kind of node a row or an incident speaks of."""

    AP = "ap"
    GATEWAY = "gateway"
    FEEDER = "feeder"


class IntervalState(StrEnum):
    """What was the case between start and end."""

    DOWN = "down"
    UNOBSERVED = "unobserved"
    OBSERVED_UP = "observed_up"
    """Called down or unobserved at first; late records say that it was up."""
    WITHDRAWN = "withdrawn"


class Reason(StrEnum):
    """Why we say so."""

    MISSED_BEATS = "missed_beats"
    SILENCE = "silence"
    WILL = "will"
    BLIND_VIA_GATEWAY = "blind_via_gateway"
    BLIND_VIA_HOST = "blind_via_host"
    RECORDS_MISSING = "records_missing"
    NEVER_SEEN = "never_seen"
    LATE_RECORDS = "late_records"
    NONE = ""


class Cause(StrEnum):
    """What broke, as far as we know."""

    ACCESS_POINT = "access_point"
    FEEDER = "feeder"
    GATEWAY_OR_BACKHAUL = "gateway_or_backhaul"
    GATEWAY = "gateway"
    BACKHAUL = "backhaul"
    HOST = "host"
    NONE = ""


class Status(StrEnum):
    """How far a row may still change."""

    PROVISIONAL = "provisional"
    """Decided live."""
    AMENDED = "amended"
    """Changed by records that came late."""
    FINAL = "final"
    """Old enough: whatever comes now is counted, not believed."""


class Interval(msgspec.Struct, frozen=True):
    """One version of one row. ``end_ms`` is None while it lasts; times are event times, UTC."""

    node: str
    level: Level
    version: int
    start_ms: int
    end_ms: int | None
    state: IntervalState
    reason: Reason
    cause: Cause
    incident: str
    status: Status


class Claim(msgspec.Struct, frozen=True):
    """What a row should say now, without the bookkeeping."""

    start_ms: int
    end_ms: int | None
    state: IntervalState
    reason: Reason = Reason.NONE
    cause: Cause = Cause.NONE
    incident: str = ""


class Rows(msgspec.Struct):
    """All rows ever written for one stretch of trouble of one node, latest versions by start."""

    node: str
    level: Level
    latest: dict[int, Interval] = {}

    def revise(self, claims: list[Claim], status: Status) -> list[Interval]:
        """The new versions that make the rows say what ``claims`` say; empty if they do."""
        wanted = {claim.start_ms: claim for claim in claims}
        assert len(wanted) == len(claims), "two claims with one start"
        for start_ms, row in self.latest.items():
            if start_ms not in wanted and row.state is not IntervalState.WITHDRAWN:
                gone = Claim(start_ms, start_ms, IntervalState.WITHDRAWN, Reason.LATE_RECORDS)
                wanted[start_ms] = gone
        return [
            self._written(claim, status)
            for claim in sorted(wanted.values(), key=lambda claim: claim.start_ms)
            if not self._says(claim)
        ]

    def finalise(self) -> list[Interval]:
        """Every row that stands, once more, as final."""
        changed = [
            msgspec.structs.replace(row, version=row.version + 1, status=Status.FINAL)
            for _, row in sorted(self.latest.items())
            if row.state is not IntervalState.WITHDRAWN
        ]
        self.latest.update({row.start_ms: row for row in changed})
        return changed

    def standing(self) -> Mapping[int, Interval]:
        """The rows that hold now, by start."""
        held = self.latest.items()
        return {at: row for at, row in held if row.state is not IntervalState.WITHDRAWN}

    def _says(self, claim: Claim) -> bool:
        row = self.latest.get(claim.start_ms)
        if row is None:
            return False
        return claim == Claim(
            row.start_ms, row.end_ms, row.state, row.reason, row.cause, row.incident
        )

    def _written(self, claim: Claim, status: Status) -> Interval:
        before = self.latest.get(claim.start_ms)
        row = Interval(
            node=self.node,
            level=self.level,
            version=1 if before is None else before.version + 1,
            start_ms=claim.start_ms,
            end_ms=claim.end_ms,
            state=claim.state,
            reason=claim.reason,
            cause=claim.cause,
            incident=claim.incident,
            status=status,
        )
        self.latest[claim.start_ms] = row
        return row
