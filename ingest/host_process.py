"""The host, wired: opens things in order, runs its loop, closes in reverse."""

import random
import threading
from collections import deque
from typing import Any, Final, Protocol

import msgspec

from ingest import plain_lines
from ingest.broker_connection import BrokerConnection
from ingest.clock import Clock, SystemClock
from ingest.commands import Publication
from ingest.configuration import HostConfiguration
from ingest.errors import LedgerFault
from ingest.intake import Message
from ingest.ledger import Ledger
from ingest.metrics_page import Page, Snapshot
from ingest.notice_desk import NoticeDesk
from ingest.pipeline import Batch, Pipeline
from ingest.sink import Sink
from ingest.sink_worker import SinkWorker
from ingest.storing import Trouble
from processing import bind
from processing.step import warm_up
from vocabulary.event_log import EventLog, Level, Risen
from vocabulary.inventory import Inventory
from vocabulary.units import NS_PER_S

SWEEP_S: Final = 0.25
GATHER_S: Final = 0.02
"""What comes so soon after the first is taken together with it: a step costs as much as a hundred
messages, and a reader that never pauses keeps the network's thread from its turn."""
GATHERED_MAX: Final = 5_000
"""So many need not wait for more."""
STOP_S_MAX: Final = 10.0
STORED_AT_STOP_MAX: Final = 2
SNAPSHOT_NS: Final = NS_PER_S
ORDINARY: Final = frozenset({"rebirth_asked", "seq_reordered"})
"""Counted beside refusals, and nothing to speak of."""
EXPECTED: Final = frozenset({"duplicate"})
"""After every break of a connection: what was under way comes again. Said, but no warning."""


class Connection(Protocol):
    """A line to a broker, as the host uses it."""

    arrivals: deque[Message]
    news: threading.Event
    taken_bytes: int
    dropped: int
    connected: bool

    def start(self) -> None:
        """Begin to connect."""
        ...

    def stop(self) -> None:
        """Leave."""
        ...

    def publish(self, publication: Publication) -> bool:
        """Send a message; False when it was not sent."""
        ...


class HostProcess:
    """One running host."""

    def __init__(
        self,
        configuration: HostConfiguration,
        inventory: Inventory,
        log: EventLog,
        *,
        sink: Sink,
        ledger: Ledger,
        clock: Clock | None = None,
        connection: Connection | None = None,
        desk: NoticeDesk | None = None,
    ) -> None:
        self._configuration, self._log = configuration, log
        self.clock: Clock = clock or SystemClock()
        self._rng = random.Random()  # noqa: S311 - jitter, no secret
        self._sink, self._ledger = sink, ledger
        self._connection: Connection = connection or BrokerConnection(
            configuration.broker,
            configuration.host_id,
            clock=self.clock,
            changed=self._broker_changed,
            arrivals_max=configuration.limits.arrivals,
            rng=self._rng,
        )
        limits = configuration.limits
        self.pipeline = Pipeline(
            inventory,
            configuration.detector,
            contents=ledger.load(),
            commit_s=limits.commit_s,
            pending_bytes_max=limits.pending_bytes,
            reorder_ns=round(limits.reorder_s * NS_PER_S),
            now_ns=self.clock.now_ns(),
        )
        self._worker = SinkWorker(
            sink,
            ledger,
            rng=self._rng,
            changed=self._sink_changed,
            done=self._connection.news.set,
        )
        self._page = Page(configuration.metrics_page)
        self._desk = desk
        self._desk_troubles = 0
        self._stop = threading.Event()
        self._shown_ns = 0
        self._refused: Risen[tuple[str, str]] = Risen()
        if self.pipeline.checkpoint_refused:
            reason = self.pipeline.checkpoint_refused
            self.say("checkpoint_refused", level=Level.ERROR, reason=reason)

    def say(self, event: str, *, level: Level = Level.INFO, key: str = "", **more: Any) -> None:
        """Log one event."""
        self._log.say(event, wall_ns=self.clock.now_ns(), level=level, key=key, **more)

    def _broker_changed(self, event: str, reason: str) -> None:
        level = Level.WARNING if reason else Level.INFO
        ends = "broker_up" if reason else "broker_lost"
        self.say(event, level=level, key=reason, ends=ends, reason=reason)

    def _sink_changed(self, trouble: Trouble | None) -> None:
        if trouble is None:
            self.say("storing", ends="not_storing")
        else:
            level = Level.ERROR if trouble.remedy else Level.WARNING
            more = {"reason": trouble.reason, "remedy": trouble.remedy}
            self.say("not_storing", level=level, key=trouble.reason, ends="storing", **more)

    def stop(self) -> None:
        """Ask for a clean end; ``run`` returns soon after. Safe from a signal handler."""
        self._stop.set()
        self._connection.news.set()

    def run(self) -> None:
        """Run until ``stop``."""
        warm_up(self.pipeline.city)  # before anybody is told that we are here
        bind.warm_up()
        plain_lines.warm_up(self.pipeline.city, self.pipeline.tags)
        try:
            self._page.start()
        except OSError as error:  # a page nobody can read stops no reading
            self.say("metrics_page_closed", level=Level.WARNING, reason=str(error.strerror))
        self._worker.start()
        if self._desk is not None:
            self._desk.start()
        self._connection.start()
        self.say("host_started", gateways=self.pipeline.city.gateway_count)
        sound = False
        try:
            while not self._stop.is_set():
                self.turn()
                if self._connection.news.wait(SWEEP_S):
                    self._gather()
                self._connection.news.clear()
            sound = True
        finally:
            self._close(settle=sound)  # after a fault of our own nothing half done is stored

    def _gather(self) -> None:
        if len(self._connection.arrivals) < GATHERED_MAX:
            self._stop.wait(GATHER_S)

    def turn(self) -> None:
        """One round: take what arrived, step, hand over a batch, send what is due."""
        pipeline, arrivals = self.pipeline, self._connection.arrivals
        taken = [arrivals.popleft() for _ in range(len(arrivals))]
        self._connection.taken_bytes += sum(len(message.payload) for message in taken)
        pipeline.receive_all(taken)
        now_ns = self.clock.now_ns()
        pipeline.hearing(now_ns, on=self._connection.connected)
        pipeline.advance(now_ns)
        finished = self._worker.take_done()
        if finished is not None:
            pipeline.stored(finished)
            self._tell(finished)
        if self._worker.failure is not None:
            raise self._worker.failure
        batch = pipeline.next_batch(now_ns)
        if batch is not None:
            self._worker.give(batch)
        for publication in pipeline.commands(now_ns):
            self._connection.publish(publication)
        self._page.nodes.answer(lambda: msgspec.json.encode(pipeline.beliefs.all(now_ns)))
        if now_ns - self._shown_ns >= SNAPSHOT_NS:
            self._shown_ns = now_ns
            self._page.latest = self.snapshot()
            self._tell(None)
            self._say_refused()

    def _tell(self, batch: Batch | None) -> None:
        """People are told of what is in the ledger, and of nothing else."""
        if self._desk is None:
            return
        try:
            notices = self._desk.consider(batch.ledger.incidents if batch is not None else ())
        except LedgerFault as error:  # the rows are stored: the next start tells what is open
            self.say("notices_not_kept", level=Level.ERROR, key=str(error), reason=str(error))
            return
        for one in notices:
            self.say("notice", incident=one.incident, what=str(one.event))
        if self._desk.troubles > self._desk_troubles:
            self._desk_troubles = self._desk.troubles
            reason = self._desk.last_trouble
            self.say("notice_not_delivered", level=Level.WARNING, key=reason, reason=reason)

    def _say_refused(self) -> None:
        """What was not taken since the last look, a reason a line; the log holds back repeats."""
        for (gateway, reason), count in self._refused.look(self._page.latest.refused).items():
            if reason not in ORDINARY:
                level = Level.INFO if reason in EXPECTED else Level.WARNING
                more = {"gateway": gateway, "reason": reason, "count": count}
                self.say("refused", level=level, key=f"{gateway} {reason}", **more)

    def snapshot(self) -> Snapshot:
        """Every number the metrics page shows."""
        pipeline, intake = self.pipeline, self.pipeline.intake
        refused = dict(intake.all_counts())
        refused |= {("", reason): count for reason, count in pipeline.refused.items()}
        refused["", "arrival_queue_full"] = self._connection.dropped
        refused["", "shed"] = pipeline.shed
        return Snapshot(
            {
                "pending_bytes": pipeline.pending_bytes,
                "broker_up": self._connection.connected,
                "gateways_alive": sum(one.alive for one in intake.sessions.values()),
                "gateways_quarantined": intake.offenders.held_count(self.clock.now_ns()),
            },
            {
                "readings": intake.readings,
                "lines_stored": self._worker.lines_stored,
                "dead_letters": self._worker.dead_letters,
                "steps": pipeline.steps,
            },
            refused,
        )

    def _close(self, *, settle: bool) -> None:
        for _ in range(STORED_AT_STOP_MAX):  # what is in hand, then what gathered meanwhile
            if not settle or not self._settle():
                break
        for publication in self.pipeline.commands(self.clock.now_ns()):
            self._connection.publish(publication)
        self._connection.stop()
        self._worker.stop(STOP_S_MAX)
        if self._desk is not None:
            self._desk.stop(STOP_S_MAX)
        self._sink.close()
        self._ledger.close()
        self._page.stop()
        self.say("host_stopped")

    def _settle(self) -> bool:
        """Store one more batch before leaving; what is not stored in time comes again."""
        batch = self.pipeline.next_batch(self.clock.now_ns(), at_once=True)
        if batch is not None:
            self._worker.give(batch)
        if not self.pipeline.is_storing:
            return False
        finished = self._worker.wait_done(STOP_S_MAX)
        if finished is None:
            return False
        self.pipeline.stored(finished)
        return True
