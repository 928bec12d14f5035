"""Whatever way a stream of packets is torn, both readers together get all of it, in its order."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.client import Client

from ingest.packet_tap import (
    PACKET_BYTES_MAX,
    READ_BYTES,
    PublishCutter,
    Published,
    TappedClient,
    TappedSocket,
)
from vocabulary.payload import PAYLOAD_BYTES_MAX

STATE = "spBv1.0/STATE/host1"
SUBACK = b"\x90\x03\x00\x01\x00"
PINGRESP = b"\xd0\x00"


def length(size: int) -> bytes:
    made = b""
    while size >= 128:
        made += bytes([size % 128 + 128])
        size //= 128
    return made + bytes([size])


def publish(topic: str, payload: bytes, *, qos: int = 0, retain: bool = False) -> bytes:
    name = topic.encode()
    body = len(name).to_bytes(2, "big") + name + (b"\x00\x07" if qos else b"") + payload
    return bytes([0x30 | qos << 1 | retain]) + length(len(body)) + body


PACKETS = st.one_of(
    st.builds(
        publish,
        st.sampled_from(["a", STATE, "spBv1.0/é/DDATA/gw/ap", ""]),
        st.binary(max_size=300),
        qos=st.sampled_from([0, 0, 0, 1, 2]),
        retain=st.booleans(),
    ),
    st.sampled_from([SUBACK, PINGRESP, b"\x20\x02\x00\x00", b"\x40\x02\x00\x09"]),
)


class Pipe:
    """A socket that gives bytes in pieces."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = [piece for piece in pieces if piece]

    def recv(self, _size: int) -> bytes:
        if not self.pieces:
            raise BlockingIOError
        return self.pieces.pop(0)


def read(tapped: TappedSocket, note: Callable[[bytes], None]) -> None:
    """As a library reads: a few bytes at a time, until there is nothing."""
    try:
        while data := tapped.recv(3):
            note(data)
    except BlockingIOError:
        pass


def is_ours(packet: bytes) -> bool:
    return packet[0] & 0xFE == 0x30 and STATE.encode() not in packet


def as_packet(one: Published) -> bytes:
    return publish(one.topic, one.payload, retain=one.retain)


@given(st.lists(PACKETS, max_size=12), st.data())
def test_both_readers_get_everything_in_its_order(
    packets: list[bytes], draw: st.DataObject
) -> None:
    stream, pieces = b"".join(packets), []
    while stream:
        cut = draw.draw(st.integers(1, max(1, min(len(stream), 200))))
        pieces.append(stream[:cut])
        stream = stream[cut:]
    order: list[tuple[bool, bytes]] = []
    tapped = TappedSocket(
        Pipe(*pieces),
        PublishCutter(STATE),
        lambda published: order.extend((True, as_packet(one)) for one in published),
    )
    while True:
        before = len(order)
        read(tapped, lambda data: order.append((False, data)))
        if not tapped.pending() and len(order) == before and not tapped._inner.pieces:
            break
    merged: list[tuple[bool, bytes]] = []
    for ours, data in order:  # put the library's few bytes together again
        if merged and not ours and not merged[-1][0]:
            merged[-1] = (False, merged[-1][1] + data)
        else:
            merged.append((ours, data))
    wanted: list[tuple[bool, bytes]] = []
    for packet in packets:
        if wanted and not is_ours(packet) and not wanted[-1][0]:
            wanted[-1] = (False, wanted[-1][1] + packet)
        else:
            wanted.append((is_ours(packet), packet))
    assert merged == wanted


@pytest.mark.parametrize("qos", [0, 1])
def test_ten_megabytes_are_cut_short_and_what_follows_is_read(qos: int) -> None:
    cutter = PublishCutter()
    huge = publish("t", bytes(10 << 20), qos=qos)
    stream = huge + publish("t", b"next")
    got: list[Published] = []
    held_bytes_max, foreign = 0, b""
    for at in range(0, len(stream), READ_BYTES):
        cutter.feed(stream[at : at + READ_BYTES])
        got += cutter.cut()
        while cutter.foreign_bytes:
            foreign += cutter.take_foreign(1 << 20)
            if not cutter.foreign_bytes:
                got += cutter.cut()
        held_bytes_max = max(held_bytes_max, len(cutter._held))
    assert held_bytes_max <= PACKET_BYTES_MAX + 2 * READ_BYTES
    assert got[-1] == Published("t", b"next", retain=False)
    if qos:
        assert len(got) == 1
        assert PAYLOAD_BYTES_MAX < len(foreign) < PACKET_BYTES_MAX + 8
        assert (
            foreign[1:5] == length(PACKET_BYTES_MAX) + b"\x00"[: 4 - len(length(PACKET_BYTES_MAX))]
        )
    else:
        assert len(got) == 2
        assert len(got[0].payload) > PAYLOAD_BYTES_MAX


def test_what_is_no_packet_goes_to_the_library_as_it_is() -> None:
    for stream in (b"\x30\xff\xff\xff\xff\x7f", b"\x30\x03\x00\x09ab"[:5]):
        cutter = PublishCutter()
        cutter.feed(stream)
        assert cutter.cut() == []
        assert cutter.foreign_bytes


def test_a_closed_socket_reads_as_closed() -> None:
    class Closed:
        def recv(self, _size: int) -> bytes:
            return b""

    assert TappedSocket(Closed(), PublishCutter(), lambda _published: None).recv(1) == b""


def test_the_hook_of_the_library_is_still_there() -> None:
    assert callable(Client._create_socket)
    assert TappedClient._create_socket is not Client._create_socket
