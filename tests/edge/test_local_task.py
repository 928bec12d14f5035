"""The local broker's shell against a real Mosquitto: messages in, also after it was away."""

import asyncio
import itertools
import random
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from edge.agent import Agent
from edge.clock import SystemClock
from edge.configuration import GatewayConfiguration, Reconnect, broker_address, parse
from edge.local_task import LocalTask
from edge.mqtt_link import Connect, MqttLink, aiomqtt_connector
from edge.reconnect import ReconnectPolicy
from edge.sparkplug_node import Outgoing
from simulators.servers import LOOPBACK, Mosquitto, free_port
from tests.edge.one_gateway import AP_TOPIC, OneGateway, settings
from vocabulary import sparkplug_b_pb2 as pb
from vocabulary.payload import decode

WAIT_S = 20
HASTY = Reconnect(first_max_s=0.02, own_link_max_s=0.02, base_s=0.01, max_s=0.02, stable_s=0.01)
NUMBERS = itertools.count(1)
MESSAGE = b'{"stations":[{},{}],"radio":{"rx":7}}'


class Desk:
    """An agent, its local task, and everything it said."""

    def __init__(self, connect: Connect, gateway: OneGateway | None = None) -> None:
        self.agent: Agent = (gateway or OneGateway()).agent
        self.said: list[tuple[str, str]] = []
        self._news = asyncio.Event()
        policy = ReconnectPolicy(HASTY, random.Random(1))
        self.task = LocalTask(
            self.agent, SystemClock(), connect, policy, self._changed, self._news.set
        )

    def _changed(self, event: str, reason: str) -> None:
        self.said.append((event, reason))
        self._news.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(WAIT_S):
            while not condition():
                self._news.clear()
                await self._news.wait()

    async def up(self, times: int = 1) -> None:
        await self.until(
            lambda: [event for event, _ in self.said].count("local_broker_up") >= times
        )


@asynccontextmanager
async def running(desk: Desk) -> AsyncIterator[None]:
    task = asyncio.create_task(desk.task.run())
    try:
        yield
    finally:
        task.cancel()
        (ended,) = await asyncio.gather(task, return_exceptions=True)
        assert isinstance(ended, asyncio.CancelledError)


def to(broker: Mosquitto, client_id: str) -> Connect:
    return aiomqtt_connector(broker_address(broker.url), client_id=client_id, keepalive_s=10)


async def publish(broker: Mosquitto, *messages: bytes, retain: bool = False) -> None:
    """As an access point would."""
    async with to(broker, f"ap-{next(NUMBERS)}")(None) as link:
        for message in messages:
            await link.publish(Outgoing(AP_TOPIC, message, qos=1, retain=retain))


@pytest.fixture
def mortal() -> Iterator[Mosquitto]:
    """A broker of our own, to be killed."""
    with Mosquitto() as server:
        yield server


async def test_messages_become_records(broker: Mosquitto) -> None:
    desk = Desk(to(broker, "local-a"))
    async with running(desk):
        await desk.up()
        await publish(broker, MESSAGE, b"nonsense", MESSAGE)
        await desk.until(lambda: desk.agent.spool.next_offset == 2)
    assert desk.agent.counts["ap_message_not_json"] == 1
    assert desk.said == [("local_broker_up", "")]


async def test_a_retained_message_at_start_is_no_reading(broker: Mosquitto) -> None:
    await publish(broker, MESSAGE, retain=True)
    desk = Desk(to(broker, "local-b"))
    try:
        async with running(desk):
            await desk.until(lambda: desk.agent.counts["ap_message_retained"] == 1)
        assert desk.agent.spool.next_offset == 0
    finally:
        await publish(broker, b"", retain=True)


async def test_a_broker_that_was_away_is_found_again(mortal: Mosquitto) -> None:
    desk = Desk(to(mortal, "local-c"))
    async with running(desk):
        await desk.up()
        mortal.kill()
        await desk.until(lambda: desk.said[-1][0] == "local_broker_lost")
        mortal.start()
        await desk.up(times=2)
        await publish(mortal, MESSAGE)
        await desk.until(lambda: desk.agent.spool.next_offset == 1)


async def test_a_broker_that_is_away_is_said_once() -> None:
    nowhere = broker_address(f"mqtt://{LOOPBACK}:{free_port()}")
    real = aiomqtt_connector(nowhere, client_id="local-d", keepalive_s=10)
    attempts, five = itertools.count(1), asyncio.Event()

    def connect(will: Outgoing | None) -> AbstractAsyncContextManager[MqttLink]:
        assert will is None
        if next(attempts) == 5:
            five.set()
        return real(will)

    desk = Desk(connect)
    async with running(desk), asyncio.timeout(WAIT_S):
        await five.wait()
    assert len(desk.said) == 1


NODE = """
[[source]]
ap_id = "ap-node"
topic = "spBv1.0/home/+/ap-node/#"
format = "sparkplug"
metrics = [{ name = "wifi/clients", path = "Clients" }]
"""


async def test_a_local_edge_node_is_asked_for_its_birth_and_then_heard(broker: Mosquitto) -> None:
    """It was there before us and says nothing of itself until asked."""
    clients = pb.Payload.Metric(name="Clients", alias=1, datatype=3, int_value=4)
    birth = pb.Payload(timestamp=1, seq=0, metrics=[clients]).SerializeToString()
    desk = Desk(to(broker, "local-e"), OneGateway(settings(rest=NODE)))
    async with to(broker, "ap-node")(None) as node:
        await node.subscribe([("spBv1.0/home/NCMD/ap-node", 1)])
        async with running(desk), asyncio.timeout(WAIT_S):
            async for command in node.messages():
                assert decode(command.payload).metrics[0].name == "Node Control/Rebirth"
                break
            await node.publish(Outgoing("spBv1.0/home/NBIRTH/ap-node", birth, qos=0))
            await desk.until(lambda: desk.agent.spool.next_offset == 1)
    assert desk.agent.counts == {"ap_time_off": 1}  # stamped in 1970: taken with our own time


def reading(topic: str) -> GatewayConfiguration:
    """A gateway that reads one plain topic, and watches none besides."""
    text = f"""
        gateway_id = "gw-one"
        district = "north"
        [uplink]
        broker = "mqtt://127.0.0.1:1883"
        [local]
        watch = []
        [[source]]
        ap_id = "ap-one"
        format = "plain"
        topic = "{topic}"
        metrics = [{{ name = "wifi/clients" }}]
    """
    return parse(text, file="test.toml")


async def test_fixed_client_id(broker: Mosquitto) -> None:
    """Under the same client id a new configuration hears its own topics and none of the old."""
    for topic, other in (("fixed/old", "fixed/new"), ("fixed/new", "fixed/old")):
        desk = Desk(to(broker, "local-fixed"), OneGateway(reading(topic)))
        async with running(desk):
            await desk.up()
            async with to(broker, f"ap-{next(NUMBERS)}")(None) as link:
                for where in (other, topic):
                    await link.publish(Outgoing(where, b"7", qos=1))
            await desk.until(lambda desk=desk: desk.agent.spool.next_offset == 1)  # type: ignore[misc]
        assert desk.agent.counts == {}
