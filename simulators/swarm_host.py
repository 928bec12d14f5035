"""The host of the swarm: the real pipeline, sink and ledger in a process that may die anywhere.

A kill may come between any two turns, before or after a write to the database, and on either
side of the ledger's transaction. What was in memory is then gone; the ledger's file is not.
"""

import random
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from ingest.commands import Publication
from ingest.errors import LedgerUnwritable
from ingest.influx import InfluxSink
from ingest.influx_http import InfluxSettings
from ingest.intake import Message as Arrival
from ingest.ledger import Ledger
from ingest.ledger_rows import LedgerBatch
from ingest.pipeline import Pipeline
from ingest.storing import Storing
from processing.settings import Settings
from simulators.broker import Message
from simulators.network import Link
from simulators.scheduler import Alarm
from simulators.swarm_invariants import Invariant, Violation
from simulators.swarm_stage import Stage
from simulators.swarm_truth import Truth
from simulators.virtual_influx import VirtualInflux
from vocabulary import delivery, topics
from vocabulary.inventory import Inventory
from vocabulary.payload import Datatype, Metric, decode, interpret
from vocabulary.topics import StateTopic, Topic
from vocabulary.units import NS_PER_MS, NS_PER_S

HOST_ID: Final = "host1"
SWEEP_NS: Final = 500 * NS_PER_MS
STORE_NS: Final = 50 * NS_PER_MS
"""How long one attempt to store takes."""
RESTART_NS: Final = 5 * NS_PER_S
RECONNECT_NS: Final = 2 * NS_PER_S
ARRIVALS_MAX: Final = 5_000


class HostLimits(NamedTuple):
    """What the plan says of the host."""

    commit_s: float
    pending_bytes_max: int


class HostKilled(Exception):
    """The host's process ends here."""


class WatchedLedger(Ledger):
    """The real ledger; the truth hears what is durable, and the world may kill beside it."""

    truth: Truth
    before: Callable[[str], None]
    refuses = False

    def store(self, batch: LedgerBatch) -> bool:
        """Store, watched."""
        self.before("ledger")
        if self.refuses:
            raise LedgerUnwritable(str(self.path), "disk full")
        fresh = super().store(batch)
        if fresh:
            self.truth.ledger_stored(batch)
        self.before("ledgered")
        return fresh


class SwarmHost:
    """One host."""

    def __init__(
        self,
        inventory: Inventory,
        settings: Settings,
        *,
        stage: Stage,
        database: VirtualInflux,
        ledger_path: Path,
        truth: Truth,
        limits: HostLimits,
        rng: random.Random,
    ) -> None:
        self._inventory, self._settings = inventory, settings
        self._stage, self._database, self._limits = stage, database, limits
        self._ledger_path, self.truth, self._rng = ledger_path, truth, rng
        database.before = self._point
        self.pipeline: Pipeline | None = None
        self.ledger_refuses = False
        self.paused = False
        self._ledger: WatchedLedger | None = None
        self._sink: InfluxSink | None = None
        self._storing: Storing | None = None
        self._stored = False
        self._link: Link | None = None
        self._arrivals: deque[Arrival] = deque()
        self._state_ms = 0
        self._kill_at: str | None = None
        self.starts = 0
        scheduler = stage.scheduler
        self._turn_alarm = Alarm(scheduler, self._turn)
        self._store_alarm = Alarm(scheduler, self._attempt)
        self._connect_alarm = Alarm(scheduler, self._connect)

    def _now_ns(self) -> int:
        return self._stage.now_ns()

    # The process

    def start(self) -> None:
        """Open the ledger, go on where it was, connect."""
        if self.pipeline is not None:
            return
        self.starts += 1
        ledger = self._ledger = WatchedLedger.open(self._ledger_path)
        ledger.truth, ledger.before = self.truth, self._point
        ledger.set_inventory(self._inventory)
        self._sink = InfluxSink(InfluxSettings("http://virtual:8086"), self._database)
        self.pipeline = Pipeline(
            self._inventory,
            self._settings,
            contents=ledger.load(),
            commit_s=self._limits.commit_s,
            pending_bytes_max=self._limits.pending_bytes_max,
            now_ns=self._now_ns(),
        )
        self._stage.say("host starts")
        self._connect()
        self._turn_alarm.set(self._now_ns() + SWEEP_NS)

    def kill(self) -> None:
        """SIGKILL, and a new start soon."""
        if self.pipeline is None:
            return
        self._stage.say("host killed")
        self.close()
        self._stage.scheduler.at(self._now_ns() + RESTART_NS, self.start)

    def close(self) -> None:
        """The process is gone with all its memory."""
        assert self._ledger is not None
        self._ledger.close()
        self.pipeline = self._ledger = self._sink = self._storing = None
        self._arrivals.clear()
        self._stored, self._kill_at, self.paused = False, None, False
        for alarm in (self._turn_alarm, self._store_alarm, self._connect_alarm):
            alarm.cancel()
        link, self._link = self._link, None
        if link is not None:
            link.die(silently=False)

    def kill_at(self, where: str) -> None:
        """Die at the next ``write``, ``written``, ``ledger`` or ``ledgered``."""
        self._kill_at = where

    def _point(self, where: str) -> None:
        if self._kill_at == where:
            raise HostKilled(where)

    # The link

    def _state(self, online: str) -> Message:
        body = f'{{"online":{online},"timestamp":{self._state_ms}}}'.encode()
        return Message(topics.render(StateTopic(HOST_ID)), body, qos=1, retain=True)

    def _connect(self) -> None:
        if self.pipeline is None or self._link is not None:
            return
        self._state_ms = self._now_ns() // NS_PER_MS
        link = self._stage.network.connect(
            HOST_ID, self._deliver, self._closed, self._state("false")
        )
        if link is None:
            self._connect_alarm.set(self._now_ns() + RECONNECT_NS)
            return
        self._link = link
        for topic_filter, _qos in topics.host_filters(HOST_ID):
            link.subscribe(topic_filter)
        link.publish(self._state("true"))
        self._stage.say("host connects")

    def _closed(self) -> None:
        if self._link is not None and not self._link.open:
            self._link = None
            self._connect_alarm.set(self._now_ns() + RECONNECT_NS)

    def _deliver(self, message: Message) -> None:
        if self.pipeline is None:
            return
        if message.topic.startswith(f"{topics.NAMESPACE}/STATE/"):
            if b"false" in message.payload and self._link is not None:
                self._link.publish(self._state("true"))
            return
        if len(self._arrivals) < ARRIVALS_MAX:
            self._arrivals.append(
                Arrival(message.topic, message.payload, self._now_ns(), message.retain)
            )

    # Turns

    def _turn(self) -> None:
        pipeline = self.pipeline
        if pipeline is None:
            return
        now_ns = self._now_ns()
        self._turn_alarm.set(now_ns + SWEEP_NS)
        if self.paused:
            return
        while self._arrivals:
            pipeline.receive(self._arrivals.popleft())
        pipeline.hearing(now_ns, on=self._link is not None)
        pipeline.advance(now_ns)
        if self._stored:
            assert self._storing is not None
            pipeline.stored(self._storing.batch)
            self._storing, self._stored = None, False
        batch = pipeline.next_batch(now_ns)
        if batch is not None:
            assert self._sink is not None
            assert self._ledger is not None
            self._storing = Storing(batch, sink=self._sink, ledger=self._ledger, rng=self._rng)
            self._store_alarm.set(now_ns + STORE_NS)
        self._publish(pipeline.commands(now_ns))
        self._check_bounds(pipeline)

    def _attempt(self) -> None:
        if self._storing is None or self._ledger is None:
            return
        if self.paused:
            self._store_alarm.set(self._now_ns() + SWEEP_NS)
            return
        self._ledger.refuses = self.ledger_refuses
        try:
            waiting = self._storing.attempt()
        except HostKilled as killed:
            self._stage.say(f"host dies at: {killed}")
            self.kill()
            return
        if waiting is None:
            self._stored = True
        else:
            self._store_alarm.set(self._now_ns() + round(waiting.wait_s * NS_PER_S) + 1)

    def _publish(self, publications: list[Publication]) -> None:
        for one in publications:
            self._watch(one)
            if self._link is not None:
                self._link.publish(Message(one.topic, one.payload, one.qos, one.retain))

    def _watch(self, one: Publication) -> None:
        self._stage.note(one.topic, one.payload)
        topic = topics.parse(one.topic)
        if not isinstance(topic, Topic):
            return
        named = {
            self._name(topic.gateway, metric): metric for metric in decode(one.payload).metrics
        }
        if delivery.SPOOL_COMMITTED not in named:
            return
        epoch = interpret(named[delivery.SPOOL_EPOCH], Datatype.INT64)
        below = interpret(named[delivery.SPOOL_COMMITTED], Datatype.INT64)
        assert isinstance(epoch, int)
        assert isinstance(below, int)
        self.truth.commit_sent(topic.gateway, epoch, below)

    def _name(self, gateway: str, metric: Metric) -> str:
        """What a metric of a command means to its gateway."""
        if metric.name is not None or metric.alias is None:
            return metric.name or ""
        assert self.pipeline is not None
        return self.pipeline.intake.sessions[gateway].series[metric.alias].name

    def _check_bounds(self, pipeline: Pipeline) -> None:
        most = 2 * self._limits.pending_bytes_max + (1 << 20)
        if pipeline.pending_bytes > most:
            raise Violation(Invariant.BOUNDED, f"host: {pipeline.pending_bytes} bytes pending")
        counts = pipeline.intake.all_counts()
        for (gateway, reason), count in counts.items():
            if reason in _NEVER and count:
                raise Violation(Invariant.LEDGER_FIRST, f"{gateway}: {reason} {count}")


_NEVER: Final = frozenset({"freed_earlier", "offset_impossible", "lost_impossible"})
"""What our own gateways and a ledger that was never restored cannot cause."""
