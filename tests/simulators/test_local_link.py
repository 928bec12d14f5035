"""The in-process broker behind the same seam as a real one, and the switch in the wire."""

import asyncio
import gc

import pytest

from edge.errors import LinkLost
from edge.mqtt_link import Incoming, MqttLink
from edge.sparkplug_node import Outgoing
from ingest.commands import Publication
from simulators.broker import Broker, Message
from simulators.clock import ScaledClock
from simulators.local_link import QUEUE_MESSAGES_MAX, LocalConnection, Switch, local_connector

WAIT_S = 20


async def first(link: MqttLink) -> Incoming:
    async with asyncio.timeout(WAIT_S):
        async for message in link.messages():
            return message
    msg = "the link ended"
    raise AssertionError(msg)


def witness(broker: Broker) -> list[Message]:
    got: list[Message] = []
    broker.connect("witness", got.append).subscribe("#")
    return got


async def test_what_is_published_is_received() -> None:
    broker = Broker()
    async with local_connector(broker, "one")(None) as link:
        await link.subscribe([("t/+", 1)])
        await link.publish(Outgoing("t/x", b"\x00", qos=1))
        assert await first(link) == Incoming("t/x", b"\x00", retain=False)


async def test_leaving_silences_the_will_and_a_second_of_the_name_lets_it_speak() -> None:
    broker = Broker()
    got = witness(broker)
    will = Outgoing("w", b"will", qos=1)
    async with local_connector(broker, "one")(will):
        pass
    broker.pump()
    assert got == []
    async with local_connector(broker, "one")(will) as older, local_connector(broker, "one")(None):
        broker.pump()
        assert [message.payload for message in got] == [b"will"]
        with pytest.raises(LinkLost) as caught:
            await older.publish(Outgoing("t", b"", qos=0))
        assert caught.value.socket_opened


async def test_a_slow_reader_loses_what_its_queue_cannot_hold() -> None:
    broker = Broker()
    async with local_connector(broker, "one")(None) as link:
        await link.subscribe([("t", 0)])
        for number in range(QUEUE_MESSAGES_MAX + 3):
            await link.publish(Outgoing("t", b"%d" % number, qos=0))
        assert (await first(link)).payload == b"0"


async def test_a_switch_that_is_off_lets_nobody_connect() -> None:
    switch = Switch()
    connect = switch.in_front_of(local_connector(Broker(), "one"))
    switch.turn(on=False)
    with pytest.raises(LinkLost) as caught:
        async with connect(None):
            pass
    assert not caught.value.socket_opened
    switch.turn(on=True)
    async with connect(None):
        pass


async def test_switching_off_ends_publishing_and_listening() -> None:
    switch, broker = Switch(), Broker()
    async with switch.in_front_of(local_connector(broker, "one"))(None) as link:
        await link.subscribe([("t", 0)])
        await link.publish(Outgoing("t", b"1", qos=0))
        assert (await first(link)).payload == b"1"
        listening = asyncio.create_task(first(link))
        switch.turn(on=False)
        with pytest.raises(LinkLost):
            await listening
        with pytest.raises(LinkLost):
            await link.publish(Outgoing("t", b"2", qos=0))


async def test_a_switched_link_gives_messages_in_order() -> None:
    switch, broker = Switch(), Broker()
    async with switch.in_front_of(local_connector(broker, "one"))(None) as link:
        await link.subscribe([("t", 0)])
        for number in range(100):
            await link.publish(Outgoing("t", bytes([number]), qos=0))
        got: list[int] = []
        async for message in link.messages():
            got.append(message.payload[0])
            if len(got) == 100:
                break
    assert got == list(range(100))


async def test_a_listener_that_is_cancelled_leaves_no_task_behind() -> None:
    switch, broker = Switch(), Broker()
    before = asyncio.all_tasks()
    async with switch.in_front_of(local_connector(broker, "one"))(None) as link:
        listening = asyncio.create_task(first(link))
        await asyncio.wait({listening}, timeout=0)
        while len(asyncio.all_tasks()) < len(before) + 3:
            await asyncio.wait({listening}, timeout=0)
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
    gc.collect()
    assert asyncio.all_tasks() == before


async def test_the_host_hears_data_says_its_state_and_can_be_cut_off() -> None:
    broker, loop = Broker(), asyncio.get_running_loop()
    got = witness(broker)
    host = LocalConnection(broker, "host1", ScaledClock(1.0), loop)
    assert not host.publish(Publication("t", b"early", 0))
    host.start()
    await turn()
    assert host.connected
    broker.accept(Message("spBv1.0/north/NDATA/gw", b"data"))
    broker.accept(Message("spBv1.0/STATE/host1", b"{}", retain=True))
    broker.pump()
    assert [arrival.topic for arrival in host.arrivals] == ["spBv1.0/north/NDATA/gw"]
    assert host.news.is_set()
    assert host.publish(Publication("spBv1.0/north/NCMD/gw", b"commit", 0))
    await turn()
    assert got[-1].payload == b"commit"
    host.stop()
    await turn()
    broker.pump()
    assert b'"online":false' in got[-1].payload
    assert b'"online":false' in broker.retained["spBv1.0/STATE/host1"].payload


async def turn() -> None:
    """Let what was asked of the loop happen."""
    done = asyncio.Event()
    asyncio.get_running_loop().call_soon(done.set)
    await done.wait()
