"""The uplink's shell against a real Mosquitto: up, lost, up again, and gone with a word."""

import asyncio
import itertools
import random
import socket
import struct
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from edge import mqtt_link
from edge.agent import Agent
from edge.clock import SystemClock
from edge.configuration import Reconnect, broker_address
from edge.mqtt_link import Connect, MqttLink, aiomqtt_connector
from edge.reconnect import ReconnectPolicy
from edge.sparkplug_node import Outgoing
from edge.uplink_session import Phase
from edge.uplink_task import LOSSES_NS, UplinkTask
from simulators.servers import LOOPBACK, Mosquitto, free_port
from tests.edge.listening_host import WAIT_S, ListeningHost, listening
from tests.edge.one_gateway import AP_TOPIC, OneGateway, settings
from tests.edge.reference_host import rebirth
from vocabulary import delivery
from vocabulary.topics import Verb

HASTY = Reconnect(first_max_s=0.02, own_link_max_s=0.01, base_s=0.01, max_s=0.02, stable_s=0.01)
SLOW = Reconnect(first_max_s=86_400, own_link_max_s=0.01, base_s=86_400, max_s=86_400)
NUMBERS = itertools.count(1)


class Waiting(ReconnectPolicy):
    """Says when the task has asked for its delay."""

    def __init__(self, settings: Reconnect) -> None:
        super().__init__(settings, random.Random(1))
        self.asked = asyncio.Event()

    def first_delay_s(self) -> float:
        self.asked.set()
        return super().first_delay_s()


class Desk:
    """An agent, its uplink task, and what the task said of its state."""

    def __init__(self, connect: Connect, gateway_id: str, reconnect: Reconnect = HASTY) -> None:
        made = settings()
        self.configuration = type(made)(
            gateway_id, made.district, made.uplink, source=made.source, serial=made.serial
        )
        self.clock = SystemClock()
        self.gateway = OneGateway(self.configuration)
        self.said: list[tuple[str, str]] = []
        self._news = asyncio.Event()
        self.policy = Waiting(reconnect)
        self.task = UplinkTask(self.agent, self.clock, connect, self.policy, self._changed)

    @property
    def agent(self) -> Agent:
        return self.gateway.agent

    def _changed(self, event: str, reason: str) -> None:
        self.said.append((event, reason))
        self._news.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for a change of state until the condition holds."""
        async with asyncio.timeout(WAIT_S):
            while not condition():
                self._news.clear()
                await self._news.wait()

    def read(self, clients: int) -> None:
        body = b'{"stations":[' + b",".join([b"{}"] * clients) + b"]}"
        self.agent.local_message(AP_TOPIC, body, self.clock.now(), retained=False)
        self.task.news()


@asynccontextmanager
async def running(desk: Desk) -> AsyncIterator[asyncio.Task[None]]:
    """The task runs; it is stopped in the end."""
    task = asyncio.create_task(desk.task.run())
    try:
        yield task
    finally:
        desk.task.stop()
        async with asyncio.timeout(WAIT_S):
            await asyncio.gather(task, return_exceptions=True)


def new_id() -> str:
    """A gateway of its own for each test: the broker is shared."""
    return f"gw-{next(NUMBERS)}"


def to(broker: Mosquitto, gateway_id: str) -> Connect:
    return aiomqtt_connector(broker_address(broker.url), client_id=gateway_id, keepalive_s=10)


@pytest.fixture
def mortal() -> Iterator[Mosquitto]:
    """A broker of our own, to be killed."""
    with Mosquitto() as server:
        yield server


def session_of(host: ListeningHost, verb: Verb) -> list[int]:
    return [one.number(delivery.BD_SEQ) for one in host.heard if one.verb is verb]


async def test_births_data_commit_and_farewell(broker: Mosquitto) -> None:
    name = new_id()
    desk = Desk(to(broker, name), name)
    async with listening(broker, name) as host:
        async with running(desk):
            await host.until(lambda: host.count(Verb.DBIRTH) == 2)
            desk.read(3)
            await host.until(lambda: host.prefix(host.epoch) == 1)
            await host.commits()
            commits = desk.agent.uplink
            desk.read(4)
            await host.until(lambda: commits.commits >= 1 and host.prefix(host.epoch) == 2)
            assert desk.agent.spool.committed == 1
        await host.until(lambda: host.count(Verb.NDEATH) == 1)
        assert session_of(host, Verb.NDEATH) == session_of(host, Verb.NBIRTH) == [0]
    assert desk.said == [("uplink_up", "")]
    assert (desk.task.attempts, desk.task.connects) == (1, 1)


async def test_what_is_due_goes_before_the_farewell(broker: Mosquitto) -> None:
    name = new_id()
    desk = Desk(to(broker, name), name)
    async with listening(broker, name) as host:
        async with running(desk):
            await host.until(lambda: host.count(Verb.DBIRTH) == 2)
            for clients in range(50):
                desk.read(clients)
        await host.until(lambda: host.count(Verb.NDEATH) == 1)
        assert host.heard[-1].verb is Verb.NDEATH
        assert host.prefix(host.epoch) == 50


async def test_a_rebirth_is_answered(broker: Mosquitto) -> None:
    name = new_id()
    desk = Desk(to(broker, name), name)
    async with listening(broker, name) as host, running(desk):
        await host.until(lambda: host.count(Verb.DBIRTH) == 2)
        await host.says(host.topic, rebirth())
        await host.until(lambda: host.count(Verb.DBIRTH) == 4)
        assert session_of(host, Verb.NBIRTH) == [0, 0]


async def test_broker_forgets_everything(mortal: Mosquitto) -> None:
    """Killed and started empty: the gateway comes back by itself, and nothing is missing."""
    name = new_id()
    desk = Desk(to(mortal, name), name)
    async with running(desk):
        async with listening(mortal, name) as host:
            await host.until(lambda: host.count(Verb.DBIRTH) == 2)
            desk.read(1)
            await host.until(lambda: host.prefix(host.epoch) == 1)
            await host.commits(0)
            await host.until(lambda: host.duplicates == 1)  # the first commit ever: all again
            mortal.kill()
        await desk.until(lambda: desk.said[-1][0] == "uplink_lost")
        for clients in range(2, 6):
            desk.read(clients)
        mortal.start()
        async with listening(mortal, name) as host:
            await desk.until(lambda: desk.said[-1][0] == "uplink_up")
            await host.until(lambda: host.count(Verb.DBIRTH) == 2 or host.failure is not None)
            await host.commits(0)
            await host.until(lambda: host.prefix(host.epoch) == 5)
            assert session_of(host, Verb.NBIRTH)[0] == 1
    assert {event for event, _reason in desk.said} == {"uplink_up", "uplink_lost"}


async def test_a_broker_that_is_away_is_said_once() -> None:
    name, five = new_id(), asyncio.Event()
    nowhere = broker_address(f"mqtt://{LOOPBACK}:{free_port()}")
    real = aiomqtt_connector(nowhere, client_id=name, keepalive_s=10)

    def connect(will: Outgoing | None) -> AbstractAsyncContextManager[MqttLink]:
        if desk.task.attempts == 5:
            five.set()
        return real(will)

    desk = Desk(connect, name)
    async with running(desk), asyncio.timeout(WAIT_S):
        await five.wait()
    assert len(desk.said) == 1
    assert desk.said[0][0] == "uplink_lost"
    assert desk.task.connects == 0
    assert desk.agent.uplink.node.bd_seq == 0  # no broker saw the number


async def test_loss_of_the_link_lets_the_will_speak(broker: Mosquitto) -> None:
    """Somebody takes our name: the broker closes our link and says the will, and we come back."""
    name = new_id()
    desk = Desk(to(broker, name), name)
    async with listening(broker, name) as host, running(desk):
        await host.until(lambda: host.count(Verb.DBIRTH) == 2)
        async with to(broker, name)(None):
            await host.until(lambda: host.count(Verb.NDEATH) == 1)
            await host.until(lambda: host.count(Verb.NBIRTH) == 2)
        assert session_of(host, Verb.NDEATH)[0] == 0
        assert session_of(host, Verb.NBIRTH) == [0, 1]


async def test_whoever_ends_the_task_the_death_is_said(broker: Mosquitto) -> None:
    """Cancelled in the middle: closing the link would silence the will."""
    name = new_id()
    desk = Desk(to(broker, name), name)
    async with listening(broker, name) as host:
        task = asyncio.create_task(desk.task.run())
        await host.until(lambda: host.count(Verb.DBIRTH) == 2)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await host.until(lambda: host.count(Verb.NDEATH) == 1)
    assert task.cancelled()
    assert desk.agent.uplink.phase is Phase.DOWN


async def test_a_fault_of_ours_ends_the_task() -> None:
    class Broken(Exception):
        pass

    def connect(will: Outgoing | None) -> AbstractAsyncContextManager[MqttLink]:
        assert will is not None
        raise Broken

    desk = Desk(connect, new_id())
    with pytest.raises(Broken):
        await desk.task.run()


async def test_stop_does_not_wait_for_the_delay() -> None:
    def connect(will: Outgoing | None) -> AbstractAsyncContextManager[MqttLink]:
        raise AssertionError(will)

    desk = Desk(connect, new_id(), SLOW)
    task = asyncio.create_task(desk.task.run())
    await desk.policy.asked.wait()
    desk.task.stop()
    async with asyncio.timeout(WAIT_S):
        await task
    assert desk.task.attempts == 0


async def test_our_own_link_coming_back_cuts_the_wait_short(broker: Mosquitto) -> None:
    name = new_id()
    desk = Desk(to(broker, name), name, SLOW)
    async with listening(broker, name) as host, running(desk):
        await desk.policy.asked.wait()
        desk.task.own_link_back()
        await host.until(lambda: host.count(Verb.NBIRTH) == 1)


async def test_reconnect_from_any_state(broker: Mosquitto, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused, unknown to the name service, reset, mute: what is new is said, and then it is up."""
    monkeypatch.setattr(mqtt_link, "CONNECT_TIMEOUT_S", 0.5)
    name = new_id()

    async def resets(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        linger = struct.pack("ii", 1, 0)  # close answers with a reset
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.close()

    with socket.create_server((LOOPBACK, 0)) as mute:
        async with await asyncio.start_server(resets, LOOPBACK, 0) as resetting:
            places = [
                f"mqtt://{LOOPBACK}:{free_port()}",
                "mqtt://no-such-host.invalid:1883",
                f"mqtt://{LOOPBACK}:{resetting.sockets[0].getsockname()[1]}",
                f"mqtt://{LOOPBACK}:{mute.getsockname()[1]}",
            ]
            ways = [
                aiomqtt_connector(broker_address(url), client_id=name, keepalive_s=10)
                for url in (*places, broker.url)
            ]

            def connect(will: Outgoing | None) -> AbstractAsyncContextManager[MqttLink]:
                return ways[min(desk.task.attempts, len(ways)) - 1](will)

            desk = Desk(connect, name)
            async with running(desk):
                await desk.until(lambda: desk.said[-1:] == [("uplink_up", "")])
    reasons = [reason for event, reason in desk.said if event == "uplink_lost"]
    assert "refused" in reasons[0]
    assert "not known" in reasons[1]
    assert reasons[-1] == "no answer to CONNECT within 0.5 s: is this an MQTT broker?"
    assert (desk.task.connects, desk.task.attempts) == (1, len(ways))


async def test_a_copied_card_is_seen_on_both_sides(broker: Mosquitto) -> None:
    """Two with one name put each other out in turn: each counts it, so each doctor says it."""
    name = new_id()
    one, two = Desk(to(broker, name), name), Desk(to(broker, name), name)
    async with running(one), running(two):
        for desk in (one, two):
            await desk.until(lambda desk=desk: desk.task.losses(desk.clock.mono_ns()) >= 2)  # type: ignore[misc]
    assert one.task.losses(one.clock.mono_ns() + LOSSES_NS) == 0
