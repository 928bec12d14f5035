"""Another client of the same broker: hears everything, says what a test wants, and can wait."""

import threading
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Final, NamedTuple, Self

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from ingest.commands import Publication
from simulators.servers import LOOPBACK
from tests.ingest.node_messages import KEY, commits_in

PATIENCE_S: Final = 120.0
"""Long: a host that starts on a new checkout compiles its kernels first."""


class Heard(NamedTuple):
    """One message."""

    topic: str
    payload: bytes
    retain: bool
    qos: int


def committed(heard: Iterable[Heard], below: int) -> bool:
    """Whether the tests' gateway was told that everything below is stored."""
    told = [Publication(one.topic, one.payload) for one in heard if "/NCMD/" in one.topic]
    return (*KEY, below) in commits_in(told)


class Peer:
    """A client under a name of its own; a context manager."""

    def __init__(self, port: int, name: str = "peer", *filters: str) -> None:
        self.heard: list[Heard] = []
        self._news = threading.Condition()
        self._ready = threading.Event()
        self._filters = filters or ("#",)
        self._port = port
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=name)
        self._client.on_message = self._on_message
        self._client.on_subscribe = lambda *_rest: self._ready.set()

    def __enter__(self) -> Self:
        self._client.connect(LOOPBACK, self._port)
        self._client.loop_start()
        self._client.subscribe([(one, 1) for one in self._filters])
        assert self._ready.wait(PATIENCE_S)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _on_message(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        with self._news:
            self.heard.append(
                Heard(message.topic, bytes(message.payload), message.retain, message.qos)
            )
            self._news.notify_all()

    def until(self, what: Callable[[list[Heard]], bool]) -> None:
        """Wait until ``what`` is true of everything heard."""
        with self._news:
            assert self._news.wait_for(lambda: what(self.heard), PATIENCE_S), self.heard

    def say(self, topic: str, payload: bytes = b"", *, retain: bool = False, qos: int = 1) -> None:
        """Publish, and return when the broker has it."""
        self._client.publish(topic, payload, qos=qos, retain=retain).wait_for_publish(PATIENCE_S)
