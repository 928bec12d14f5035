"""MQTT bytes -> packets, without a socket: what passes by on a connection, both ways.

Only what conformance is judged by is taken out of a packet; the others keep their kind. Reads
3.1.1 and 5 (OASIS MQTT 3.1.1, chapter 3; MQTT 5.0, chapter 3). Never answers, never changes.
"""

from enum import IntEnum
from typing import Final

import msgspec

REMAINING_BYTES_MAX: Final = 16 << 20
VERSION_5: Final = 5
_SESSION_EXPIRY: Final = 0x11


class Kind(IntEnum):
    """The four bits a packet begins with."""

    CONNECT = 1
    CONNACK = 2
    PUBLISH = 3
    PUBACK = 4
    PUBREC = 5
    PUBREL = 6
    PUBCOMP = 7
    SUBSCRIBE = 8
    SUBACK = 9
    UNSUBSCRIBE = 10
    UNSUBACK = 11
    PINGREQ = 12
    PINGRESP = 13
    DISCONNECT = 14
    AUTH = 15


class Will(msgspec.Struct, frozen=True):
    """What the broker says when the connection ends without a word."""

    topic: str
    payload: bytes
    qos: int
    retain: bool


class Connect(msgspec.Struct, frozen=True):
    """CONNECT. ``session_expiry_s`` is MQTT 5's; there ``clean`` means a clean start."""

    client_id: str
    version: int
    clean: bool
    keepalive_s: int
    will: Will | None = None
    session_expiry_s: int = 0
    kind: Kind = Kind.CONNECT


class Publish(msgspec.Struct, frozen=True):
    """PUBLISH."""

    topic: str
    payload: bytes
    qos: int
    retain: bool
    packet_id: int = 0
    duplicate: bool = False
    kind: Kind = Kind.PUBLISH


class Subscribe(msgspec.Struct, frozen=True):
    """SUBSCRIBE: (filter, QoS)."""

    packet_id: int
    filters: tuple[tuple[str, int], ...]
    kind: Kind = Kind.SUBSCRIBE


class Other(msgspec.Struct, frozen=True):
    """Any other packet; ``code`` is a CONNACK's return code or a DISCONNECT's reason."""

    kind: Kind
    packet_id: int = 0
    code: int = 0


Packet = Connect | Publish | Subscribe | Other


class NotMqtt(ValueError):
    """Bytes that are no packet."""


class _Cursor:
    """Fields of a packet, one after the other."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    @property
    def left(self) -> int:
        return len(self._data) - self._at

    def take(self, count: int) -> bytes:
        if count > self.left:
            msg = f"a packet ends {count - self.left} bytes early"
            raise NotMqtt(msg)
        self._at += count
        return self._data[self._at - count : self._at]

    def number(self, size_bytes: int) -> int:
        return int.from_bytes(self.take(size_bytes), "big")

    def binary(self) -> bytes:
        return self.take(self.number(2))

    def text(self) -> str:
        return self.binary().decode("utf-8", "strict")

    def varint(self) -> int:
        value = 0
        for shift in range(0, 28, 7):
            byte = self.number(1)
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
        msg = "a length of more than four bytes"
        raise NotMqtt(msg)

    def properties(self, version: int) -> bytes:
        return self.take(self.varint()) if version == VERSION_5 else b""


def _session_expiry_s(properties: bytes) -> int:
    """Of a CONNECT: the first property, as the clients at hand write it; 0 when it is left out."""
    found = properties[:1] == bytes([_SESSION_EXPIRY])
    return int.from_bytes(properties[1:5], "big") if found else 0


def _connect(cursor: _Cursor) -> Connect:
    if cursor.text() != "MQTT":
        msg = "CONNECT of another protocol"
        raise NotMqtt(msg)
    version, flags, keepalive_s = cursor.number(1), cursor.number(1), cursor.number(2)
    expiry_s = _session_expiry_s(cursor.properties(version))
    client_id = cursor.text()
    will = None
    if flags & 0x04:
        cursor.properties(version)
        topic, payload = cursor.text(), cursor.binary()
        will = Will(topic, payload, flags >> 3 & 3, bool(flags & 0x20))
    return Connect(client_id, version, bool(flags & 0x02), keepalive_s, will, expiry_s)


def _publish(cursor: _Cursor, flags: int, version: int) -> Publish:
    topic, qos = cursor.text(), flags >> 1 & 3
    packet_id = cursor.number(2) if qos else 0
    cursor.properties(version)
    return Publish(
        topic, cursor.take(cursor.left), qos, bool(flags & 1), packet_id, bool(flags & 8)
    )


def _subscribe(cursor: _Cursor, version: int) -> Subscribe:
    packet_id = cursor.number(2)
    cursor.properties(version)
    filters = []
    while cursor.left:
        topic = cursor.text()
        filters.append((topic, cursor.number(1) & 3))
    return Subscribe(packet_id, tuple(filters))


def _other(kind: Kind, cursor: _Cursor) -> Other:
    if kind is Kind.CONNACK:
        cursor.number(1)
        return Other(kind, code=cursor.number(1))
    if kind is Kind.DISCONNECT:
        return Other(kind, code=cursor.number(1) if cursor.left else 0)
    has_id = Kind.PUBACK <= kind <= Kind.UNSUBACK
    return Other(kind, packet_id=cursor.number(2) if has_id else 0)


class PacketReader:
    """Bytes of one direction of one connection in, whole packets and their bytes out.

    Raises ``NotMqtt`` for what is none: a recorder that guesses would record guesses.
    """

    def __init__(self, version: int = 4) -> None:
        self.version = version
        """3.1.1 is 4; a CONNECT tells, and its reader hands it to the one of the answers."""
        self._rest = b""

    def receive(self, data: bytes) -> list[tuple[Packet, bytes]]:
        """Take what came; gives the packets that are complete now."""
        self._rest += data
        made = []
        while (size_bytes := self._complete()) is not None:
            raw, self._rest = self._rest[:size_bytes], self._rest[size_bytes:]
            made.append((self._packet(raw), raw))
        return made

    def _complete(self) -> int | None:
        """How many bytes the first packet has, if it is here."""
        head = self._rest[1:5]
        length = 0
        for at, byte in enumerate(head):
            length |= (byte & 0x7F) << 7 * at
            if byte < 0x80:
                if length > REMAINING_BYTES_MAX:
                    break
                size_bytes = 2 + at + length
                return size_bytes if len(self._rest) >= size_bytes else None
        else:
            if len(head) < 4:
                return None
        msg = "a packet of more than 16 MiB"
        raise NotMqtt(msg)

    def _packet(self, raw: bytes) -> Packet:
        first = raw[0]
        cursor = _Cursor(raw[1:])
        cursor.varint()
        try:
            kind = Kind(first >> 4)
            if kind is Kind.CONNECT:
                made = _connect(cursor)
                self.version = made.version
                return made
            if kind is Kind.PUBLISH:
                return _publish(cursor, first & 15, self.version)
            if kind is Kind.SUBSCRIBE:
                return _subscribe(cursor, self.version)
            return _other(kind, cursor)
        except ValueError as error:  # a kind of 0, a text that is not UTF-8
            raise NotMqtt(str(error)) from None
