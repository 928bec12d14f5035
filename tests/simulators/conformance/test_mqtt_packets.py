"""Packets out of bytes: each kind, in chunks of any size, and garbage."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.conformance.mqtt_packets import (
    Connect,
    Kind,
    NotMqtt,
    Other,
    Packet,
    PacketReader,
    Publish,
    Subscribe,
    Will,
)


def text(words: str) -> bytes:
    raw = words.encode()
    return len(raw).to_bytes(2, "big") + raw


def packet(first: int, rest: bytes) -> bytes:
    """A fixed header with a length of as many bytes as it takes, then the rest."""
    length, size = b"", len(rest)
    while True:
        size, low = divmod(size, 128)
        length += bytes([low | (0x80 if size else 0)])
        if not size:
            return bytes([first]) + length + rest


CONNECT_311 = packet(
    0x10,
    text("MQTT") + b"\x04\x2e\x00\x0a" + text("gw") + text("last/words") + text("gone"),
)
CONNECT_5 = packet(
    0x10,
    text("MQTT") + b"\x05\x02\x00\x0a" + b"\x05\x11\x00\x00\x00\x3c" + text("gw"),
)
EXAMPLES: list[tuple[bytes, Packet]] = [
    (CONNECT_311, Connect("gw", 4, True, 10, Will("last/words", b"gone", 1, True))),
    (packet(0x20, b"\x00\x05"), Other(Kind.CONNACK, code=5)),
    (packet(0x30, text("t") + b"x" * 300), Publish("t", b"x" * 300, 0, False)),
    (packet(0x3B, text("t") + b"\x00\x07x"), Publish("t", b"x", 1, True, 7, True)),
    (
        packet(0x82, b"\x00\x09" + text("a/+") + b"\x01" + text("b") + b"\x00"),
        Subscribe(9, (("a/+", 1), ("b", 0))),
    ),
    (packet(0x40, b"\x00\x07"), Other(Kind.PUBACK, packet_id=7)),
    (packet(0xC0, b""), Other(Kind.PINGREQ)),
    (packet(0xE0, b""), Other(Kind.DISCONNECT)),
]


def test_each_kind_is_read() -> None:
    for raw, expected in EXAMPLES:
        assert PacketReader().receive(raw) == [(expected, raw)]


def test_mqtt_5_has_properties() -> None:
    reader = PacketReader()
    ((made, _raw),) = reader.receive(CONNECT_5)
    assert made == Connect("gw", 5, True, 10, None, session_expiry_s=60)
    assert reader.version == 5
    published = packet(0x30, text("t") + b"\x02\x01\x01" + b"x")
    assert reader.receive(published) == [(Publish("t", b"x", 0, False), published)]
    goodbye = packet(0xE0, b"\x04\x00")
    assert reader.receive(goodbye) == [(Other(Kind.DISCONNECT, code=4), goodbye)]


@given(st.lists(st.sampled_from(EXAMPLES), max_size=8), st.integers(1, 50))
def test_chunking_does_not_matter(sent: list[tuple[bytes, Packet]], chunk_bytes: int) -> None:
    reader, wire = PacketReader(), b"".join(raw for raw, _packet in sent)
    found = [
        one
        for at in range(0, len(wire), chunk_bytes)
        for one in reader.receive(wire[at : at + chunk_bytes])
    ]
    assert found == [(made, raw) for raw, made in sent]


@pytest.mark.parametrize(
    "raw",
    [
        b"\x00\x00",
        packet(0x10, text("MQIsdp") + b"\x03\x02\x00\x0a" + text("gw")),
        packet(0x30, b"\x00\x09t"),
        packet(0x30, b"\x00\x01\xff"),
        b"\x30\xff\xff\xff\xff\x01",
        b"\x30\xff\xff\xff\x7f",
    ],
)
def test_what_is_no_packet_is_refused(raw: bytes) -> None:
    with pytest.raises(NotMqtt):
        PacketReader().receive(raw)


@given(st.binary(max_size=200))
def test_garbage_ends_in_packets_or_a_refusal(raw: bytes) -> None:
    with suppress(NotMqtt):
        found = PacketReader().receive(raw)
        assert raw.startswith(b"".join(one for _packet, one in found))
