"""The host in the virtual world: the real pipeline, ledger and sink around a virtual clock."""

from typing import Final

from ingest.commands import Publication
from ingest.intake import Message as Arrival
from ingest.ledger import Ledger
from ingest.pipeline import Pipeline
from ingest.sink import Sink
from processing.settings import Settings
from simulators.broker import Broker, Message, Session
from simulators.scheduler import Alarm, Scheduler
from vocabulary import topics
from vocabulary.inventory import Inventory
from vocabulary.topics import StateTopic
from vocabulary.units import NS_PER_MS, NS_PER_S

SWEEP_NS: Final = 250 * NS_PER_MS
PENDING_BYTES_MAX: Final = 64 << 20
RETRY_NS: Final = 2 * NS_PER_S


class VirtualHost:
    """One host: receives, steps on a rhythm, stores, commits."""

    def __init__(
        self,
        inventory: Inventory,
        settings: Settings,
        *,
        host_id: str,
        scheduler: Scheduler,
        broker: Broker,
        sink: Sink,
        ledger: Ledger,
        commit_s: float,
    ) -> None:
        self._scheduler, self._clock, self._broker = scheduler, scheduler.clock, broker
        self._host_id, self._sink, self._ledger = host_id, sink, ledger
        self._session: Session | None = None
        self._alarm = Alarm(scheduler, self._turn)
        self._state_ms = 0
        self.pipeline = Pipeline(
            inventory,
            settings,
            contents=ledger.load(),
            commit_s=commit_s,
            pending_bytes_max=PENDING_BYTES_MAX,
            now_ns=self._clock.now_ns(),
        )

    def _state(self, online: str) -> Message:
        body = f'{{"online":{online},"timestamp":{self._state_ms}}}'.encode()
        return Message(topics.render(StateTopic(self._host_id)), body, qos=1, retain=True)

    def start(self) -> None:
        """Connect, subscribe, announce, begin to step."""
        self._state_ms = self._clock.now_ns() // NS_PER_MS
        self._session = self._broker.connect(self._host_id, self._deliver, self._state("false"))
        for topic_filter, _qos in topics.host_filters(self._host_id):
            self._session.subscribe(topic_filter)
        self._session.publish(self._state("true"))
        self._broker.pump()
        self._alarm.set(self._clock.now_ns() + SWEEP_NS)

    def _deliver(self, message: Message) -> None:
        if message.topic.startswith(f"{topics.NAMESPACE}/STATE/"):
            return
        arrival = Arrival(message.topic, message.payload, self._clock.now_ns(), message.retain)
        self.pipeline.receive(arrival)

    def _turn(self) -> None:
        now_ns = self._clock.now_ns()
        self.pipeline.advance(now_ns)
        self.store(now_ns)
        self._publish(self.pipeline.commands(now_ns))
        self._alarm.set(now_ns + SWEEP_NS)

    def store(self, now_ns: int, *, at_once: bool = False) -> None:
        """Store what is due, if anything is."""
        batch = self.pipeline.next_batch(now_ns, at_once=at_once)
        if batch is None:
            return
        outcome = self._sink.write(batch.lines)
        if not outcome.settled or outcome.dead:
            raise AssertionError(outcome)  # the demo's file and database do not fail
        self._ledger.store(batch.ledger)
        self.pipeline.stored(batch)

    def _publish(self, publications: list[Publication]) -> None:
        assert self._session is not None
        for one in publications:
            self._session.publish(Message(one.topic, one.payload, one.qos, one.retain))
        if publications:
            self._broker.pump()

    def finish(self) -> None:
        """Step and store what is left, whatever its time."""
        now_ns = self._clock.now_ns()
        self.pipeline.advance(now_ns)
        self.store(now_ns, at_once=True)
