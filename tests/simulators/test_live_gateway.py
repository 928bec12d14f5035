"""One gateway in real time on a real broker: it lives, leaves with a word, or dies without."""

import asyncio
from pathlib import Path

import aiomqtt

from processing.settings import Settings
from simulators.clock import ScaledClock
from simulators.live_gateway import LiveGateway
from simulators.servers import LOOPBACK, Mosquitto
from simulators.town_gateway import configuration_of
from vocabulary.inventory import Gateway

SPEED = 60.0


async def heard(messages: "aiomqtt.client.MessagesIterator", kind: str) -> None:
    """Wait for a message of this kind."""
    async with asyncio.timeout(20):
        async for message in messages:
            if str(message.topic).split("/")[2] == kind:
                return


def gateway(name: str, broker: Mosquitto, ports: dict[str, str] | None = None) -> LiveGateway:
    row = Gateway(name, "site-1", "town")
    made = configuration_of(row, ["ap-1"], Settings(), broker=broker.url, ports=ports)
    return LiveGateway(made, ScaledClock(SPEED), seed=1)


async def test_it_is_born_ends_with_a_will_and_comes_again(broker: Mosquitto) -> None:
    async with aiomqtt.Client(LOOPBACK, broker.port) as listener:
        await listener.subscribe("spBv1.0/town/+/gw-live/#")
        one = gateway("gw-live", broker)
        one.boot()
        await heard(listener.messages, "NBIRTH")
        one.local_message("ap/ap-1/status", b'{"stations": []}')
        await heard(listener.messages, "DDATA")
        await one.die(with_will=True)
        await heard(listener.messages, "NDEATH")
        one.boot()
        await heard(listener.messages, "NBIRTH")
        await one.close()
        await heard(listener.messages, "NDEATH")


async def test_without_power_it_is_simply_gone(broker: Mosquitto) -> None:
    async with aiomqtt.Client(LOOPBACK, broker.port) as listener:
        await listener.subscribe("spBv1.0/town/+/gw-mute/#")
        one = gateway("gw-mute", broker)
        one.boot()
        await heard(listener.messages, "NBIRTH")
        await one.die(with_will=False)
        one.local_message("ap/ap-1/status", b'{"stations": []}')
        assert one.agent is None
        one.boot()
        await heard(listener.messages, "NBIRTH")
        one.link(up=False)
        one.link(up=True)
        await heard(listener.messages, "NBIRTH")
        await one.close()


async def test_boards_speak_over_real_ptys(broker: Mosquitto, tmp_path: Path) -> None:
    async with aiomqtt.Client(LOOPBACK, broker.port) as listener:
        await listener.subscribe("spBv1.0/town/DDATA/gw-board/air-1")
        one = gateway("gw-board", broker, {"air-1": str(tmp_path / "air-1")})
        boards = one.attach_boards(tmp_path)
        one.boot()
        await heard(listener.messages, "DDATA")
        for board in boards:
            board.cancel()
        await asyncio.gather(*boards, return_exceptions=True)
        await one.close()
