"""What must be true of one gateway, kept beside it: every record it made, and what became of it.

The truth is told by the world around the agent (appended, published, crashed, opened), never by
the agent's own accounts, except one: the spool's promise of what a power cut cannot take.
"""

from collections import Counter, deque
from collections.abc import Callable
from typing import Final, NamedTuple

from edge.lanes import LIVE_AGE_NS
from edge.spool import Lost, Record, Spool
from simulators.swarm_invariants import Invariant, Violation
from simulators.swarm_record import Heads, NameOf, Spot, TrueRecord, said_in
from vocabulary import sparkplug_b_pb2 as pb
from vocabulary.delivery import BD_SEQ_MODULUS, RecordClass, TimeQuality
from vocabulary.moment import Moment
from vocabulary.units import MS_PER_S, NS_PER_MS, NS_PER_S

PROMISE_NS: Final = 5 * NS_PER_S
"""A power cut costs at most what is younger."""
PROMISE_SLACK_NS: Final = NS_PER_S
LIVE_SLACK_NS: Final = NS_PER_S
BD_SEQ_STEPS_MAX: Final = 40
"""Numbers may be drawn and never reach the broker, but not so many."""
TIME_OFF_MS_MAX: Final = 30 * MS_PER_S
"""A time told by the host is right to its way through the network and a busy process."""


class Allowance(NamedTuple):
    """What the plan of a run excuses for one gateway."""

    evicts: bool
    """The spool may be too small for what waits, so that records are given up."""
    flips: bool
    """Bits turn over on the card."""
    faults: bool
    """Calls to the card fail."""
    clock_lies: bool
    """Wall time is set wrong by somebody who calls it right."""


class GatewayTruth:
    """All records of one gateway, by (epoch, offset)."""

    def __init__(
        self, gateway: str, heads: Heads, allowance: Allowance, true_ns: Callable[[], int]
    ) -> None:
        self.gateway, self.allowance = gateway, allowance
        self._heads, self._true_ns = heads, true_ns
        self.records: dict[tuple[int, int], TrueRecord] = {}
        self.told: dict[int, int] = {}
        """By epoch, the highest commit the host has ever sent."""
        self.claims: dict[Spot, TrueRecord] = {}
        """Whose each point of the database is."""
        self._process = 0
        self.flips = self.durable_losses = 0
        self.trouble_ns = -1
        """Until when the card last failed, or made its process wait."""
        self._orphans: list[TrueRecord] = []
        """Appended in a call that never returned: they may exist."""
        self._hand: TrueRecord | None = None
        self._unsynced: deque[TrueRecord] = deque()
        self._in_ram: list[TrueRecord] = []
        self._fresh: deque[TrueRecord] = deque()
        self._session, self._up = 0, False
        self._epoch = -1
        self._bd_seq: int | None = None
        self._names: NameOf = lambda _alias: ("", "")
        self._cut = False
        self.counts: Counter[str] = Counter()

    def fail(self, invariant: Invariant, what: str) -> None:
        """End the run here."""
        raise Violation(invariant, f"{self.gateway}: {what}")

    # Appending

    def names_from(self, names: NameOf) -> None:
        """How an alias is called now: a new process, a new table."""
        self._names = names

    def name_of(self, alias: int) -> tuple[str, str]:
        """Device and metric of an alias."""
        return self._names(alias)

    def about_to_append(self, body: bytes, klass: RecordClass, now: Moment) -> None:
        """The agent hands a record to the spool."""
        record = TrueRecord(
            body, self._names, klass=klass, quality=now.quality, true_ns=self._true_ns()
        )
        record.place(self._heads, self.gateway)
        self._hand = record

    def appended(self, epoch: int, offset: int, *, in_ram: bool) -> None:
        """The spool took it and gave it a number."""
        record, self._hand = self._hand, None
        assert record is not None
        if (epoch, offset) in self.records:
            self.fail(Invariant.OFFSET_ONCE, f"{epoch:#x}/{offset} was given out twice")
        if epoch != self._epoch:
            self._leave_epoch(epoch)
        self._adopt(record, epoch, offset)
        if in_ram:
            self._in_ram.append(record)
        else:
            self._unsynced.append(record)
        if self._up:
            self._fresh.append(record)

    def _adopt(self, record: TrueRecord, epoch: int, offset: int) -> None:
        record.epoch, record.offset, record.process = epoch, offset, self._process
        record.session = self._session if self._up else -1
        self.records[epoch, offset] = record
        self.counts["generated"] += 1

    # Durability

    def look(self, spool: Spool) -> None:
        """After each call of the agent: what is durable now, and is it early enough."""
        if spool.epoch != self._epoch:
            self._leave_epoch(spool.epoch)
        if self.allowance.evicts:
            self._give_up(spool)
        if spool.stats.ram_mode:
            self.trouble_ns = self._true_ns()
            return
        epoch, below = spool.epoch, spool.durable_below
        if spool.committed > self.told.get(epoch, 0) and not self.allowance.evicts:
            self.freed(epoch, spool.committed)
        unsynced = self._unsynced
        while unsynced and (unsynced[0].epoch != epoch or unsynced[0].offset < below):
            unsynced.popleft().durable = True
        if self._in_ram:
            held = {position.epoch for position in spool.positions()}
            for record in self._in_ram:
                self._moved(record, held)
            self._in_ram.clear()
        if unsynced:
            oldest = unsynced[0]
            waited_ns = self._true_ns() - max(oldest.true_ns, self.trouble_ns)
            if waited_ns > PROMISE_NS + PROMISE_SLACK_NS:
                what = f"offset {oldest.offset} is not synced after {waited_ns / NS_PER_S:.1f} s"
                self.fail(Invariant.PROMISE, what)

    def _give_up(self, spool: Spool) -> None:
        """What had no room is not waiting to be sent; that it is declared is asked elsewhere."""
        fresh = self._fresh
        while fresh and (
            fresh[0].sent or isinstance(spool.read(fresh[0].offset, fresh[0].epoch), Lost)
        ):
            fresh.popleft()

    def _leave_epoch(self, epoch: int) -> None:
        """The spool goes on in another epoch; what the old one has not sent is now replay."""
        self._epoch = epoch
        while self._fresh:
            self._fresh.popleft().session = -1

    def _moved(self, record: TrueRecord, held: set[int]) -> None:
        record.durable = True
        freed = record.offset < self.told.get(record.epoch, 0)
        if record.epoch not in held and not freed:
            self.fail(Invariant.MOVED, f"epoch {record.epoch:#x} was not moved")

    def freed(self, epoch: int, below: int) -> None:
        """The agent frees: only what the host has committed."""
        if below > self.told.get(epoch, 0):
            what = f"epoch {epoch:#x} below {below}, told {self.told.get(epoch, 0)}"
            self.fail(Invariant.FREED, what)

    # Crashes

    def died(self) -> None:
        """The process is gone, and what was only in its memory."""
        self._process += 1
        for record in self._in_ram:
            record.gone_with_ram = True
        self._in_ram.clear()
        if self._hand is not None:
            self._orphans.append(self._hand)
            self._hand = None
        self.lost_link()

    def lost_power(self) -> None:
        """What was not synced may be gone."""
        self._cut = True

    def opened(self, spool: Spool) -> None:
        """A new process reads the card: everything promised must be there or declared."""
        self._unsynced.clear()
        if spool.stats.ram_mode:
            return  # the card cannot be read now; another start will
        held = {position.epoch: position for position in spool.positions()}
        for record in list(self.records.values()):
            if record.gone_with_ram or record.offset < self.told.get(record.epoch, 0):
                continue
            found = None
            if record.epoch in held:
                found = spool.read(record.offset, record.epoch)
            self._compare(record, found)
        self._cut = False
        for epoch, position in held.items():
            if position.committed > self.told.get(epoch, 0):
                self._freed_silently(epoch, position.committed)

    def _freed_silently(self, epoch: int, below: int) -> None:
        for offset in range(self.told.get(epoch, 0), below):
            record = self.records.get((epoch, offset))
            if record is not None and record.durable and not record.declared:
                what = f"{epoch:#x}/{offset}, freed below {below}"
                self.fail(Invariant.FREED, what)

    def _compare(self, record: TrueRecord, found: Record | Lost | None) -> None:
        if isinstance(found, Record):
            if found.body != record.body:
                what = f"{record.epoch:#x}/{record.offset} reads differently"
                self.fail(Invariant.UNCHANGED, what)
            record.durable = True
            return
        reason = found.reason if isinstance(found, Lost) else "gone"
        if not record.declared and self._cut and not record.durable:
            record.declared = reason  # a power cut may cost it; the host must hear of it
        elif not record.declared:
            self._lose(record, reason)

    def _lose(self, record: TrueRecord, reason: str) -> None:
        """A record that had been promised is given up: is there an excuse?"""
        record.declared = reason
        if reason == "overflow" and self.allowance.evicts:
            return
        self.durable_losses += 1
        if self.durable_losses > self.flips:
            what = f"{record.epoch:#x}/{record.offset} is {reason}"
            self.fail(Invariant.DURABLE, what)

    # The uplink

    def began_session(self, bd_seq: int) -> None:
        """CONNECT, with the number in its will."""
        before, self._bd_seq = self._bd_seq, bd_seq
        step = 1 if before is None else (bd_seq - before) % BD_SEQ_MODULUS
        sound = not (self.allowance.faults or self.allowance.flips)
        if sound and not 1 <= step <= BD_SEQ_STEPS_MAX:
            self.fail(Invariant.BD_SEQ, f"{before} was followed by {bd_seq}")
        self._session += 1
        self._up = True
        self._fresh.clear()

    def lost_link(self) -> None:
        """The agent knows that the session is over."""
        self._up = False
        self._fresh.clear()

    def published(self, payload: bytes, numbers: dict[str, int], active_epoch: int) -> None:
        """A data message was handed to the broker; ``numbers`` are its delivery metrics."""
        if active_epoch != self._epoch:
            self._leave_epoch(active_epoch)
        message = pb.Payload.FromString(payload)
        epoch, offset = numbers["Spool/Epoch"], numbers["Spool/Offset"]
        if "Spool/Lost" in numbers:
            self._declared(epoch, offset, numbers["Spool/Lost"], numbers["Spool/LostReason"])
            return
        record = self.records.get((epoch, offset)) or self._orphan(message, epoch, offset)
        self._check_content(record, message)
        historical = any(metric.is_historical for metric in message.metrics)
        self._check_lane(record, historical=historical)
        record.sent = True

    def _orphan(self, message: pb.Payload, epoch: int, offset: int) -> TrueRecord:
        for record in self._orphans:
            if said_in(message, self._names, len(record.said)) == record.said:
                self._orphans.remove(record)
                self._adopt(record, epoch, offset)
                record.durable, record.session, record.process = True, -1, self._process - 1
                return record
        self.fail(Invariant.GENERATED, f"{epoch:#x}/{offset} is nobody's")
        raise AssertionError

    def _check_content(self, record: TrueRecord, message: pb.Payload) -> None:
        count = len(record.said)
        if said_in(message, self._names, count) != record.said:
            self.fail(Invariant.UNCHANGED, f"{record.epoch:#x}/{record.offset} was altered")
        shifts = {metric.timestamp - record.ts_ms for metric in message.metrics[:count]}
        shift_ms = shifts.pop()
        where = f"{record.epoch:#x}/{record.offset}"
        if shifts or (shift_ms and record.quality != TimeQuality.UNSYNCED):
            self.fail(Invariant.UNCHANGED, f"{where} moved by {shift_ms} ms")
        off_ms = abs(record.ts_ms + shift_ms - record.true_ns // NS_PER_MS)
        if shift_ms and off_ms > TIME_OFF_MS_MAX and not self.allowance.clock_lies:
            self.fail(Invariant.TIME_RIGHT, f"{where} is {off_ms} ms off")
        if shift_ms in record.shifts_ms:
            return
        if record.sent and not self.allowance.faults:  # else the correction may have been lost
            self.fail(Invariant.UNCHANGED, f"{where} moved by {record.shifts_ms}, {shift_ms} ms")
        record.shifts_ms = (*record.shifts_ms, shift_ms)
        self._claim(record)

    def _claim(self, record: TrueRecord) -> None:
        """No two readings of a device are of the same millisecond, as far as a process can tell."""
        for spot in record.spots():
            other = self.claims.setdefault(spot, record)
            if other is record:
                continue
            if other.process == record.process or not self.allowance.clock_lies:
                what = f"{spot[0]} {spot[1]}: offsets {other.offset}, {record.offset}"
                self.fail(Invariant.OWN_POINT, what)
            other.overwritten = record.overwritten = True

    def _check_lane(self, record: TrueRecord, *, historical: bool) -> None:
        now_ns = self._true_ns()
        if not historical:
            if now_ns - record.true_ns > LIVE_AGE_NS + LIVE_SLACK_NS:
                self.fail(Invariant.LIVE_FRESH, f"{record.offset} went as live when it was old")
            return
        young = record.true_ns + LIVE_AGE_NS - LIVE_SLACK_NS > now_ns
        ours = record.session == self._session
        if young and ours and not record.sent and not _may_wait(record):
            self.fail(Invariant.LIVE_FIRST, f"{record.offset} is fresh and went as history")
        while self._fresh and (self._fresh[0].sent or self._is_stale(self._fresh[0])):
            self._fresh.popleft()
        if self._fresh:
            waiting = self._fresh[0].offset
            self.fail(Invariant.LIVE_FIRST, f"{record.offset} went while {waiting} waited")

    def _is_stale(self, record: TrueRecord) -> bool:
        old = record.true_ns + LIVE_AGE_NS - LIVE_SLACK_NS <= self._true_ns()
        return old or _may_wait(record)

    def _declared(self, epoch: int, offset: int, count: int, reason: int) -> None:
        words = ("overflow", "corrupt", "io_error", "skipped")[reason]
        for at in (
            range(offset, offset + count)
            if count < len(self.records)
            else self._in(epoch, offset, count)
        ):
            record = self.records.get((epoch, at))
            if record is None or record.declared:
                continue
            if record.durable:
                self._lose(record, words)
            record.declared = words

    def _in(self, epoch: int, offset: int, count: int) -> list[int]:
        return [
            at for known, at in self.records if known == epoch and offset <= at < offset + count
        ]


def _may_wait(record: TrueRecord) -> bool:
    """Readings of a boot that does not know the time are held back for a source."""
    return record.quality == TimeQuality.UNSYNCED and record.klass >= RecordClass.SENSOR
