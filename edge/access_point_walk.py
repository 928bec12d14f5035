"""What can be checked of an access point without a radio: that it speaks, and in numbers.

A walk by radio (beacon, association, address, name, portal, Internet) is another list of the
same rows, one for each access point, joined to these in ``listen``'s place.
"""

import asyncio
from contextlib import suppress
from typing import Final, NamedTuple

from edge.access_point_message import MessageReader
from edge.configuration import GatewayConfiguration, broker_address
from edge.errors import LinkLost
from edge.mqtt_link import MqttLink, aiomqtt_connector
from edge.source_configuration import Source

LISTEN_S: Final = 30.0
KEEPALIVE_S: Final = 30


class Heard(NamedTuple):
    """One access point: whether it spoke, and what was found."""

    ap_id: str
    heard: bool
    found: str


async def listen(made: GatewayConfiguration, *, seconds: float = LISTEN_S) -> list[Heard]:
    """Every listed access point once, or until the time is over."""
    place = made.local
    connect = aiomqtt_connector(
        broker_address(place.broker),
        client_id=f"{made.gateway_id}-walk",
        keepalive_s=KEEPALIVE_S,
        login=place.login,
    )
    heard: dict[str, Heard] = {}
    why = f"silent for {seconds:g} s"
    try:
        async with connect(None) as link:
            await link.subscribe([(source.topic, 0) for source in made.source])
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await _each_once(link, made.source, heard)
    except LinkLost as error:
        why = f"the gateway's own broker {place.broker}: {error.reason}"
    return [
        heard.get(source.ap_id) or Heard(source.ap_id, heard=False, found=why)
        for source in made.source
    ]


async def _each_once(link: MqttLink, sources: tuple[Source, ...], heard: dict[str, Heard]) -> None:
    readers = {source.topic: (source.ap_id, MessageReader(source)) for source in sources}
    wanted = {source.ap_id for source in sources}
    async for message in link.messages():
        if message.topic not in readers or message.retain:
            continue  # what was retained proves no life
        ap_id, reader = readers[message.topic]
        taken = reader.read(message.payload, 0)
        if taken.values:
            heard[ap_id] = Heard(ap_id, heard=True, found=f"{len(taken.values)} values")
        else:
            reasons = ", ".join(sorted({str(one) for one in taken.refused})) or "no values"
            heard.setdefault(ap_id, Heard(ap_id, heard=False, found=reasons))
        if all(one in heard and heard[one].heard for one in wanted):
            return
