"""Completeness as a series: per gateway, what became of its records since the ledger began.

Values only rise, so a point that is written again after a crash says the same or more, and a
missing point costs nothing.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from ingest.ledger_rows import Completeness
from ingest.points import Tags
from vocabulary.line_protocol import render
from vocabulary.units import NS_PER_MS, NS_PER_S

INTERVAL_NS: Final = 60 * NS_PER_S
COUNTED: Final = (
    "expected",
    "received",
    "late",
    "duplicate",
    "quarantined",
    "lost",
    "skipped",
    "shed",
)
Totals = dict[str, Counter[str]]
"""Gateway -> what -> count."""


def totals_of(rows: Iterable[Completeness]) -> Totals:
    """Add hours and epochs up."""
    totals: Totals = {}
    for row in rows:
        held = totals.setdefault(row.gateway, Counter())
        for what in COUNTED:
            held[what] += getattr(row, what)
    return totals


class Accounts:
    """Running totals of every gateway, and when they were last written."""

    def __init__(self, totals: Mapping[str, Counter[str]], now_ns: int) -> None:
        self._totals: Totals = {gateway: Counter(held) for gateway, held in totals.items()}
        self._changed: set[str] = set(self._totals)
        self._due_ns = now_ns + INTERVAL_NS

    def add(self, rows: Iterable[Completeness]) -> None:
        """What a batch adds."""
        for gateway, counts in totals_of(rows).items():
            self._totals.setdefault(gateway, Counter()).update(counts)
            self._changed.add(gateway)

    def of(self, gateway: str) -> Counter[str]:
        """The totals of one gateway."""
        return self._totals.get(gateway, Counter())

    def lines(self, tags: Tags, now_ns: int) -> list[str]:
        """Points of the gateways whose totals changed, once a minute."""
        if now_ns < self._due_ns:
            return []
        self._due_ns = now_ns + INTERVAL_NS
        changed, self._changed = sorted(self._changed), set()
        return [
            render(
                "completeness",
                tags.gateway(gateway),
                {what: self._totals[gateway][what] for what in COUNTED},
                now_ns // NS_PER_MS,
            )
            for gateway in changed
            if tags.gateway(gateway)
        ]
