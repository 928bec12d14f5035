"""Somebody at the broker: a client with credentials of its own, which keeps what it hears."""

import ssl
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from simulators.servers import LOOPBACK
from simulators.trusted_city import TrustedCity

PATIENCE_S: Final = 20.0


class Party:
    """One MQTT client. Use as a context manager; ``welcome`` says whether the broker let it in."""

    def __init__(
        self,
        city: TrustedCity,
        identity: Path | None,
        client_id: str,
        *,
        username: str = "",
        will: tuple[str, bytes] | None = None,
        context: ssl.SSLContext | None = None,
        plain: bool = False,
    ) -> None:
        self._port = city.broker.port
        self.heard: list[tuple[str, bytes]] = []
        self._news = threading.Condition()
        self.connects = 0
        self.welcome = False
        self.lost = threading.Event()
        self._answered = threading.Event()
        self.client = Client(
            CallbackAPIVersion.VERSION2, client_id=client_id, reconnect_on_failure=False
        )
        if not plain:
            self.client.tls_set_context(context or city.tls(identity))
        if username:
            self.client.username_pw_set(username, "x")
        if will is not None:
            self.client.will_set(will[0], will[1], qos=1)
        self.client.on_connect = self._on_connect
        self.client.on_message = self._on_message
        self.client.on_disconnect = self._on_disconnect

    def _on_connect(
        self,
        _client: Client,
        _data: object,
        _flags: ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self.welcome = not reason.is_failure
        self.connects += self.welcome
        self._answered.set()

    def _on_disconnect(
        self,
        _client: Client,
        _data: object,
        _flags: DisconnectFlags,
        _reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self.lost.set()
        self._answered.set()

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        with self._news:
            self.heard.append((message.topic, bytes(message.payload)))
            self._news.notify_all()

    def __enter__(self) -> Self:
        try:
            self.client.connect(LOOPBACK, self._port, keepalive=30)
        except OSError:  # the handshake failed: as good an answer as any
            self._answered.set()
            return self
        self.client.loop_start()
        assert self._answered.wait(PATIENCE_S), "the broker neither took nor refused us"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def vanish(self) -> None:
        """The line is cut: the broker speaks the will."""
        line: Any = self.client.socket()
        if line is not None:
            line.close()
        self.client.loop_stop()

    def subscribe(self, *filters: str) -> None:
        """Ask for topics and await the broker's word, whatever it is."""
        done = threading.Event()
        self.client.on_subscribe = lambda *_args: done.set()
        self.client.subscribe([(one, 1) for one in filters])
        while not done.wait(0.1):
            if self.lost.is_set():
                return

    def say(self, topic: str, payload: bytes = b"x", *, retain: bool = False) -> None:
        """Publish at QoS 1 and await the broker's word; a broker that hangs up is one too."""
        info = self.client.publish(topic, payload, qos=1, retain=retain)
        while not info.is_published() and not self.lost.is_set():
            try:
                info.wait_for_publish(0.1)
            except (RuntimeError, ValueError):
                return

    def hears(self, payload: bytes) -> bool:
        """Wait until a message with this payload came."""
        with self._news:
            return self._news.wait_for(
                lambda: any(one[1] == payload for one in self.heard), PATIENCE_S
            )
