"""Modbus RTU as we speak it: reading input registers, function 04, one question at a time.

    asked   address 04 first u16 count u16 crc        answer  address 04 bytes words.. crc
                                                      refusal address 84 code crc

Requests and answers are made and read by a ``Codec`` from outside: the library we use for it brings
an event loop and sockets along, which a core must not load (see docs/decisions/0020).

What the library does not do stands here. An answer must fit its question: address, function and
count, or it is no answer of ours. The search for its beginning goes on byte by byte, so a stray
byte before it, or the echo of our own question, costs nothing.

Source: Modbus Organization, "MODBUS over serial line specification and implementation guide"
V1.02 (silence of 3.5 characters, answers of one master), and "MODBUS application protocol" V1.1b3.
"""

from typing import Final, NamedTuple, Protocol

from firmware_bridge.events import Event, Reason, Refused
from firmware_bridge.polled_sensor import PolledSensor, Question
from firmware_bridge.unit_scanner import BROKEN, MORE, NOT_A_UNIT

READ_INPUTS: Final = 4
REQUEST_BYTES: Final = 8
FRAME_BYTES_MIN: Final = 5
"""Address, function, one byte, CRC: a refusal, or an answer without its words."""
ADDRESSES: Final = range(1, 248)

_REFUSED_BIT: Final = 0x80
_EXCEPTIONS: Final = {
    1: "illegal function",
    2: "illegal data address",
    3: "illegal data value",
    4: "device failure",
    6: "device busy",
}


class Refusal(NamedTuple):
    """A slave's exception."""

    code: int

    def __str__(self) -> str:
        return f"{_EXCEPTIONS.get(self.code, 'exception')} ({self.code})"


class Codec(Protocol):
    """Makes and reads frames; does no I/O."""

    def read_inputs(self, address: int, first: int, count: int) -> bytes:
        """The request for ``count`` input registers."""
        ...

    def registers(self, frame: bytes) -> tuple[int, ...] | Refusal | None:
        """What a whole answer holds; None if its CRC or its form is wrong."""
        ...


class ReadInputs(NamedTuple):
    """One question; ``any_address`` reaches whoever is there, 0 if nothing does."""

    codec: Codec
    address: int
    first: int
    word_count: int
    any_address: int = 0

    @property
    def answer_bytes(self) -> int:
        """Of a good answer."""
        return FRAME_BYTES_MIN + 2 * self.word_count

    def judge(self, stream: bytes, ix: int) -> int:
        """An answer or a refusal that fits."""
        left_bytes = len(stream) - ix
        asked_any = self.address == self.any_address and stream[ix] in ADDRESSES
        if stream[ix] != self.address and not asked_any:
            return NOT_A_UNIT
        if left_bytes < 3:
            return MORE
        function, third = stream[ix + 1], stream[ix + 2]
        if function == READ_INPUTS and third == 2 * self.word_count:
            length = self.answer_bytes
        elif function == READ_INPUTS | _REFUSED_BIT:
            length = FRAME_BYTES_MIN
        else:
            return NOT_A_UNIT
        if left_bytes < length:
            return MORE
        return BROKEN if self.codec.registers(stream[ix : ix + length]) is None else length

    def question(self) -> Question:
        """For the line."""
        wire = self.codec.read_inputs(self.address, self.first, self.word_count)
        return Question(wire, self.answer_bytes, self.judge)


class ModbusSensor(PolledSensor):
    """One slave. A block of registers is one question."""

    blocks: tuple[tuple[int, int], ...]
    """First register and count of each block. No two of one length, so that an answer that comes
    too late can never be taken for the answer to the next question.
    """
    any_address: int = 0

    def __init__(
        self, mono_ns: int, *, codec: Codec, address: int, baud: int, interval_ns: int
    ) -> None:
        super().__init__(mono_ns, baud=baud, interval_ns=interval_ns)
        assert len({count for _first, count in self.blocks}) == len(self.blocks)
        self._codec = codec
        self.address = address
        self.questions = tuple(
            ReadInputs(codec, address, first, count, self.any_address).question()
            for first, count in self.blocks
        )

    def meaning(self, question_ix: int, wire: bytes, mono_ns: int) -> list[Event]:
        """Registers to values; a refusal is an answer without any."""
        said = self._codec.registers(wire)
        if isinstance(said, Refusal):
            self.counters.exceptions += 1
            return [Refused(Reason.EXCEPTION, len(wire), str(said))]
        assert said is not None  # judged before
        return self.values(question_ix, said, mono_ns)

    def values(self, block_ix: int, words: tuple[int, ...], mono_ns: int) -> list[Event]:
        """What the words of a block say."""
        raise NotImplementedError
