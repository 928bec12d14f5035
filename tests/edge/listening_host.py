"""The reference host behind a real broker: it listens, and a test waits for what it hears."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from edge.configuration import broker_address
from edge.mqtt_link import MqttLink, aiomqtt_connector
from edge.sparkplug_node import Outgoing
from simulators.servers import Mosquitto
from tests.edge.reference_host import ReferenceHost, commit
from vocabulary import topics
from vocabulary.topics import Topic, Verb

WAIT_S = 20


class ListeningHost(ReferenceHost):
    """One gateway's messages, as they come through a broker."""

    def __init__(self, link: MqttLink) -> None:
        super().__init__()
        self._link, self._news = link, asyncio.Event()
        self.failure: BaseException | None = None

    async def listen(self) -> None:
        """Take what comes until cancelled; a broken rule is kept for the test."""
        try:
            async for message in self._link.messages():
                self.hear(message.topic, message.payload)
                self._news.set()
        except AssertionError as broken:
            self.failure = broken
            self._news.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for news until the condition holds."""
        async with asyncio.timeout(WAIT_S):
            while not condition():
                if self.failure is not None:
                    raise self.failure
                self._news.clear()
                await self._news.wait()

    def count(self, verb: Verb) -> int:
        """How many messages of a kind came."""
        return sum(1 for one in self.heard if one.verb is verb)

    async def commits(self, below: int | None = None) -> None:
        """Tell the gateway what is stored; by default all of it."""
        known = self.prefix(self.epoch) if below is None else below
        await self._link.publish(Outgoing(self.topic, commit(self.epoch, known), qos=0))

    async def says(self, topic: str, body: bytes, *, retain: bool = False) -> None:
        """Publish anything."""
        await self._link.publish(Outgoing(topic, body, qos=1, retain=retain))


@asynccontextmanager
async def listening(broker: Mosquitto, gateway_id: str) -> AsyncIterator[ListeningHost]:
    """A host that hears one gateway of the north."""
    address = broker_address(broker.url)
    connect = aiomqtt_connector(address, client_id=f"host-of-{gateway_id}", keepalive_s=10)
    async with connect(None) as link:
        verbs = (Verb.NBIRTH, Verb.NDATA, Verb.NDEATH)
        filters = [(topics.render(Topic("north", verb, gateway_id)), 1) for verb in verbs]
        devices = (Verb.DBIRTH, Verb.DDATA, Verb.DDEATH)
        filters += [(f"spBv1.0/north/{verb}/{gateway_id}/+", 1) for verb in devices]
        await link.subscribe(filters)
        host = ListeningHost(link)
        task = asyncio.ensure_future(host.listen())
        try:
            yield host
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
