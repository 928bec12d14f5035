"""The example board's thinking in Python, byte for byte what ``firmware_bridge/c/example`` does.

Written apart from the C, from the words of the protocol, so that the two can be held against each
other. Time is the board's own, in microseconds since it started.
"""

import struct
from collections.abc import Callable
from enum import IntEnum
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple, Protocol

import firmware_bridge
from firmware_bridge import messages
from firmware_bridge.descriptor import Fault, hash_of
from firmware_bridge.descriptor_source import encoded_of
from firmware_bridge.frame import Frame, FrameReader, encode
from firmware_bridge.messages import (
    Ack,
    Data,
    Desc,
    Flag,
    FromBoard,
    Heartbeat,
    Hello,
    MessageType,
    Status,
    Time,
    next_id,
)

C_FOLDER: Final = Path(firmware_bridge.__file__).parent / "c"
SOURCE: Final = C_FOLDER / "example" / "street_box.toml"
PAYLOAD_BYTES_MAX: Final = 64
OUT_BYTES_MAX: Final = 512
EXPERIMENT: Final = 30
HEARTBEAT_S: Final = 10
FIRMWARE: Final = 0x01020003
INTERVAL_MS: Final = 1_000
INTERVALS_MS: Final = range(20, 3_600_001)

_U32: Final = 1 << 32
_ENV: Final = struct.Struct("<IhHIH")
_HELLO_REQ_BYTES_MIN: Final = 5


class Misbehaviour(IntEnum):
    """What a frame of type 30 can ask for."""

    NOTHING = 0
    LOCK_UP = 1
    CRASH = 2
    BROWN_OUT = 3
    DRIFT = 4
    HANG = 5
    RESTART = 255
    """Not on the wire: what the reboot command wishes."""


class Wish(NamedTuple):
    """What a board wants to happen to itself."""

    what: int
    argument: int


class Values(NamedTuple):
    """One sample as it leaves, before scaling."""

    number: int
    temperature: int
    humidity: int
    pressure: int
    voltage: int


def values(count: int) -> Values:
    """What the sensor that does not exist says the ``count``-th time: anybody can check it."""
    return Values(
        count % _U32,
        2_000 + count * 7 % 1_000,
        4_000 + count * 13 % 2_000,
        100_000 + count * 29 % 3_000,
        3_000 + count * 3 % 600,
    )


@cache
def descriptor() -> bytes:
    """The board's descriptor, from the same file as the firmware's."""
    encoded = encoded_of(SOURCE.read_text(encoding="utf-8"))
    assert not isinstance(encoded, Fault), encoded
    return encoded


def experiment(what: Misbehaviour, argument: int = 0, *, seq: int = 0) -> bytes:
    """The frame that makes a board misbehave."""
    return encode(EXPERIMENT, seq, struct.pack("<BI", what, argument % _U32))


class Core(Protocol):
    """One start of one board, in whatever language it is written."""

    def poll(self, now_us: int) -> None:
        """Do what is due."""
        ...

    def receive(self, data: bytes, now_us: int) -> None:
        """Bytes came; the last of them at ``now_us``."""
        ...

    def overrun(self, count: int) -> None:
        """Bytes came that nobody could keep."""
        ...

    def take(self) -> bytes:
        """What it said since the last time."""
        ...

    def wish(self) -> Wish:
        """What it wants to happen to itself, once."""
        ...

    @property
    def due_ms(self) -> tuple[int, int]:
        """When, modulo 2^32, the next sample and the next heartbeat are due."""
        ...


class StreetBox:
    """The Python core."""

    def __init__(self, now_us: int, *, uid: int, boot_id: int, reset_reason: int) -> None:
        self._uid, self._boot_id, self._reset_reason = uid, boot_id, reset_reason
        self._descriptor = descriptor()
        self._reader = FrameReader(PAYLOAD_BYTES_MAX)
        self._out = bytearray()
        self._wish = Wish(Misbehaviour.NOTHING, 0)
        self._session = self._last_id = self._last_status = 0
        self._last_result = b""
        self._seq = self._tx_frames = self._tx_dropped = 0
        self._rx_frames = self._rx_bad = self._rx_overrun = 0
        self._total = self._count = 0
        self._interval_ms = INTERVAL_MS
        self._now_us = now_us
        self._beat_ms = self._now_ms
        self._say_hello()
        self._sample_ms = (self._now_ms + self._interval_ms) % _U32

    @property
    def _now_ms(self) -> int:
        return self._now_us // 1_000 % _U32

    @property
    def due_ms(self) -> tuple[int, int]:
        """Sample, heartbeat."""
        return self._sample_ms, (self._beat_ms + HEARTBEAT_S * 1_000) % _U32

    def take(self) -> bytes:
        """What it said."""
        said, self._out = bytes(self._out), bytearray()
        return said

    def wish(self) -> Wish:
        """What it wants."""
        wish, self._wish = self._wish, Wish(Misbehaviour.NOTHING, 0)
        return wish

    def overrun(self, count: int) -> None:
        """Bytes nobody kept."""
        self._rx_overrun += count

    def poll(self, now_us: int) -> None:
        """A sample, a heartbeat, if due."""
        self._now_us = now_us
        sample_ms, _beat_ms = self.due_ms
        if (self._now_ms - sample_ms) % _U32 < _U32 // 2:
            self._sample_ms = (sample_ms + self._interval_ms) % _U32
            if (self._now_ms - self._sample_ms) % _U32 < _U32 // 2:
                self._sample_ms = (self._now_ms + self._interval_ms) % _U32
            packed = _ENV.pack(*values(self._count))
            self._count = (self._count + 1) % _U32
            self._say(Data(1, 0, self._now_ms, packed))
        if (self._now_ms - self._beat_ms) % _U32 >= HEARTBEAT_S * 1_000:
            self._beat_ms = self._now_ms
            counts = (self._tx_frames + 1, self._tx_dropped, self._rx_frames, self._rx_bad)
            self._say(Heartbeat(self._boot_id, self._session, now_us, *counts, self._rx_overrun))

    def receive(self, data: bytes, now_us: int) -> None:
        """Bytes came."""
        self._now_us = now_us
        for verdict in self._reader.receive(data):
            if not isinstance(verdict, Frame):
                self._rx_bad += 1
                continue
            self._rx_frames += 1
            answer = self._answers.get(verdict.type)
            if answer is not None:
                answer(verdict.payload)

    @property
    def _answers(self) -> dict[int, Callable[[bytes], None]]:
        return {
            MessageType.HELLO_REQ: self._greet,
            MessageType.DESC_REQ: self._describe,
            MessageType.TIME_REQ: self._tell_time,
            MessageType.CMD: self._obey,
            EXPERIMENT: self._misbehave,
        }

    def _say(self, message: FromBoard) -> None:
        seq = self._seq
        self._seq = (seq + 1) % 256
        self._tx_frames += 1
        wire = encode(messages.type_of(message), seq, messages.payload_of(message))
        if len(self._out) + len(wire) > OUT_BYTES_MAX:
            self._tx_dropped += 1
        else:
            self._out += wire

    def _say_hello(self) -> None:
        self._say(
            Hello(
                1,
                1,
                Flag.BOOT_ID | Flag.COMMANDS | Flag.TIME,
                self._reset_reason,
                self._uid,
                self._boot_id,
                self._session,
                hash_of(self._descriptor),
                len(self._descriptor),
                PAYLOAD_BYTES_MAX,
                HEARTBEAT_S,
                FIRMWARE,
                self._now_ms,
            )
        )

    def _greet(self, payload: bytes) -> None:
        if 0 < len(payload) < _HELLO_REQ_BYTES_MIN:
            return
        session = int.from_bytes(payload[:4], "little")
        if session and session != self._session:
            self._session, self._last_id = session, 0
        self._say_hello()

    def _describe(self, payload: bytes) -> None:
        if len(payload) >= 2:
            offset = int.from_bytes(payload[:2], "little")
            self._say(Desc(offset, self._descriptor[offset:][: PAYLOAD_BYTES_MAX - 2]))

    def _tell_time(self, payload: bytes) -> None:
        if len(payload) >= messages.TOKEN_BYTES:
            token = payload[: messages.TOKEN_BYTES]
            self._say(Time(token, self._now_us, self._now_us))

    def _obey(self, payload: bytes) -> None:
        if len(payload) < messages.CMD_BYTES_MIN:
            return
        session, command_id, op = struct.unpack_from("<IHH", payload)
        result = b""
        if session == 0 or session != self._session:
            status = int(Status.WRONG_SESSION)
        elif command_id == next_id(self._last_id):
            status, result = self._do(op, payload[messages.CMD_BYTES_MIN :])
            self._last_id, self._last_status, self._last_result = command_id, status, result
        elif command_id and command_id == self._last_id:
            status, result = self._last_status, self._last_result
        else:
            status = int(Status.WRONG_ID)
        self._say(Ack(session, command_id, status, result))

    def _do(self, op: int, arguments: bytes) -> tuple[int, bytes]:
        number = int.from_bytes(arguments[:4], "little")
        if op == 1:
            return Status.DONE, b""
        if op == 4:
            self._wish = Wish(Misbehaviour.RESTART, 0)
            return Status.DONE, b""
        if op not in (2, 3):
            return Status.UNKNOWN_OP, b""
        if len(arguments) < 4:
            return Status.BAD_ARGUMENTS, b""
        if op == 3:
            self._total = (self._total + number) % _U32
            return Status.DONE, self._total.to_bytes(4, "little")
        if number not in INTERVALS_MS:
            return Status.BAD_ARGUMENTS, b""
        self._interval_ms = number
        self._sample_ms = (self._now_ms + number) % _U32
        return Status.DONE, b""

    def _misbehave(self, payload: bytes) -> None:
        if len(payload) >= 5:
            self._wish = Wish(payload[0], int.from_bytes(payload[1:5], "little"))
