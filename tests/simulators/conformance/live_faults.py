"""Faults planted into a real gateway on a real line: its messages are spoiled as they go out."""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from edge.configuration import broker_address
from edge.mqtt_link import Connect, Incoming, MqttLink, aiomqtt_connector
from edge.sparkplug_node import Outgoing
from simulators.conformance.street_under_test import ONE
from vocabulary import sparkplug_b_pb2 as pb
from vocabulary.delivery import BD_SEQ

Spoil = Callable[[Outgoing], Outgoing | None]
"""Makes another message of one, or none."""


class _SpoiledLink:
    def __init__(self, link: MqttLink, spoil: Spoil) -> None:
        self._link, self._spoil = link, spoil

    async def subscribe(self, filters: Iterable[tuple[str, int]]) -> None:
        await self._link.subscribe(filters)

    async def publish(self, outgoing: Outgoing) -> None:
        spoiled = self._spoil(outgoing)
        if spoiled is not None:
            await self._link.publish(spoiled)

    def messages(self) -> AsyncIterator[Incoming]:
        return self._link.messages()


class SpoiledUplink:
    """Stands in for a gateway's connections; ``of_will`` says that only wills are spoiled."""

    def __init__(self, spoil: Spoil, *, of_will: bool = False) -> None:
        self._spoil, self._of_will = spoil, of_will

    def at(self, url: str) -> Connect:
        """Connections to a broker."""
        real = aiomqtt_connector(broker_address(url), client_id=ONE, keepalive_s=10)

        @asynccontextmanager
        async def connect(will: Outgoing | None) -> AsyncIterator[MqttLink]:
            assert will is not None
            last = self._spoil(will) if self._of_will else will
            line: AbstractAsyncContextManager[MqttLink] = real(last)
            async with line as link:
                yield link if self._of_will else _SpoiledLink(link, self._spoil)

        return connect


def will_at_qos_0(outgoing: Outgoing) -> Outgoing:
    """The broker may forget it."""
    return outgoing._replace(qos=0)


def wrong_bd_seq(outgoing: Outgoing) -> Outgoing:
    """A birth of another session than its will's."""
    if "/NBIRTH/" not in outgoing.topic:
        return outgoing
    body = pb.Payload.FromString(outgoing.payload)
    for metric in body.metrics:
        if metric.name == BD_SEQ:
            metric.long_value += 1
    return outgoing._replace(payload=body.SerializeToString())


def retained_birth(outgoing: Outgoing) -> Outgoing:
    """A birth that outlives its session."""
    return outgoing._replace(retain="/NBIRTH/" in outgoing.topic)


def no_farewell(outgoing: Outgoing) -> Outgoing | None:
    """It leaves without a word, and its DISCONNECT silences the will."""
    return None if "/NDEATH/" in outgoing.topic else outgoing
