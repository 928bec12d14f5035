"""An MQTT broker without a network: what the demo and the virtual world use for a wire.

It knows sessions, subscriptions with wildcards, retained messages and wills, and delivers in
order of publication, from a queue, so that a client's answer never runs inside its own call.
(MQTT 3.1.1, sections 3.1.2.5, 3.3.1.3 and 4.7.)
"""

from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple

QUEUE_MESSAGES_MAX: Final = 100_000
ROUTES_MAX: Final = 200_000
"""Topics whose receivers are remembered."""


class Message(NamedTuple):
    """One publication."""

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False


Deliver = Callable[[Message], None]


def matches(topic_filter: str, topic: str) -> bool:
    """Whether a topic falls under a filter with ``+`` and ``#``."""
    wanted, levels = topic_filter.split("/"), topic.split("/")
    if topic.startswith("$") and wanted[0] in ("+", "#"):
        return False  # the broker's own topics are asked for by name
    for ix, want in enumerate(wanted):
        if want == "#":
            return True
        if ix >= len(levels) or want not in ("+", levels[ix]):
            return False
    return len(wanted) == len(levels)


class Session:
    """One client's connection, as the broker sees it."""

    def __init__(
        self, broker: "Broker", client_id: str, deliver: Deliver, will: Message | None
    ) -> None:
        self.client_id, self.open = client_id, True
        self._broker, self._deliver, self._will = broker, deliver, will
        self._filters: list[str] = []

    def subscribe(self, topic_filter: str) -> None:
        """Take part in a topic; retained messages of it come at once."""
        self._filters.append(topic_filter)
        self._broker.learn_filter(self, topic_filter)
        for topic, message in self._broker.retained.items():
            if matches(topic_filter, topic):
                self._broker.enqueue(self, message)

    def wants(self, topic: str) -> bool:
        """Whether any subscription of this session covers the topic."""
        return any(matches(one, topic) for one in self._filters)

    def publish(self, message: Message) -> None:
        """Hand a message to the broker; nothing happens on a closed session."""
        if self.open:
            self._broker.accept(message)

    def disconnect(self) -> None:
        """Leave properly: the will is forgotten."""
        self._will = None
        self.drop()

    def drop(self) -> None:
        """The connection ends without a word: the will is spoken."""
        if not self.open:
            return
        self.open = False
        self._broker.sessions.pop(self.client_id, None)
        self._broker.forget_session(self)
        if self._will is not None:
            self._broker.accept(self._will)

    def deliver(self, message: Message) -> None:
        """The broker hands a message over."""
        if self.open:
            self._deliver(message)


class Broker:
    """Sessions by client id, a queue of deliveries, retained messages."""

    def __init__(self) -> None:
        self.sessions: dict[str, Session] = {}
        self.retained: dict[str, Message] = {}
        self.dropped = 0
        self.delivered = 0
        self.running = True
        self._routes: dict[str, list[Session]] = {}
        self._queue: deque[tuple[Session, Message]] = deque()

    def connect(self, client_id: str, deliver: Deliver, will: Message | None = None) -> Session:
        """Open a session; an older one with the same id is dropped and its will spoken."""
        older = self.sessions.get(client_id)
        if older is not None:
            older.drop()
        self.sessions[client_id] = Session(self, client_id, deliver, will)
        return self.sessions[client_id]

    def learn_filter(self, session: Session, topic_filter: str) -> None:
        """Known topics that a new subscription covers reach its session from now on."""
        for topic, receivers in self._routes.items():
            if session not in receivers and matches(topic_filter, topic):
                receivers.append(session)

    def forget_session(self, session: Session) -> None:
        """Nothing is routed to a session that has ended."""
        for receivers in self._routes.values():
            if session in receivers:
                receivers.remove(session)

    def _route(self, topic: str) -> "list[Session]":
        found = self._routes.get(topic)
        if found is None:
            if len(self._routes) >= ROUTES_MAX:
                self._routes.clear()
            found = [session for session in self.sessions.values() if session.wants(topic)]
            self._routes[topic] = found
        return found

    def accept(self, message: Message) -> None:
        """Route a publication to all who want it."""
        if message.retain:
            if message.payload:
                self.retained[message.topic] = message
            else:
                self.retained.pop(message.topic, None)
        live = message._replace(retain=False)
        for session in self._route(message.topic):
            self.enqueue(session, live)

    def enqueue(self, session: Session, message: Message) -> None:
        """Queue one delivery; beyond the bound it is dropped and counted."""
        if len(self._queue) >= QUEUE_MESSAGES_MAX:
            self.dropped += 1
            return
        self._queue.append((session, message))

    def pump(self) -> int:
        """Deliver all that is queued, and what that causes; gives how many."""
        count = 0
        while self._queue:
            session, message = self._queue.popleft()
            session.deliver(message)
            count += 1
        self.delivered += count
        return count

    def stop(self) -> None:
        """The broker dies: no wills, nothing retained survives, every session is gone."""
        for session in self.sessions.values():
            session.open = False
        self.sessions.clear()
        self._queue.clear()
        self.retained.clear()
        self._routes.clear()
        self.running = False

    def start(self) -> None:
        """It is back, empty; clients that look at ``running`` may connect again."""
        self.running = True
