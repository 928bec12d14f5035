"""One connection to a broker, as the agent's shells use it, and its real form on aiomqtt.

A fresh client for every attempt: the will, with its session number, is fixed when the client is
made, and nothing that an old client still holds in memory can be sent late.
"""

import logging
import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple, Protocol

import aiomqtt
from paho.mqtt.client import MQTT_CLEAN_START_FIRST_ONLY
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from edge.configuration import BrokerAddress, Login
from edge.errors import LinkLost
from edge.incoming_queue import INCOMING_MESSAGES_MAX, Dropped, queue_type
from edge.sparkplug_node import Outgoing

CONNECT_TIMEOUT_S: Final = 10.0
WITH_WILL: Final = ReasonCode(PacketTypes.DISCONNECT, identifier=4)
NO_LOGIN: Final = Login()
_SILENT: Final = logging.getLogger("edge.mqtt_link")
"""The client library's own words go nowhere: what matters is said once, as an event."""
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False


class Incoming(NamedTuple):
    """A message from the broker."""

    topic: str
    payload: bytes
    retain: bool


class MqttLink(Protocol):
    """An open connection; every method raises ``LinkLost`` once it is gone."""

    async def subscribe(self, filters: Iterable[tuple[str, int]]) -> None:
        """Ask for topics, (filter, QoS), and await the broker's word."""
        ...

    async def publish(self, outgoing: Outgoing) -> None:
        """Hand a message to the connection; at QoS 1 await the broker's word."""
        ...

    def messages(self) -> AsyncIterator[Incoming]:
        """What comes, until the link is lost."""
        ...


class Connect(Protocol):
    """Makes connections; the will is spoken if one ends without a farewell."""

    def __call__(self, will: Outgoing | None) -> AbstractAsyncContextManager[MqttLink]:
        """Connect; raises ``LinkLost`` when that fails."""
        ...


class _AiomqttLink:
    def __init__(self, client: aiomqtt.Client) -> None:
        self._client = client

    async def subscribe(self, filters: Iterable[tuple[str, int]]) -> None:
        try:
            await self._client.subscribe(list(filters))
        except aiomqtt.MqttError as error:
            raise LinkLost(str(error), socket_opened=True) from None

    async def publish(self, outgoing: Outgoing) -> None:
        try:
            await self._client.publish(
                outgoing.topic, outgoing.payload, qos=outgoing.qos, retain=outgoing.retain
            )
        except aiomqtt.MqttError as error:
            raise LinkLost(str(error), socket_opened=True) from None

    async def messages(self) -> AsyncIterator[Incoming]:
        try:
            async for message in self._client.messages:
                yield Incoming(str(message.topic), bytes(message.payload), bool(message.retain))
        except aiomqtt.MqttError as error:
            raise LinkLost(str(error), socket_opened=True) from None


def _socket_opened(error: aiomqtt.MqttError) -> bool:
    """Whether a broker may have seen our CONNECT, and with it the session's number.

    The client wraps what the operating system said. A time-out leaves it open: better a number
    too many than one used twice.
    """
    cause = error.__context__
    return not isinstance(cause, OSError) or isinstance(cause, TimeoutError)


def _reason(error: aiomqtt.MqttError) -> str:
    """For a technician: the client's own word for silence says neither who nor how long."""
    if isinstance(error.__context__, TimeoutError) or str(error) == "Operation timed out":
        return f"no answer to CONNECT within {CONNECT_TIMEOUT_S:g} s: is this an MQTT broker?"
    return str(error)


def _tls(login: Login) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=login.ca_file or None)
    if login.certificate_file:
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_cert_chain(login.certificate_file, login.key_file or None)
    return context


def _password(login: Login) -> str | None:
    """Read at every attempt, so that a changed secret needs no restart."""
    return Path(login.password_file).read_text("utf-8").strip() if login.password_file else None


def aiomqtt_connector(
    address: BrokerAddress,
    *,
    client_id: str,
    keepalive_s: int,
    login: Login = NO_LOGIN,
    dropped: Dropped = lambda _topic: None,
    mqtt_5: bool = False,
) -> Connect:
    """Connections to a real broker under a fixed client id; ``dropped`` hears of lost messages.

    With ``mqtt_5`` a goodbye asks the broker to speak the will all the same, as the standard
    wants it there (Eclipse Sparkplug 3.0, section 6.4.25).
    """

    @asynccontextmanager
    async def connect(will: Outgoing | None) -> AsyncIterator[MqttLink]:
        last_words = aiomqtt.Will(will.topic, will.payload, will.qos, will.retain) if will else None
        try:
            tls = _tls(login) if address.tls else None
            password = _password(login)
        except (OSError, UnicodeDecodeError) as error:  # a missing key: said, and tried again
            raise LinkLost(f"login: {error}", socket_opened=False) from None
        client = aiomqtt.Client(
            address.host,
            address.port,
            identifier=client_id,
            will=last_words,
            keepalive=keepalive_s,
            timeout=CONNECT_TIMEOUT_S,
            username=login.username or None,
            password=password,
            tls_context=tls,
            queue_type=queue_type(dropped),
            max_queued_incoming_messages=INCOMING_MESSAGES_MAX,
            protocol=aiomqtt.ProtocolVersion.V5 if mqtt_5 else aiomqtt.ProtocolVersion.V311,
            clean_session=None if mqtt_5 else True,
            clean_start=True if mqtt_5 else MQTT_CLEAN_START_FIRST_ONLY,
            logger=_SILENT,
        )
        if mqtt_5:
            inner = client._client  # noqa: SLF001 - the library's goodbye gives no reason
            inner.disconnect = partial(inner.disconnect, WITH_WILL)  # type: ignore[method-assign]
        try:
            await client.__aenter__()
        except aiomqtt.MqttError as error:
            opened = _socket_opened(error)
            if opened:
                with suppress(aiomqtt.MqttError):  # else its socket would stay, and answer later
                    await client.__aexit__(None, None, None)
            raise LinkLost(_reason(error), socket_opened=opened) from None
        try:
            yield _AiomqttLink(client)
        finally:
            with suppress(aiomqtt.MqttError):  # already gone: the broker speaks the will
                await client.__aexit__(None, None, None)
            ended = client._disconnected  # noqa: SLF001 - an error that nobody fetches is printed
            if ended.done() and not ended.cancelled():
                ended.exception()

    return connect
