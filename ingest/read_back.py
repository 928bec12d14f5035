"""Reads one real point of a gateway back from the database, or names the last hop that had it.

This ends an installation: not "it was sent", not "it was accepted", but "here it is again".
"""

from collections.abc import Callable
from typing import Any, Final

from ingest.errors import DatabaseAway, LedgerFault, QueryRefused
from vocabulary.enrolment import ReadBack
from vocabulary.ids import is_slug

MEASUREMENT: Final = "gateway"
MARKER_DIGITS_MAX: Final = 15
Query = Callable[[str], list[dict[str, Any]]]
Accounts = Callable[[], dict[str, int]]
"""Received records by gateway, as the ledger has them."""


def read_back(gateway_id: str, marker: str, query: Query, accounts: Accounts) -> ReadBack:
    """The newest point of ``gateway_id`` at or after ``marker`` (its own time, milliseconds)."""
    if not is_slug(gateway_id) or not _is_time(marker):
        return ReadBack(False, "nothing asked", "no marker of ours", "E-E2E-01")
    influxql = (
        f'SELECT * FROM "{MEASUREMENT}" WHERE "gateway" = \'{gateway_id}\' '  # noqa: S608 - a slug
        f"AND time >= {int(marker)}ms ORDER BY time DESC LIMIT 1"
    )
    try:
        rows = query(influxql)
    except (DatabaseAway, QueryRefused) as error:
        found = f"the database does not answer: {error}"[:200]
        return ReadBack(False, "the host", found, "E-E2E-05")
    for row in rows:
        values = {
            name: value
            for name, value in row.items()
            if isinstance(value, int | float) and not isinstance(value, bool) and name != "time"
        }
        if values:
            name = min(values)
            found = f"{MEASUREMENT} {name}={values[name]}"
            return ReadBack(
                True, "database", found, "", MEASUREMENT, int(row["time"]), float(values[name])
            )
    return _last_hop(gateway_id, accounts)


def _is_time(marker: str) -> bool:
    return marker.isascii() and marker.isdecimal() and len(marker) <= MARKER_DIGITS_MAX


def _last_hop(gateway_id: str, accounts: Accounts) -> ReadBack:
    try:
        received = accounts().get(gateway_id)
    except LedgerFault as error:
        return ReadBack(False, "unknown", f"the ledger cannot be read: {error}"[:200], "E-E2E-04")
    if received is None:
        return ReadBack(
            False, "the broker at best", "the host has not heard of this gateway", "E-E2E-03"
        )
    found = f"the host has {received} records of it, the database no point since the marker"
    return ReadBack(False, "ingest", found, "E-E2E-04")
