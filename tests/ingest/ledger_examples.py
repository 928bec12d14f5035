"""Rows for tests of the ledger, plain but for what a test changes."""

from typing import Any

from ingest.ledger_rows import LedgerBatch
from processing.incidents import Incident
from processing.intervals import Cause, Interval, IntervalState, Level, Reason, Status
from vocabulary.inventory import AccessPoint, Area, Gateway, Inventory, Sensor, Site

NOW_MS = 1_800_000_000_000

TOWN = Inventory(
    area=(Area("north", "North"),),
    site=(Site("library", "City Library", "north"), Site("park", 'Parque "Sur" حديقة', "north")),
    gateway=(Gateway("gw-1", "library", "district-1"),),
    access_point=(AccessPoint("ap-1", "library", "gw-1"), AccessPoint("ap-2", "park", "gw-1")),
    sensor=(Sensor("sds-1", "gw-1"),),
)


def interval(**changes: Any) -> Interval:
    """An access point that is down and stays down."""
    fields: dict[str, Any] = {
        "node": "ap-1",
        "level": Level.AP,
        "version": 1,
        "start_ms": NOW_MS,
        "end_ms": None,
        "state": IntervalState.DOWN,
        "reason": Reason.MISSED_BEATS,
        "cause": Cause.ACCESS_POINT,
        "incident": f"ap-1@{NOW_MS}",
        "status": Status.PROVISIONAL,
    }
    return Interval(**{**fields, **changes})


def incident(**changes: Any) -> Incident:
    """An incident that is open."""
    fields: dict[str, Any] = {
        "incident": f"ap-1@{NOW_MS}",
        "version": 1,
        "level": Level.AP,
        "node": "ap-1",
        "cause": Cause.ACCESS_POINT,
        "start_ms": NOW_MS,
        "end_ms": None,
        "declared_ms": NOW_MS + 30_000,
        "members": ("ap-1",),
    }
    return Incident(**{**fields, **changes})


def batch(number: int, **fields: Any) -> LedgerBatch:
    """A batch with nothing in it but what a test puts there."""
    return LedgerBatch(number, NOW_MS + 1_000 * number, **fields)
