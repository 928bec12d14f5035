"""An MQTT client that says what it is told to: the specimen node, the console, the watcher."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Final, Self

import aiomqtt

from simulators.servers import LOOPBACK

TIMEOUT_S: Final = 10.0
INCOMING_MAX: Final = 100_000


class ForeignClient:
    """Connects on entry and says goodbye on exit, unless its line was cut before."""

    def __init__(
        self,
        client_id: str,
        port: int,
        *,
        will: tuple[str, bytes] | None = None,
        filters: Sequence[tuple[str, int]] = (),
    ) -> None:
        last = aiomqtt.Will(will[0], will[1], qos=1, retain=False) if will else None
        self._filters = list(filters)
        self._client = aiomqtt.Client(
            LOOPBACK,
            port,
            identifier=client_id,
            will=last,
            timeout=TIMEOUT_S,
            clean_session=True,
            max_queued_incoming_messages=INCOMING_MAX,
        )

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        if self._filters:
            await self._client.subscribe(self._filters)
        return self

    async def __aexit__(self, *_error: object) -> None:
        with suppress(aiomqtt.MqttError):
            await self._client.__aexit__(None, None, None)
        ended = self._client._disconnected  # noqa: SLF001 - an error nobody fetches is printed
        if ended.done() and not ended.cancelled():
            ended.exception()

    async def say(self, topic: str, payload: bytes, *, qos: int = 0, retain: bool = False) -> None:
        """One message."""
        await self._client.publish(topic, payload, qos=qos, retain=retain)

    async def say_all(self, messages: Iterable[tuple[str, bytes]]) -> None:
        """Many, in their order, at QoS 0."""
        for topic, payload in messages:
            await self.say(topic, payload)
