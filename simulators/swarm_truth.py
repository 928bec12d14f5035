"""What must be true of the whole world: database, ledger and commits beside every record made.

Checked while the world runs, at each transaction and each commit, and once more at the end, when
each record must have ended in exactly one way that is written down somewhere.
"""

from collections import Counter
from typing import Final, NamedTuple

from ingest.ledger_rows import Key, LedgerBatch, Quarantined, Received
from processing.offsets import RANGES_MAX
from simulators.swarm_gateway_truth import GatewayTruth
from simulators.swarm_invariants import Invariant, Violation
from simulators.swarm_record import DERIVED, READINGS, Spot, TrueRecord
from simulators.virtual_influx import VirtualInflux, split_line

FUTURE_MS: Final = 5 * 60 * 1_000
"""Readings further ahead of their arrival are put into quarantine."""


class Fates(NamedTuple):
    """Where the records of a gateway ended; they add up to those that were generated."""

    generated: int
    stored: int
    dead: int
    quarantined: int
    overwritten: int
    declared: int
    gone_with_ram: int


class Truth:
    """Every gateway's truth, and what the host has promised to them."""

    def __init__(self, gateways: dict[str, GatewayTruth], database: VirtualInflux) -> None:
        self.gateways, self._database = gateways, database
        self._prefixes: dict[Key, int] = {}
        self._received: dict[Key, Received] = {}
        self._counted: Counter[Key] = Counter()
        self._verified: dict[Key, int] = {}
        self._quarantined: dict[tuple[str, int, int], int] = {}
        self._dead: set[Spot] = set()
        self.batches = self.commits = 0

    # The ledger

    def ledger_stored(self, batch: LedgerBatch) -> None:
        """A transaction is durable."""
        self.batches += 1
        for row in batch.completeness:
            added = row.received + row.lost + row.skipped
            self._counted[row.gateway, row.epoch] += added
        for received in batch.received:
            key = (received.gateway, received.epoch)
            self._received[key] = received
            self._prefixes[key] = received.prefix_end
            held = received.base + sum(hi - lo for lo, hi in received.ranges)
            if held != self._counted[key]:
                what = f"{key}: {held} offsets, {self._counted[key]} counted"
                raise Violation(Invariant.TAKEN_ONCE, what)
            if len(received.ranges) > RANGES_MAX:
                raise Violation(Invariant.BOUNDED, f"{key}: {len(received.ranges)}")
        for one in batch.quarantined:
            self._quarantine(one)
        for letter in batch.dead_letters:
            if letter.line not in self._database.refused_lines:
                raise Violation(Invariant.POISON_ALONE, letter.line)
            head, _fields, ts = split_line(letter.line)
            self._dead.add((head, ts))

    def _quarantine(self, row: Quarantined) -> None:
        gateway, epoch, offset = row.gateway, row.epoch, row.offset
        record = None
        if epoch is not None and offset is not None:
            record = self.gateways[gateway].records.get((epoch, offset))
        if record is None or epoch is None or offset is None:
            what = f"{gateway}: {epoch}/{offset}, {row.reason}"
            raise Violation(Invariant.QUARANTINE, what)
        ahead_ms = record.ts_ms + max(record.shifts_ms, default=0) - row.arrival_ms
        if ahead_ms <= FUTURE_MS:
            what = f"{gateway}: {epoch:#x}/{offset}, {row.reason}, {ahead_ms} ms ahead"
            raise Violation(Invariant.QUARANTINE, what)
        self._quarantined[gateway, epoch, offset] = row.arrival_ms

    # Commits

    def commit_sent(self, gateway: str, epoch: int, below: int) -> None:
        """The host told a gateway that it may free."""
        self.commits += 1
        key = (gateway, epoch)
        if below > self._prefixes.get(key, 0):
            what = f"{key} below {below}, the ledger has {self._prefixes.get(key, 0)}"
            raise Violation(Invariant.LEDGER_FIRST, what)
        truth = self.gateways[gateway]
        verified = self._verified.get(key, 0)
        for offset in self._offsets(truth, epoch, verified, below):
            record = truth.records.get((epoch, offset))
            if record is not None and not record.declared and self._fate(gateway, record) is None:
                what = f"{key} below {below}, but {offset} is not stored"
                raise Violation(Invariant.DATABASE_FIRST, what)
        self._verified[key] = max(verified, below)
        truth.told[epoch] = max(truth.told.get(epoch, 0), below)

    @staticmethod
    def _offsets(truth: GatewayTruth, epoch: int, begin: int, end: int) -> list[int]:
        if end - begin <= len(truth.records):
            return list(range(begin, end))
        return [at for known, at in truth.records if known == epoch and begin <= at < end]

    # Fates

    def _fate(self, gateway: str, record: TrueRecord) -> str | None:
        """Where a record is written down; None while it is nowhere."""
        if not record.sent:
            return None
        missing = record.missing_in(self._database.points)
        if not missing:
            return "stored"
        if all(spot in self._dead for spot in missing):
            return "dead"
        if (gateway, record.epoch, record.offset) in self._quarantined:
            return "quarantined"
        return "overwritten" if record.overwritten else None

    def is_settled(self, gateway: str, record: TrueRecord) -> bool:
        """Whether a record has reached its end."""
        if record.gone_with_ram or self._fate(gateway, record) is not None:
            return True
        return bool(record.declared) and self._ledger_has(gateway, record)

    def _ledger_has(self, gateway: str, record: TrueRecord) -> bool:
        received = self._received.get((gateway, record.epoch))
        if received is None:
            return False
        at = record.offset
        return at < received.base or any(lo <= at < hi for lo, hi in received.ranges)

    def open_records(self, before_ns: int) -> list[tuple[str, TrueRecord]]:
        """Records made before a time that have not reached their end."""
        return [
            (name, record)
            for name, truth in self.gateways.items()
            for record in truth.records.values()
            if record.true_ns < before_ns and not self.is_settled(name, record)
        ]

    # The end

    def close(self, before_ns: int) -> dict[str, Fates]:
        """Every record made before ``before_ns`` has one end, and no point is nobody's."""
        left = self.open_records(before_ns)
        if left:
            name, record = left[0]
            where = f"{name} {record.epoch:#x}/{record.offset}"
            what = f"{len(left)} records, the first {where} (sent: {record.sent})"
            raise Violation(Invariant.CONSERVED, what)
        self._check_points()
        return {name: self._fates(name, truth, before_ns) for name, truth in self.gateways.items()}

    def _fates(self, name: str, truth: GatewayTruth, before_ns: int) -> Fates:
        fates: Counter[str] = Counter()
        for record in truth.records.values():
            if record.true_ns >= before_ns:
                continue
            fates["generated"] += 1
            kind = self._fate(name, record)
            if kind is None:
                kind = "gone_with_ram" if record.gone_with_ram else "declared"
            fates[kind] += 1
        return Fates(*(fates[field] for field in Fates._fields))

    def _check_points(self) -> None:
        claims: dict[Spot, TrueRecord] = {}
        for truth in self.gateways.values():
            claims |= truth.claims
        for (head, ts), fields in self._database.points.items():
            if head.partition(",")[0] not in READINGS:
                continue
            record = claims.get((head, ts))
            said = (
                {field: text for at, field, text in record.fields if at == head} if record else {}
            )
            for field, text in fields.items():
                strange = said.get(field) != text and not (record and record.overwritten)
                if field not in DERIVED and strange:
                    raise Violation(Invariant.ONCE, f"{head} {field}={text} {ts} is nobody's")
