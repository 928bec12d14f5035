"""Counts become one row per gateway, epoch and hour."""

from collections import Counter

from ingest.completeness import completeness_of
from ingest.ledger_rows import Completeness


def test_counts_become_rows() -> None:
    counts = Counter(
        {
            ("g", 7, 1, "received"): 5,
            ("g", 7, 1, "lost"): 2,
            ("g", 7, 1, "late"): 1,
            ("g", 7, 2, "duplicate"): 3,
            ("h", 7, 1, "shed"): 4,
        }
    )
    first, second, third = completeness_of(counts)
    nothing = dict.fromkeys(("late", "duplicate", "quarantined", "lost", "skipped", "shed"), 0)
    told = {**nothing, "late": 1, "lost": 2}
    assert first == Completeness("g", 7, 1, expected=7, received=5, **told)
    assert second == Completeness("g", 7, 2, expected=0, received=0, **{**nothing, "duplicate": 3})
    assert third == Completeness("h", 7, 1, expected=0, received=0, **{**nothing, "shed": 4})
    assert completeness_of({}) == []
