"""What became of records, counted by gateway, epoch and hour of arrival, as rows of the ledger."""

from collections import Counter
from collections.abc import Mapping

from ingest.ledger_rows import Completeness

Count = tuple[str, int, int, str]
"""Gateway, epoch, hour, and what became of the record."""


def completeness_of(counts: Mapping[Count, int]) -> list[Completeness]:
    """One row per gateway, epoch and hour."""
    rows: dict[tuple[str, int, int], Counter[str]] = {}
    for (gateway, epoch, hour, what), count in counts.items():
        rows.setdefault((gateway, epoch, hour), Counter())[what] = count
    return [
        Completeness(
            gateway,
            epoch,
            hour,
            expected=found["received"] + found["lost"],
            received=found["received"],
            late=found["late"],
            duplicate=found["duplicate"],
            quarantined=found["quarantined"],
            lost=found["lost"],
            skipped=found["skipped"],
            shed=found["shed"],
        )
        for (gateway, epoch, hour), found in rows.items()
    ]
