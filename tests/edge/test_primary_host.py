"""The standard's rule for a primary host: no births without it, and none to stay for."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from edge.clock import SystemClock
from edge.configuration import Reconnect
from edge.errors import LinkLost
from edge.mqtt_link import Connect, Incoming, MqttLink
from edge.reconnect import ReconnectPolicy
from edge.sparkplug_node import Outgoing
from edge.uplink_session import Phase
from edge.uplink_task import HOST_AWAY, UplinkTask
from tests.edge.one_gateway import STATE_TOPIC, OneGateway, settings, state
from tests.edge.reference_host import rebirth
from vocabulary.topics import Verb

GATE = "gate_on_host = true"
SECOND = 'gate_on_host = true\nmore_brokers = ["mqtt://127.0.0.1:1884"]'
HASTY = Reconnect(first_max_s=0.01, own_link_max_s=0.01, base_s=0.01, max_s=0.01)
WAIT_S = 20.0
REFUSED = "refused"


def test_births_wait_for_the_host() -> None:
    gateway = OneGateway(settings(GATE))
    assert gateway.connect() == []
    gateway.read(1)
    gateway.hear(rebirth())  # there is nothing yet that could be said again
    assert gateway.say() == []
    gateway.hear(state(online=True, timestamp_ms=7), "spBv1.0/STATE/another")
    gateway.host_state(online=False, timestamp_ms=8)
    gateway.host_state(online=True, timestamp_ms=7)  # older than the last
    assert gateway.say() == []
    assert gateway.agent.uplink.phase is Phase.WAITING
    gateway.host_state(online=True, timestamp_ms=8)
    assert [one.verb for one in gateway.say()[:3]] == [Verb.NBIRTH, Verb.DBIRTH, Verb.DBIRTH]


@pytest.mark.parametrize("uplink", [GATE, SECOND])
def test_an_offline_host_ends_the_session(uplink: str) -> None:
    gateway = OneGateway(settings(uplink))
    gateway.connect()
    gateway.host_state(online=True, timestamp_ms=5)
    gateway.say()
    gateway.host_state(online=False, timestamp_ms=4)  # an old will, spoken late
    assert not gateway.agent.uplink.leaves(gateway.now)
    gateway.host_state(online=False, timestamp_ms=5)
    gateway.read(1)
    gateway.hear(rebirth())
    assert gateway.say() == []
    assert gateway.agent.uplink.leaves(gateway.now)
    farewell = gateway.agent.uplink.farewell(gateway.now)
    assert farewell is not None
    assert farewell.topic.endswith("/NDEATH/gw-one")


def test_a_broker_without_a_word_of_the_host_is_left_for_the_next() -> None:
    gateway = OneGateway(settings(SECOND))
    gateway.connect()
    uplink = gateway.agent.uplink
    assert uplink.wake_ns(gateway.now) == gateway.now.mono_ns + 30 * 10**9
    assert not uplink.leaves(gateway.now.later(29.9))
    assert uplink.leaves(gateway.now.later(30))
    assert uplink.farewell(gateway.now) is None  # nobody heard a birth


def test_alone_it_waits_for_ever() -> None:
    gateway = OneGateway(settings(GATE))
    gateway.connect()
    gateway.host_state(online=False)
    assert gateway.agent.uplink.wake_ns(gateway.now) is None
    assert not gateway.agent.uplink.leaves(gateway.now.later(3_600))


def test_each_broker_has_its_own_last_word() -> None:
    gateway = OneGateway(settings(SECOND))
    uplink = gateway.agent.uplink
    for broker, timestamp_ms in ((0, 50), (1, 40), (1, 41)):
        uplink.connected(gateway.now, broker=broker)
        gateway.host_state(online=True, timestamp_ms=timestamp_ms)
        assert uplink.phase is Phase.BIRTHING
        uplink.lost()
    uplink.connected(gateway.now, broker=0)
    gateway.host_state(online=True, timestamp_ms=41)
    assert uplink.phase is Phase.WAITING


def test_without_the_gate_the_host_decides_nothing() -> None:
    gateway = OneGateway()
    gateway.connect()
    gateway.host_state(online=False)
    assert not gateway.agent.uplink.leaves(gateway.now)
    assert gateway.agent.uplink.phase is Phase.LIVE


class Line:
    """A broker that says one STATE and takes everything."""

    def __init__(self, *, online: bool | None) -> None:
        self.online = online
        self.heard: list[str] = []
        self.sessions = 0

    async def subscribe(self, filters: object) -> None:
        assert filters

    async def publish(self, outgoing: Outgoing) -> None:
        self.heard.append(outgoing.topic.split("/")[2])

    async def messages(self) -> AsyncIterator[Incoming]:
        if self.online is not None:
            yield Incoming(STATE_TOPIC, state(online=self.online), retain=True)
        await asyncio.Event().wait()

    @asynccontextmanager
    async def __call__(self, will: Outgoing | None) -> AsyncIterator[MqttLink]:
        assert will is not None
        if self.online is None:
            raise LinkLost(REFUSED, socket_opened=False)
        self.sessions += 1
        yield self


async def test_the_next_broker_of_the_list() -> None:
    lines: Sequence[Line] = (Line(online=False), Line(online=None), Line(online=True))
    connects: Sequence[Connect] = lines
    said: list[tuple[str, str]] = []
    up = asyncio.Event()

    def changed(event: str, reason: str) -> None:
        said.append((event, reason))
        if said.count(("uplink_up", "")) == 2:
            up.set()

    agent = OneGateway(settings(SECOND)).agent
    policy = ReconnectPolicy(HASTY, random.Random(1))
    task = UplinkTask(agent, SystemClock(), connects[0], policy, changed, connects[1:])
    running = asyncio.create_task(task.run())
    async with asyncio.timeout(WAIT_S):
        await up.wait()
        task.stop()
        await running
    assert said == [
        ("uplink_up", ""),
        ("uplink_lost", HOST_AWAY),
        ("uplink_lost", "refused"),
        ("uplink_up", ""),
    ]
    assert lines[0].heard == []
    assert [line.sessions for line in lines] == [1, 0, 1]
