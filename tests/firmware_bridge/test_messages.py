"""Messages: numbers read against the example frames, payloads both ways, and every length."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge import messages
from firmware_bridge.frame import TYPE_MAX
from firmware_bridge.messages import (
    FROM_BOARD,
    Ack,
    Data,
    Desc,
    Heartbeat,
    Hello,
    Log,
    MessageType,
    Report,
    Reset,
    Time,
    next_id,
    parse,
    payload_of,
    type_of,
)
from tests.firmware_bridge.vectors import FRAMES, FrameVector

SESSION, BOOT, UID = 0xC0FFEE01, 0x5EED0001, 0x0123456789ABCDEF
CLOCK = 12_345_678_901
EXPECTED: dict[str, messages.FromBoard] = {
    "hello_at_boot": Hello(1, 1, 7, 0, UID, BOOT, 0, 0xFEAC11C5, 159, 64, 10, 0x01020003, 6),
    "hello_in_session": Hello(
        1, 1, 7, 0, UID, BOOT, SESSION, 0xFEAC11C5, 159, 64, 10, 0x01020003, 512
    ),
    "data": Data(1, 0, 12_345_600, bytes.fromhex("40E2010098093012818D0100AC0C")),
    "time": Time(bytes(range(8)), CLOCK, 12_345_679_001),
    "ack": Ack(SESSION, 1, 0, (5).to_bytes(4, "little")),
    "event": Report(12_345_678, 1, b""),
    "log": Log(2, b"fan on"),
    "heartbeat": Heartbeat(BOOT, SESSION, CLOCK, 14, 0, 3, 0, 0),
}
BY_NAME = {vector.name: vector for vector in FRAMES}
FROM = [vector for vector in FRAMES if vector.type in FROM_BOARD and vector.name != "longest"]


def test_every_example_is_named_after_its_type() -> None:
    for vector in FRAMES:
        if vector.verdict == "frame" and vector.name != "longest":
            name = MessageType(vector.type).name.lower()
            assert vector.name == name or vector.name.startswith(f"{name}_")


def test_numbers_fit_the_frame_and_leave_the_reserved_ones() -> None:
    assert sorted(MessageType) == list(range(1, 13))
    assert max(MessageType) < TYPE_MAX - 1


@pytest.mark.parametrize("vector", FROM, ids=lambda vector: vector.name)
def test_what_a_board_says_both_ways(vector: FrameVector) -> None:
    message = parse(vector.type, vector.payload)
    assert message == EXPECTED[vector.name]
    assert message is not None
    assert (type_of(message), payload_of(message)) == (vector.type, vector.payload)


@pytest.mark.parametrize("vector", FROM, ids=lambda vector: vector.name)
def test_a_longer_one_is_read_without_its_tail_and_a_shorter_one_is_none(
    vector: FrameVector,
) -> None:
    longer = parse(vector.type, vector.payload + b"new")
    assert longer is not None
    if not isinstance(longer[-1], bytes):
        assert longer == EXPECTED[vector.name]
    base = vector.payload if not isinstance(longer[-1], bytes) else b""
    for size in range(len(base)):
        assert parse(vector.type, base[:size]) is None


def test_what_we_say() -> None:
    assert BY_NAME["hello_req_ask"].payload == messages.ASK
    assert messages.hello_request(SESSION) == BY_NAME["hello_req_session"].payload
    assert messages.descriptor_request(0) == BY_NAME["desc_req"].payload
    five = (5).to_bytes(4, "little")
    assert messages.command(SESSION, 1, 3, five) == BY_NAME["cmd"].payload
    assert parse(MessageType.DESC, b"\1\0abc") == Desc(1, b"abc")


def test_hello_reads_as_people_write() -> None:
    hello = EXPECTED["hello_at_boot"]
    assert isinstance(hello, Hello)
    assert hello.firmware_text == "1.2.3"
    assert hello.reset is Reset.POWER
    assert hello._replace(reset_reason=77).reset is Reset.UNKNOWN


def test_ids_go_round_without_zero() -> None:
    assert [next_id(one) for one in (0, 1, 65_534, 65_535)] == [1, 2, 65_535, 1]


@given(st.sampled_from(sorted(FROM_BOARD)), st.binary(max_size=240))
def test_no_payload_raises(message_type: int, payload: bytes) -> None:
    message = parse(message_type, payload)
    if message is not None:
        assert payload.startswith(payload_of(message)[: len(payload)])
