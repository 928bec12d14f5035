"""The in-process broker as the shells of gateway and host know a broker: the live demo's wire.

Everything runs on one asyncio loop but the host, whose loop is a thread of its own.
"""

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Final

from edge.errors import LinkLost
from edge.mqtt_link import Connect, Incoming, MqttLink
from edge.sparkplug_node import Outgoing
from ingest.clock import Clock
from ingest.commands import Publication
from ingest.intake import Message as Arrival
from simulators.broker import Broker, Message, Session
from vocabulary import topics
from vocabulary.topics import StateTopic
from vocabulary.units import NS_PER_MS

QUEUE_MESSAGES_MAX: Final = 10_000
CLOSED: Final = "the broker closed the session"
CUT: Final = "our own line is cut"


def local_connector(broker: Broker, client_id: str) -> Connect:
    """Connections of one client to the in-process broker."""

    @asynccontextmanager
    async def connect(will: Outgoing | None) -> AsyncIterator[MqttLink]:
        last_words = None
        if will is not None:
            last_words = Message(will.topic, will.payload, will.qos, will.retain)
        link = _LocalLink(broker)
        link.session = broker.connect(client_id, link.take, last_words)
        try:
            yield link
        finally:
            link.session.disconnect()

    return connect


class _LocalLink:
    session: Session

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._queue: asyncio.Queue[Message] = asyncio.Queue(QUEUE_MESSAGES_MAX)

    def take(self, message: Message) -> None:
        """The broker delivers; when the queue is full the message is dropped, as at QoS 0."""
        if not self._queue.full():
            self._queue.put_nowait(message)

    async def subscribe(self, filters: Iterable[tuple[str, int]]) -> None:
        for topic_filter, _qos in filters:
            self.session.subscribe(topic_filter)
        self._broker.pump()

    async def publish(self, outgoing: Outgoing) -> None:
        if not self.session.open:
            raise LinkLost(CLOSED, socket_opened=True)
        self.session.publish(
            Message(outgoing.topic, outgoing.payload, outgoing.qos, outgoing.retain)
        )
        self._broker.pump()

    async def messages(self) -> AsyncIterator[Incoming]:
        while True:
            message = await self._queue.get()
            yield Incoming(message.topic, message.payload, message.retain)


class Switch:
    """A switch in a wire: while it is off nothing connects, and what was connected is lost."""

    def __init__(self) -> None:
        self._off = asyncio.Event()

    def turn(self, *, on: bool) -> None:
        """Cut or mend."""
        if on:
            self._off.clear()
        else:
            self._off.set()

    def in_front_of(self, inner: Connect) -> Connect:
        """The same connections, through this switch."""

        @asynccontextmanager
        async def connect(will: Outgoing | None) -> AsyncIterator[MqttLink]:
            if self._off.is_set():
                raise LinkLost(CUT, socket_opened=False)
            async with inner(will) as link:
                yield _SwitchedLink(link, self._off)

        return connect


class _SwitchedLink:
    def __init__(self, link: MqttLink, off: asyncio.Event) -> None:
        self._link, self._off = link, off

    async def subscribe(self, filters: Iterable[tuple[str, int]]) -> None:
        await self._link.subscribe(filters)

    async def publish(self, outgoing: Outgoing) -> None:
        if self._off.is_set():
            raise LinkLost(CUT, socket_opened=True)
        await self._link.publish(outgoing)

    async def messages(self) -> AsyncIterator[Incoming]:
        queue: asyncio.Queue[Incoming] = asyncio.Queue(QUEUE_MESSAGES_MAX)
        reader = asyncio.ensure_future(self._read(queue))
        cut = asyncio.ensure_future(self._off.wait())
        wanted = asyncio.ensure_future(queue.get())
        try:
            while True:
                await asyncio.wait({wanted, cut, reader}, return_when=asyncio.FIRST_COMPLETED)
                if reader.done():
                    reader.result()
                if cut.done() or reader.done():
                    raise LinkLost(CUT, socket_opened=True)
                yield wanted.result()
                wanted = asyncio.ensure_future(queue.get())
        finally:
            for task in (reader, cut, wanted):
                task.cancel()
            await asyncio.gather(reader, cut, wanted, return_exceptions=True)

    async def _read(self, queue: "asyncio.Queue[Incoming]") -> None:
        async for message in self._link.messages():
            await queue.put(message)


class LocalConnection:
    """The host's line to the in-process broker, across threads."""

    def __init__(
        self, broker: Broker, host_id: str, clock: Clock, loop: asyncio.AbstractEventLoop
    ) -> None:
        self.arrivals: deque[Arrival] = deque()
        self.news = threading.Event()
        self.dropped = self.taken_bytes = 0
        self.connected = False
        self._broker, self._host_id, self._clock, self._loop = broker, host_id, clock, loop
        self._session: Session | None = None
        self._state_ms = 0

    def _state(self, online: str) -> Message:
        body = f'{{"online":{online},"timestamp":{self._state_ms}}}'.encode()
        return Message(topics.render(StateTopic(self._host_id)), body, qos=1, retain=True)

    def start(self) -> None:
        """Connect on the broker's loop."""
        self._loop.call_soon_threadsafe(self._connect)

    def _connect(self) -> None:
        self._state_ms = self._clock.now_ns() // NS_PER_MS
        self._session = self._broker.connect(self._host_id, self._take, self._state("false"))
        for topic_filter, _qos in topics.host_filters(self._host_id):
            self._session.subscribe(topic_filter)
        self._session.publish(self._state("true"))
        self._broker.pump()
        self.connected = True

    def _take(self, message: Message) -> None:
        if message.topic.startswith(f"{topics.NAMESPACE}/STATE/"):
            return
        self.arrivals.append(
            Arrival(message.topic, message.payload, self._clock.now_ns(), message.retain)
        )
        self.news.set()

    def stop(self) -> None:
        """Leave; the will says so."""
        self.connected = False
        if self._session is not None:
            self._loop.call_soon_threadsafe(self._session.drop)

    def publish(self, publication: Publication) -> bool:
        """Send a message through the broker's loop."""
        if not self.connected:
            return False
        self._loop.call_soon_threadsafe(self._send, publication)
        return True

    def _send(self, one: Publication) -> None:
        if self._session is not None:
            self._session.publish(Message(one.topic, one.payload, one.qos, one.retain))
            self._broker.pump()
