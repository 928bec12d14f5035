"""What a run produced against what truly happened, as numbers for people and programs."""

from collections.abc import Iterable, Sequence

import msgspec

from processing.incidents import Incident
from simulators.neighbourhood import TrueOutage
from vocabulary.units import MS_PER_S


class OutageLine(msgspec.Struct, frozen=True):
    """One planted outage and what was found of it. Times in seconds since the run began."""

    level: str
    node: str
    true_start_s: float
    true_end_s: float
    found_start_s: float | None
    found_end_s: float | None
    found_cause: str
    affected: int


class Summary(msgspec.Struct, frozen=True):
    """The end of a run."""

    seed: int
    simulated_s: float
    readings_produced: int
    readings_stored: int
    readings_declared_lost: int
    readings_waiting: int
    """Still in the spools of the gateways when the run ended: neither stored nor lost."""
    readings_missing: int
    readings_stored_twice: int
    outages_true: int
    outages_found: int
    outages_false: int
    outages: tuple[OutageLine, ...]
    readings_per_s: float
    wall_s: float
    out: str = ""

    @property
    def is_clean(self) -> bool:
        """Nothing lost, nothing doubled, every planted outage found, none invented."""
        return (
            self.readings_missing == self.readings_declared_lost
            and self.readings_stored_twice == 0
            and self.outages_found == self.outages_true
            and self.outages_false == 0
        )


def latest(incidents: Iterable[Incident]) -> list[Incident]:
    """The last version of each incident that still stands on its own."""
    last: dict[str, Incident] = {}
    for row in incidents:
        held = last.get(row.incident)
        if held is None or row.version > held.version:
            last[row.incident] = row
    return [row for row in last.values() if not row.merged_into]


def _overlaps(incident: Incident, start_ms: float, end_ms: float) -> bool:
    incident_end_ms = incident.end_ms if incident.end_ms is not None else float("inf")
    return incident.start_ms < end_ms and start_ms < incident_end_ms


def compare(
    truth: Sequence[TrueOutage], incidents: Iterable[Incident], *, start_ms: int
) -> tuple[list[OutageLine], list[Incident]]:
    """Each planted outage with its incident, and the incidents that match no planted one."""
    left = latest(incidents)
    lines = []
    for planted in truth:
        from_ms = start_ms + planted.start_s * MS_PER_S
        to_ms = start_ms + planted.end_s * MS_PER_S
        match = next(
            (
                row
                for row in left
                if (row.level, row.node) == (planted.level, planted.node)
                and _overlaps(row, from_ms, to_ms)
            ),
            None,
        )
        if match is not None:
            left.remove(match)
        ended = match is not None and match.end_ms is not None
        lines.append(
            OutageLine(
                planted.level,
                planted.node,
                round(planted.start_s, 1),
                round(planted.end_s, 1),
                None if match is None else (match.start_ms - start_ms) / MS_PER_S,
                (match.end_ms - start_ms) / MS_PER_S if match and match.end_ms and ended else None,
                "" if match is None else str(match.cause),
                len(planted.affected),
            )
        )
    return lines, left
