"""What is on a serial port, found out by listening and asking; nothing that changes anything.

First it only listens, at the usual rate. If bytes come that make no unit, the other rates are
tried. If none come, everything that must be asked is asked for one reading: questions that every
one of these products answers without changing, and that others ignore. Says which rate the port
must have and when it wants to be woken; touches no port and no clock.
"""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Final

import msgspec

from firmware_bridge.events import NEVER_NS, Event, Reason, Refused, Sample
from firmware_bridge.frame import Frame, FrameReader
from firmware_bridge.line import Line
from firmware_bridge.messages import MessageType
from firmware_bridge.modbus import Codec
from firmware_bridge.sensors import KINDS, Settings, make_line, make_stream
from firmware_bridge.stream_sensor import StreamSensor
from vocabulary.units import NS_PER_MS

USUAL_RATE: Final = 9_600
OTHER_RATES: Final = (115_200, 4_800, 38_400, 19_200, 57_600, 2_400)
LISTEN_NS: Final = 2_700 * NS_PER_MS
"""A PMS5003 in calm air says something every 2.3 s."""
OTHER_LISTEN_NS: Final = 1_300 * NS_PER_MS
ASK_NS: Final = 400 * NS_PER_MS
HELLO_NS: Final = 700 * NS_PER_MS
HELLO_REQUEST: Final = bytes.fromhex("000221051C0746CD00")
"""Asks any Lamplighter board who it is, and changes nothing there (serial protocol, version 1)."""
LAMPLIGHTER: Final = "lamplighter"
TEXT: Final = "text"
UNITS_MIN: Final = 2
TEXT_CHARS_MIN: Final = 3
HEARD_BYTES_MAX: Final = 4_096
NOISE_BYTES_MAX: Final = 8
"""So few bytes are what opening a port makes, and nobody's speech."""

_UNLIKELY: Final = (Reason.OUT_OF_RANGE, Reason.INCONSISTENT)
_METERS: Final = ("sdm120", "pzem004t")
"""They answer to each other's questions; only the right one's answer makes sense throughout."""
_SPEAKERS: Final = ("sds011", "pms5003", "nmea")


class Found(msgspec.Struct, frozen=True):
    """One product that answered, and what it said."""

    kind: str
    baud: int
    address: int = 0
    values: tuple[tuple[str, float], ...] = ()
    remark: str = ""


class Outcome(StrEnum):
    """How a port's scan ended."""

    FOUND = "found"
    WRONG_DEVICE = "wrong_device"
    GARBAGE = "garbage"
    ECHO = "echo"
    NOTHING = "nothing"
    ABSENT = "absent"
    BUSY = "busy"
    DENIED = "denied"
    LOST = "lost"


class _Step:
    """A while of listening or one question; ``baud`` and ``ends_ns`` once begun."""

    def __init__(self, baud: int, lasts_ns: int) -> None:
        self.baud, self.lasts_ns = baud, lasts_ns

    def begin(self, mono_ns: int) -> None:
        """From now on."""

    def take(self, data: bytes, mono_ns: int) -> None:
        """Bytes came."""

    def tick(self, mono_ns: int) -> None:
        """Time passed."""

    def take_output(self) -> bytes:
        """What is to be sent."""
        return b""

    @property
    def deadline_ns(self) -> int:
        """When it wants ``tick``, beside its end."""
        return NEVER_NS

    @property
    def found(self) -> Found | None:
        """What is there, as soon as it is known."""
        return None


class _Listen(_Step):
    """Everything that speaks by itself, side by side."""

    def __init__(self, baud: int, lasts_ns: int) -> None:
        super().__init__(baud, lasts_ns)
        made = {kind: make_stream(Settings(kind, baud=baud), 0) for kind in _SPEAKERS}
        self._speakers: dict[str, StreamSensor] = {k: v for k, v in made.items() if v}
        self._frames = FrameReader()
        self._lines: list[bytes] = []
        self._rest = b""
        self._found: Found | None = None
        self.stranger = ""
        self.heard = bytearray()

    def take(self, data: bytes, mono_ns: int) -> None:
        self.heard = (self.heard + data)[:HEARD_BYTES_MAX]
        for kind, sensor in self._speakers.items():
            self._judge(kind, sensor, sensor.receive(data, mono_ns))
        if any(isinstance(piece, Frame) for piece in self._frames.receive(data)):
            self._found = self._found or Found(LAMPLIGHTER, self.baud)
        *lines, self._rest = (self._rest + data)[-HEARD_BYTES_MAX:].split(b"\n")
        self._lines += [line.strip() for line in lines]

    def _judge(self, kind: str, sensor: StreamSensor, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, Sample) and self._found is None:
                self._found = Found(kind, self.baud, values=event.values)
            elif isinstance(event, Refused) and event.reason is Reason.WRONG_DEVICE:
                self.stranger = event.detail
            elif isinstance(event, Refused) and event.reason in (Reason.NO_FIX, Reason.WARMING_UP):
                remark = event.detail or "it warms up"
                self._found = self._found or Found(kind, self.baud, remark=remark)
        if sensor.counters.frames >= UNITS_MIN and self._found is None and not self.stranger:
            self._found = Found(kind, self.baud, remark="it lives, and gave no reading yet")

    @property
    def found(self) -> Found | None:
        return self._found

    @property
    def text(self) -> str:
        """The newest whole line of plain text; empty if what came was none."""
        whole = [line.decode("latin-1") for line in self._lines[1:] if line]
        good = [line for line in whole if line.isascii() and line.isprintable()]
        if not good or len(good) < len(whole) or len(good[-1]) < TEXT_CHARS_MIN:
            return ""
        return good[-1]


class _Ask(_Step):
    """One question to one product."""

    def __init__(self, settings: Settings, codec: Codec, lasts_ns: int) -> None:
        super().__init__(settings.rate, lasts_ns)
        self._settings = settings
        self._codec = codec
        self._line: Line | None = None
        self._found: Found | None = None
        self.echoed = False
        self.stranger = ""

    def begin(self, mono_ns: int) -> None:
        self._line = make_line({"probe": self._settings}, mono_ns, self._codec)
        self._line.opened(mono_ns)

    def _judge(self, events: list[Event]) -> None:
        settings = self._settings
        address = settings.address or KINDS[settings.kind].address
        wild = [e.detail for e in events if isinstance(e, Refused) and e.reason in _UNLIKELY]
        if wild and settings.kind not in _METERS:
            self._found = Found(settings.kind, self.baud, address, remark=wild[0])
        for event in events:
            if isinstance(event, Sample) and self._found is None and not wild:
                self._found = Found(settings.kind, self.baud, address, event.values)
            elif isinstance(event, Refused) and event.reason is Reason.WRONG_DEVICE:
                self.stranger = event.detail
            elif isinstance(event, Refused) and event.reason is Reason.SENSOR_FAULT:
                self._found = Found(settings.kind, self.baud, address, remark=event.detail)

    def take(self, data: bytes, mono_ns: int) -> None:
        assert self._line is not None
        self._judge([said.event for said in self._line.receive(data, mono_ns)])
        self.echoed = self._line.sensors["probe"].counters.echoes > 0

    def tick(self, mono_ns: int) -> None:
        assert self._line is not None
        self._judge([said.event for said in self._line.tick(mono_ns)])

    def take_output(self) -> bytes:
        return self._line.take_output() if self._line else b""

    @property
    def deadline_ns(self) -> int:
        return self._line.deadline_ns if self._line else NEVER_NS

    @property
    def found(self) -> Found | None:
        return self._found


class _Hello(_Listen):
    """Any Lamplighter board, who are you?"""

    def __init__(self, lasts_ns: int) -> None:
        super().__init__(115_200, lasts_ns)
        self._output = HELLO_REQUEST
        self.echoed = False

    def take(self, data: bytes, mono_ns: int) -> None:
        del mono_ns
        self.heard += data
        for piece in self._frames.receive(data):
            if isinstance(piece, Frame) and piece.type != MessageType.HELLO_REQ:
                self._found = Found(LAMPLIGHTER, self.baud)
            elif isinstance(piece, Frame):
                self.echoed = True

    def take_output(self) -> bytes:
        output, self._output = self._output, b""
        return output


class PortProbe:
    """One port's scan. Feed it, wake it, and read ``outcome`` when it is ``done``."""

    def __init__(
        self,
        mono_ns: int,
        codec: Codec,
        *,
        addresses: Sequence[int] = (1, 2, 3),
        first_rate: int = USUAL_RATE,
        haste: float = 1.0,
    ) -> None:
        """``first_rate``: what the configuration says; ``haste`` divides how long it listens."""
        self._codec, self._addresses, self._haste = codec, addresses, haste
        self.found: list[Found] = []
        self.stranger = ""
        self.text = ""
        self.echoed = False
        self.heard = b""
        """What came at the first rate."""
        self.done = False
        self._first_rate = first_rate
        self._steps = self._plan()
        self._step: _Step = next(self._steps)
        self._step.begin(mono_ns)
        self._ends_ns = mono_ns + self._step.lasts_ns

    def _ns(self, lasts_ns: int) -> int:
        return max(round(lasts_ns / self._haste), 50 * NS_PER_MS)

    def _plan(self) -> Iterator[_Step]:
        first = _Listen(self._first_rate, self._ns(LISTEN_NS))
        yield first
        self.heard = bytes(first.heard) if len(first.heard) > NOISE_BYTES_MAX else b""
        self.text = first.text
        if first.found or first.stranger or first.text:
            return
        if self.heard:
            for baud in (USUAL_RATE, *OTHER_RATES):
                if baud != self._first_rate:
                    other = _Listen(baud, self._ns(OTHER_LISTEN_NS))
                    yield other
                    self.text = other.text
                    if other.found or other.stranger or other.text:
                        return
        yield from self._questions()  # noise at the opening hides nobody who must be asked

    def _questions(self) -> Iterator[_Step]:
        for kind in ("mhz19b", "senseair-s8"):
            yield _Ask(Settings(kind, warm_up_ns=0), self._codec, ASK_NS)
            if self.found:
                return
        yield _Ask(Settings("pzem004t"), self._codec, ASK_NS)
        alone = list(self.found)
        for kind, baud in (("pzem004t", 9_600), ("sdm120", 2_400), ("sdm120", 9_600)):
            for address in self._addresses:
                settings = Settings(kind, baud=baud, address=address)
                yield _Ask(settings, self._codec, ASK_NS if baud > 2_400 else 2 * ASK_NS)
            if len(self.found) > len(alone):
                self.found = self.found[len(alone) :]  # by name, not as "whoever is there"
                return
        if not self.found:
            yield _Hello(self._ns(HELLO_NS))

    @property
    def baud(self) -> int:
        """The rate that the port must have now."""
        return self._step.baud

    @property
    def deadline_ns(self) -> int:
        """When ``tick`` must be called if nothing is heard before."""
        if self.done:
            return NEVER_NS
        return min(self._ends_ns, self._step.deadline_ns)

    def take_output(self) -> bytes:
        """What is to be sent now."""
        return b"" if self.done else self._step.take_output()

    def receive(self, data: bytes, mono_ns: int) -> None:
        """Bytes came."""
        if not self.done:
            self._step.take(data, mono_ns)
            self._go_on(mono_ns)

    def tick(self, mono_ns: int) -> None:
        """Do what fell due."""
        if not self.done:
            self._step.tick(mono_ns)
            self._go_on(mono_ns)

    def _go_on(self, mono_ns: int) -> None:
        step = self._step
        if step.found is None and mono_ns < self._ends_ns:
            return
        if step.found is not None and step.found not in self.found:
            self.found.append(step.found)
        if isinstance(step, _Listen | _Ask):
            self.stranger = self.stranger or step.stranger
        if isinstance(step, _Hello | _Ask):
            self.echoed = self.echoed or step.echoed
        try:
            self._step = next(self._steps)
        except StopIteration:
            self.done = True
            return
        self._step.begin(mono_ns)
        self._ends_ns = mono_ns + self._step.lasts_ns

    @property
    def outcome(self) -> Outcome:
        """What to say of the port."""
        if self.found or self.text:
            return Outcome.FOUND
        if self.stranger:
            return Outcome.WRONG_DEVICE
        if self.heard:
            return Outcome.GARBAGE
        return Outcome.ECHO if self.echoed else Outcome.NOTHING


def rate_hint(heard: bytes) -> str:
    """What bytes that make nothing say about the sender's rate: a hint, never a proof."""
    if not heard:
        return ""
    share = heard.count(0) / len(heard)
    if share > 0.9:
        return "nearly all zero: it may be a much slower rate, or a line that is held low"
    if share >= 0.1:
        return f"{share:.0%} zero: it may be about half the rate that was listened at"
    return "no zeros: it may be a faster rate than was listened at"
