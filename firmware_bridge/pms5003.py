"""Plantower PMS5003 and PMSA003, particle sensors: what they say, 32 bytes a unit at 9600 baud.

    42 4D 00 1C   twelve u16   version u8   error u8   sum u16        all big-endian

The words: PM1, PM2.5, PM10 for factory smoke (CF=1), the same three for the atmosphere, then how
many particles over 0.3, 0.5, 1, 2.5, 5 and 10 um are in 0.1 l. The sum is that of all bytes before
it. Source: Plantower, "PMS5003 series data manual" (2016), appendix I: effective range 0 to 500,
at least 1000 at most; stable data half a minute after waking.

We report the atmospheric PM2.5 and PM10. A unit whose counts rise with the size, or whose PM10 is
below its PM2.5, cannot be true and is refused whole: the sum alone is a weak check.

Length 00 14 is a PMS3003, whose words mean other things: it is refused by name.
"""

from struct import unpack_from
from typing import Final

from firmware_bridge.events import Answer, Event, Reason, Refused
from firmware_bridge.plausible import Span, believed
from firmware_bridge.stream_sensor import StreamSensor
from firmware_bridge.unit_scanner import BROKEN, MORE, NOT_A_UNIT
from vocabulary.units import NS_PER_MS, NS_PER_S

BAUD: Final = 9600
UNIT_BYTES: Final = 32
PM2_5: Final = "air/pm2_5_ugm3"
PM10: Final = "air/pm10_ugm3"
SPANS: Final = {PM2_5: Span(0, 1_000), PM10: Span(0, 1_000)}
INTERVAL_NS: Final = 2_300 * NS_PER_MS
"""In calm air; down to 0.2 s when the air changes."""
WARM_UP_NS: Final = 30 * NS_PER_S

_HEADER_BYTES: Final = 4
_SUM_BYTES: Final = 2
_PMS3003_BYTES: Final = 24
_ANSWER_BYTES: Final = 8
_LENGTHS: Final = {UNIT_BYTES, _PMS3003_BYTES, _ANSWER_BYTES}
_POWER: Final = 0xE4
_ABOUT: Final = {0xE1: "mode", _POWER: "power"}


class Pms5003(StreamSensor):
    """One sensor on one port."""

    metric_names = (PM2_5, PM10)
    head = b"\x42\x4d"

    def __init__(self, mono_ns: int, *, baud: int = BAUD, interval_ns: int = INTERVAL_NS) -> None:
        super().__init__(mono_ns, baud=baud, interval_ns=interval_ns)
        self._warm_ns: int | None = None

    @staticmethod
    def judge(stream: bytes, ix: int) -> int:
        """A length we know, and the sum."""
        left_bytes = len(stream) - ix
        if left_bytes < _HEADER_BYTES:
            return MORE
        length = _HEADER_BYTES + int.from_bytes(stream[ix + 2 : ix + 4], "big")
        if length not in _LENGTHS:
            return NOT_A_UNIT
        if left_bytes < length:
            return MORE
        end_ix = ix + length - _SUM_BYTES
        total = int.from_bytes(stream[end_ix : end_ix + _SUM_BYTES], "big")
        return length if sum(stream[ix:end_ix]) == total else BROKEN

    def _unit(self, wire: bytes, read_ns: int, mono_ns: int) -> list[Event]:
        del read_ns
        if len(wire) == _ANSWER_BYTES:
            return [self._answer(wire, mono_ns)]
        if len(wire) == _PMS3003_BYTES:
            self.counters.unknown_messages += 1
            return [Refused(Reason.WRONG_DEVICE, len(wire), "a PMS3003: we read PMS5003, PMSA003")]
        return self._reading(wire, mono_ns)

    def _reading(self, wire: bytes, mono_ns: int) -> list[Event]:
        if self._asleep:  # it woke: nothing else is said about that
            self._asleep, self._warm_ns = False, mono_ns + WARM_UP_NS
        if self._warm_ns is not None and mono_ns < self._warm_ns:
            self.counters.warming_up += 1
            return [Refused(Reason.WARMING_UP, UNIT_BYTES)]
        words = unpack_from(">12H", wire, _HEADER_BYTES)
        pm1, pm2_5, pm10, counts, error = *words[3:6], words[6:], wire[29]
        if error:
            self.counters.inconsistent += 1
            return [Refused(Reason.SENSOR_FAULT, UNIT_BYTES, f"its error code is {error:#04x}")]
        if not pm1 <= pm2_5 <= pm10 or list(counts) != sorted(counts, reverse=True):
            self.counters.inconsistent += 1
            return [Refused(Reason.INCONSISTENT, UNIT_BYTES, "more large particles than small")]
        values = [(PM2_5, float(pm2_5)), (PM10, float(pm10))]
        return believed(values, SPANS, mono_ns=mono_ns, counters=self.counters)

    def _answer(self, wire: bytes, mono_ns: int) -> Event:
        what, value = wire[4], wire[5]
        about = _ABOUT.get(what)
        if about is None:
            self.counters.unknown_messages += 1
            return Refused(Reason.UNKNOWN_MESSAGE, len(wire))
        if what == _POWER:
            self._asleep = value == 0
        return Answer(about, (("value", value),), mono_ns)
