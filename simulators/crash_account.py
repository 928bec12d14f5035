"""The account after a crash run: said, recorded, numbered, stored, declared; reading by reading.

What a street said to a gateway that was dead is nobody's loss and counted as unheard. All else
must be in the database, once and with equal values; and as many records must have arrived at the
host as the spools have numbered.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping
from typing import Final, NamedTuple

import msgspec

from ingest.influx_query import InfluxReader
from ingest.ledger_reader import Account, Outage
from processing.intervals import Level
from simulators.real_street import RealStreet
from simulators.reconciliation import differences
from simulators.spool_harvest import Harvest, Reading
from simulators.stored_readings import RAW_FIELDS
from vocabulary.inventory import Inventory
from vocabulary.units import NS_PER_MS, NS_PER_S

SLACK_NS: Final = 2 * NS_PER_S
"""What was under way when a gateway died, or had not begun to arrive when it was back."""
FINDINGS_MAX: Final = 20


class Away(NamedTuple):
    """A gateway was hit and back again, wall time. ``deaf``: what was said meanwhile is gone."""

    gateway_id: str
    start_ns: int
    end_ns: int
    deaf: bool


class Figures(msgspec.Struct):
    """What one comparison gave; ``findings`` says in words what should be nought and is not.

    A message that was recorded and not stored counts in ``missing`` as a message and as readings.
    """

    said: int = 0
    unheard: int = 0
    records: int = 0
    produced: int = 0
    stored: int = 0
    missing: int = 0
    stored_twice: int = 0
    invented: int = 0
    declared_lost: int = 0
    duplicates_refused: int = 0
    false_outages: int = 0
    findings: list[str] = []

    def find(self, what: str) -> None:
        """Note what is wrong; the first ones are enough."""
        if len(self.findings) < FINDINGS_MAX:
            self.findings.append(what)


def stored_values(reader: InfluxReader) -> Counter[Reading]:
    """Every reading in the database, as often as it stands there."""
    counted: Counter[Reading] = Counter()
    for measurement, fields in RAW_FIELDS.items():
        for row in reader.query(f'SELECT * FROM "{measurement}"'):  # noqa: S608 - our own names
            node = row.get("ap") or row.get("sensor") or row["gateway"]
            for field in fields:
                value = row.get(field)
                if value is not None:
                    counted[Reading(node, measurement, field, value)] += 1
    return counted


def compare_spools(
    figures: Figures, harvests: Mapping[str, Harvest], stored: Counter[Reading]
) -> None:
    """Recorded against stored, as multisets."""
    recorded: Counter[Reading] = Counter()
    for gateway_id, harvest in harvests.items():
        recorded.update(harvest.readings())
        figures.records += len(harvest.bodies)
        if harvest.holes:
            figures.find(f"{gateway_id}: {harvest.holes} numbered records were never on its disk")
    figures.produced, figures.stored = recorded.total(), stored.total()
    for reading, count in (recorded - stored).items():
        figures.missing += count
        figures.find(f"recorded and not stored: {reading}, {count} times")
    _surplus(figures, recorded, stored - recorded)


def _surplus(
    figures: Figures, known: Counter[Reading] | set[Hashable], surplus: Mapping[Reading, int]
) -> None:
    for what, count in surplus.items():
        if what in known:
            figures.stored_twice += count
            figures.find(f"stored more often than recorded: {what}, by {count}")
        else:
            figures.invented += count
            figures.find(f"stored and never recorded: {what}, {count} times")


def _said(street: RealStreet) -> dict[str, dict[Hashable, list[int]]]:
    """Node -> what it said -> when."""
    said: dict[str, dict[Hashable, list[int]]] = {}
    for ap_id in street.access_points:
        held = said[ap_id] = defaultdict(list)
        for status in street.statuses(ap_id):
            held[status[1:]].append(status.sent_ns)
    for sensor_id in street.boards:
        held = said[sensor_id] = defaultdict(list)
        for sent in street.readings(sensor_id):
            held[sent.pm2_5_tenths, sent.pm10_tenths].append(sent.ts_ns)
    return said


def compare_street(
    figures: Figures,
    street: RealStreet,
    reader: InfluxReader,
    inventory: Inventory,
    away: Iterable[Away],
) -> None:
    """Said against stored. Beats are left out: they are numbered anew in every life."""
    said = _said(street)
    figures.said = sum(len(times) for held in said.values() for times in held.values())
    deaf: dict[str, list[Away]] = defaultdict(list)
    for one in away:
        if one.deaf:
            deaf[one.gateway_id].append(one)
    gateway_of = {row.ap_id: row.gateway_id for row in inventory.access_point}
    gateway_of |= {row.sensor_id: row.gateway_id for row in inventory.sensor}
    for found in differences(street, reader):
        if found.node not in said:
            continue
        times = said[found.node]
        for what in found.missing:
            if any(_within(at_ns, deaf[gateway_of[found.node]]) for at_ns in times[what]):
                figures.unheard += 1
            else:
                figures.missing += 1
                figures.find(f"{found.node} said {what} at {times[what]}, and it is not stored")
        for what in found.invented:
            again = what in times
            figures.stored_twice += again
            figures.invented += not again
            figures.find(
                f"{found.node}: {what} is stored {'twice' if again else 'but was not said'}"
            )


def _within(at_ns: int, away: Iterable[Away]) -> bool:
    return any(one.start_ns - SLACK_NS <= at_ns <= one.end_ns + SLACK_NS for one in away)


def compare_accounts(
    figures: Figures, harvests: Mapping[str, Harvest], accounts: Iterable[Account]
) -> None:
    """Numbered by the spools against the host's ledger."""
    numbered = {
        (gateway_id, epoch): count
        for gateway_id, harvest in harvests.items()
        for epoch, count in harvest.offsets.items()
    }
    for row in accounts:
        figures.declared_lost += row.lost + row.skipped
        figures.duplicates_refused += row.duplicate
        count = numbered.pop((row.gateway, row.epoch), 0)
        sound = count == row.expected == row.received == row.committed
        if not sound or any((row.lost, row.skipped, row.pending, row.quarantined, row.shed)):
            figures.find(f"{count} records were numbered, and the ledger says: {row}")
    for (gateway_id, epoch), count in numbered.items():
        figures.find(f"the ledger knows nothing of {count} records of {gateway_id}, epoch {epoch}")


def compare_outages(
    figures: Figures, outages: Iterable[Outage], away: Iterable[Away], *, end_ns: int
) -> None:
    """An access point was never down, a gateway only while it was hit. Up to ``end_ns``."""
    hit: dict[str, list[Away]] = defaultdict(list)
    for one in away:
        hit[one.gateway_id].append(one)
    for row in outages:
        start_ns = row.start_ms * NS_PER_MS
        if start_ns >= end_ns:
            continue
        if row.level is Level.GATEWAY and _within(start_ns, hit[row.node]):
            continue
        figures.false_outages += 1
        figures.find(f"an outage that never was: {row}")
