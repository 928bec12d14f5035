"""Plain PUBLISHes taken out of the broker's stream in bulk, before the client library sees them.

paho reads one packet with five system calls and some forty steps of its own: several times of
what the host then does with a message. Nearly all packets are PUBLISHes at QoS 0, which need no
answer. They are cut out of large reads here; every other packet goes on to paho as it came, and
nothing that follows it is cut before paho has read it, so the order of arrival stays.

A packet larger than any payload we take is cut short on the way: what is left of it is still too
long, and is refused as such, but it never stands in memory as a whole.
(OASIS MQTT 3.1.1, sections 2.2 and 3.3.)
"""

import socket
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from paho.mqtt.client import Client, time_func

from vocabulary.payload import PAYLOAD_BYTES_MAX

READ_BYTES: Final = 256 * 1024
TOPIC_BYTES_MAX: Final = 65_535
PACKET_BYTES_MAX: Final = 2 + TOPIC_BYTES_MAX + 2 + PAYLOAD_BYTES_MAX + 1
"""Of a longer one the beginning is kept: its payload still exceeds what we take."""
KNOWN_TOPICS_MAX: Final = 65_536
LENGTH_BYTES_MAX: Final = 4
_PUBLISH_QOS_0: Final = 0x30
_RETAIN: Final = 0x01


class Published(NamedTuple):
    """One PUBLISH at QoS 0."""

    topic: str
    payload: bytes
    retain: bool


class PublishCutter:
    """A stream of MQTT packets in; PUBLISHes and the packets for somebody else out. No socket."""

    def __init__(self, spared_topic: str = "") -> None:
        self._spared = spared_topic
        self._held = b""
        self._at = 0
        self._skip_bytes = 0
        self._foreign = b""
        self._is_held_up = False
        self._topics: dict[bytes, str] = {}

    @property
    def foreign_bytes(self) -> int:
        """How much waits for the other reader."""
        return len(self._foreign)

    @property
    def needs_no_input(self) -> bool:
        """Whether there may be more to cut without another ``feed``."""
        return bool(self._foreign) or self._is_held_up

    def feed(self, data: bytes) -> None:
        """More of the stream."""
        skipped = min(self._skip_bytes, len(data))
        self._skip_bytes -= skipped
        self._held = self._held[self._at :] + data[skipped:]
        self._at = 0

    def take_foreign(self, size_bytes: int) -> bytes:
        """Up to so many bytes of the packet that is not for us."""
        part, self._foreign = self._foreign[:size_bytes], self._foreign[size_bytes:]
        return part

    def cut(self) -> list[Published]:
        """Every PUBLISH up to the end or to a packet that is not for us."""
        assert not self._foreign
        self._is_held_up = False
        held, at, made = self._held, self._at, []
        while (place := _packet_at(held, at)) is not None:
            body, length_bytes = place
            kept_bytes = min(length_bytes, PACKET_BYTES_MAX)
            end = body + kept_bytes
            if end > len(held):
                break
            one = self._published(held, at, body, end)
            if one is None:
                is_whole = kept_bytes == length_bytes
                head = held[at:body] if is_whole else held[at : at + 1] + _length(kept_bytes)
                self._foreign = head + held[body:end]
                self._is_held_up = True
            else:
                made.append(one)
            at = body + length_bytes
            if at > len(held):
                self._skip_bytes, at = at - len(held), len(held)
            if one is None:
                break
        self._at = at
        return made

    def _published(self, held: bytes, at: int, body: int, end: int) -> Published | None:
        first = held[at]
        if first & ~_RETAIN != _PUBLISH_QOS_0:
            return None
        begin = body + 2
        payload = begin + int.from_bytes(held[body:begin], "big")
        if payload > end:
            return None  # no packet at all: the library closes the connection over it
        name = held[begin:payload]
        topic = self._topics.get(name)
        if topic is None:
            if len(self._topics) >= KNOWN_TOPICS_MAX:
                self._topics.clear()
            topic = name.decode("utf-8", "replace")
            self._topics[name] = topic
        if topic == self._spared:
            return None
        return Published(topic, held[payload:end], bool(first & _RETAIN))


def _packet_at(held: bytes, at: int) -> tuple[int, int] | None:
    """Where the body of the packet at ``at`` begins, and its length; None if that is not known."""
    length, shift = 0, 0
    for ix in range(at + 1, min(at + 1 + LENGTH_BYTES_MAX, len(held))):
        length |= (held[ix] & 0x7F) << shift
        if held[ix] < 0x80:
            return ix + 1, length
        shift += 7
    if len(held) - at > LENGTH_BYTES_MAX:
        return at + 1, 0  # no length: to the library as it is, which closes the connection over it
    return None


def _length(size_bytes: int) -> bytes:
    made = bytearray()
    while True:
        size_bytes, low = divmod(size_bytes, 128)
        made.append(low | (128 if size_bytes else 0))
        if not size_bytes:
            return bytes(made)


class TappedSocket:
    """A socket as paho uses it, from which the plain PUBLISHes were taken."""

    def __init__(
        self, inner: Any, cutter: PublishCutter, arrived: Callable[[list[Published]], None]
    ) -> None:
        self._inner, self._cutter, self._arrived = inner, cutter, arrived

    def recv(self, size_bytes: int) -> bytes:
        """Bytes of packets that are not plain PUBLISHes.

        Raises:
            BlockingIOError: there are none at present.
        """
        cutter = self._cutter
        if not cutter.foreign_bytes:
            if not cutter.needs_no_input:
                data = self._inner.recv(READ_BYTES)
                if not data:
                    return b""
                cutter.feed(data)
            published = cutter.cut()
            if published:
                self._arrived(published)
            if not cutter.foreign_bytes:
                raise BlockingIOError
        return cutter.take_foreign(size_bytes)

    def pending(self) -> int:
        """Whether to ask ``recv`` before waiting for the socket."""
        inner = self._inner.pending() if hasattr(self._inner, "pending") else 0
        return int(inner) + self._cutter.needs_no_input

    def send(self, data: bytes) -> int:
        """As a socket."""
        return int(self._inner.send(data))

    def fileno(self) -> int:
        """As a socket."""
        return int(self._inner.fileno())

    def setblocking(self, flag: bool) -> None:
        """As a socket."""
        self._inner.setblocking(flag)

    def getsockopt(self, *arguments: int) -> Any:
        """As a socket."""
        return self._inner.getsockopt(*arguments)

    def close(self) -> None:
        """As a socket."""
        self._inner.close()


class TappedClient(Client):
    """paho's client on a tapped socket. ``_create_socket`` is its own hook, after TLS."""

    spared_topic = ""
    """A topic whose messages go to ``on_message`` like all that is not at QoS 0."""

    def on_published(self, published: list[Published]) -> None:
        """Called in the network thread with what was cut out; set by the owner."""
        raise NotImplementedError

    def _create_socket(self) -> Any:
        inner: socket.socket = super()._create_socket()  # type: ignore[assignment]
        return TappedSocket(inner, PublishCutter(self.spared_topic), self._arrived)

    def _arrived(self, published: list[Published]) -> None:
        """The broker spoke, so it lives: else a flood would count as silence."""
        with self._msgtime_mutex:
            self._last_msg_in = time_func()
        self.on_published(published)
