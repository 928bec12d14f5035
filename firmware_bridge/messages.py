"""Messages of the Lamplighter serial protocol, version 1: numbers, and payloads both ways.

Five bits of type. 13 to 29 are free, 30 is for experiments, 31 is reserved for addressed lines. A
type that is not listed here is counted and ignored, never refused: it may be newer than we are.

Revisions of a message only append: a longer payload than known is read without its tail, a shorter
one is None. Nothing here raises on bytes. The table is in ``PROTOCOL.md``.
"""

import struct
from collections.abc import Callable
from enum import IntEnum, IntFlag
from typing import Final, NamedTuple

REVISION_MIN: Final = 1
REVISION_MAX: Final = 1
RESULT_BYTES_MAX: Final = 16
TOKEN_BYTES: Final = 8
ID_MAX: Final = 0xFFFF


class MessageType(IntEnum):
    """What a frame carries. To the device: requests and commands; the rest comes from it."""

    HELLO_REQ = 1
    HELLO = 2
    DESC_REQ = 3
    DESC = 4
    DATA = 5
    TIME_REQ = 6
    TIME = 7
    CMD = 8
    ACK = 9
    EVENT = 10
    LOG = 11
    HEARTBEAT = 12


class Flag(IntFlag):
    """What a board says it can do."""

    BOOT_ID = 1
    """Its boot id is random or counted."""
    COMMANDS = 2
    TIME = 4


class Reset(IntEnum):
    """Why a board started."""

    POWER = 0
    COMMANDED = 1
    WATCHDOG = 2
    """Or the reset pin."""
    FAULT = 3
    BROWN_OUT = 4
    UNKNOWN = 255


class Quality(IntFlag):
    """What a board says of a reading."""

    FAULT = 1
    CLAMPED = 2
    WARMING_UP = 4
    CALIBRATING = 8
    STORED = 16
    """Sampled earlier, and kept."""


class Status(IntEnum):
    """What became of a command, on the board; 128 to 255 are the board's own."""

    DONE = 0
    UNKNOWN_OP = 1
    BAD_ARGUMENTS = 2
    BUSY = 3
    FAILED = 4
    NOT_ALLOWED = 5
    WRONG_SESSION = 6
    WRONG_ID = 7


class Hello(NamedTuple):
    """Who a board is, and whether it remembers us."""

    revision_min: int
    revision_max: int
    flags: int
    reset_reason: int
    uid: int
    boot_id: int
    session: int
    desc_hash: int
    desc_length: int
    max_payload: int
    heartbeat_s: int
    firmware: int
    uptime_ms: int

    @property
    def reset(self) -> Reset:
        """Why it started; a number that we do not know is unknown."""
        known = self.reset_reason in Reset._value2member_map_
        return Reset(self.reset_reason) if known else Reset.UNKNOWN

    @property
    def firmware_text(self) -> str:
        """Its version as people write it."""
        return f"{self.firmware >> 24}.{self.firmware >> 16 & 0xFF}.{self.firmware & 0xFFFF}"


class Desc(NamedTuple):
    """A piece of the descriptor."""

    offset: int
    data: bytes


class Data(NamedTuple):
    """One sample of one stream, packed as the descriptor says."""

    stream: int
    quality: int
    tick_ms: int
    values: bytes


class Time(NamedTuple):
    """A board's answer to a time probe: when it heard it, when its answer left."""

    token: bytes
    rx_us: int
    tx_us: int


class Ack(NamedTuple):
    """A board's answer to a command."""

    session: int
    id: int
    status: int
    result: bytes


class Report(NamedTuple):
    """EVENT: something happened on the board."""

    tick_ms: int
    code: int
    detail: bytes


class Log(NamedTuple):
    """A line for the technician."""

    level: int
    text: bytes


class Heartbeat(NamedTuple):
    """A board's life and its account of the line."""

    boot_id: int
    session: int
    clock_us: int
    tx_frames: int
    tx_dropped: int
    rx_frames: int
    rx_bad: int
    rx_overrun: int


FromBoard = Hello | Desc | Data | Time | Ack | Report | Log | Heartbeat

_HELLO: Final = struct.Struct("<BBBBQIIIHBBII")
_DESC: Final = struct.Struct("<H")
_DATA: Final = struct.Struct("<BBI")
_TIME: Final = struct.Struct("<8sQQ")
_ACK: Final = struct.Struct("<IHB")
_EVENT: Final = struct.Struct("<IH")
_LOG: Final = struct.Struct("<B")
_HEARTBEAT: Final = struct.Struct("<IIQIIIII")
_HELLO_REQ: Final = struct.Struct("<IB")
_CMD: Final = struct.Struct("<IHH")

TIME_BYTES: Final = _TIME.size
ACK_BYTES_MIN: Final = _ACK.size
CMD_BYTES_MIN: Final = _CMD.size

_FIXED: Final[dict[int, tuple[struct.Struct, Callable[..., FromBoard]]]] = {
    MessageType.HELLO: (_HELLO, Hello),
    MessageType.TIME: (_TIME, Time),
    MessageType.HEARTBEAT: (_HEARTBEAT, Heartbeat),
}
_TAILED: Final[dict[int, tuple[struct.Struct, Callable[..., FromBoard]]]] = {
    MessageType.DESC: (_DESC, Desc),
    MessageType.DATA: (_DATA, Data),
    MessageType.ACK: (_ACK, Ack),
    MessageType.EVENT: (_EVENT, Report),
    MessageType.LOG: (_LOG, Log),
}
FROM_BOARD: Final = frozenset({*_FIXED, *_TAILED})
"""Types that a board sends."""


def parse(message_type: int, payload: bytes) -> FromBoard | None:
    """What a board said; None if the payload is too short for its type, which must be known."""
    form, message = _FIXED.get(message_type) or _TAILED[message_type]
    if len(payload) < form.size:
        return None
    fields = form.unpack_from(payload)
    if message_type in _FIXED:
        return message(*fields)
    return message(*fields, payload[form.size :])


def payload_of(message: FromBoard) -> bytes:
    """What ``parse`` reads: for simulated boards."""
    message_type = type_of(message)
    if message_type in _FIXED:
        return _FIXED[message_type][0].pack(*message)
    *fields, tail = message
    assert isinstance(tail, bytes)
    return _TAILED[message_type][0].pack(*fields) + tail


def type_of(message: FromBoard) -> MessageType:
    """The number under which a message travels."""
    made: dict[Callable[..., FromBoard], int] = {
        kind: number for number, (_form, kind) in {**_FIXED, **_TAILED}.items()
    }
    return MessageType(made[type(message)])


def hello_request(session: int, revision: int = REVISION_MAX) -> bytes:
    """Payload of HELLO_REQ that opens ``session``."""
    assert 0 < session <= 0xFFFFFFFF
    return _HELLO_REQ.pack(session, revision)


ASK: Final = b""
"""Payload of HELLO_REQ that only asks."""


def descriptor_request(offset: int) -> bytes:
    """Payload of DESC_REQ."""
    return _DESC.pack(offset)


def command(session: int, command_id: int, op: int, arguments: bytes) -> bytes:
    """Payload of CMD."""
    return _CMD.pack(session, command_id, op) + arguments


def next_id(last_id: int) -> int:
    """The id that follows: 1, 2, .. 65535, 1. 0 stands before the first."""
    return last_id % ID_MAX + 1
