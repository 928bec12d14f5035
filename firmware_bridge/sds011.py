"""Nova SDS011, a particle sensor: what it says, 10 bytes a unit at 9600 baud.

    AA cmd d1 d2 d3 d4 d5 d6 sum AB        sum = low byte of d1 + .. + d6

C0 is a reading, once a second: PM2.5 and PM10, little-endian tenths of ug/m3, then the sensor's
number. C5 answers a command (``sds011_commands.py``). Source: Nova Fitness, "Laser Dust Sensor
Control Protocol V1.3" and the SDS011 specification (range 0.0 to 999.9).

AA and AB may stand inside a unit, so a unit that fails its check is left by **one byte** and the
search goes on: skipping all ten would lose the good unit that may have begun among them.

The sum finds every single wrong bit, but is only 8 bits wide: two wrong bits of the same weight in
different bytes, one up and one down, pass.
"""

from typing import Final

from firmware_bridge.events import Answer, Event, Reason, Refused
from firmware_bridge.plausible import Span, believed
from firmware_bridge.sds011_commands import Setting
from firmware_bridge.stream_sensor import StreamSensor
from firmware_bridge.unit_scanner import BROKEN, MORE, NOT_A_UNIT
from vocabulary.units import NS_PER_S, S_PER_MIN

BAUD: Final = 9600
UNIT_BYTES: Final = 10
PM2_5: Final = "air/pm2_5_ugm3"
PM10: Final = "air/pm10_ugm3"
SPANS: Final = {PM2_5: Span(0, 999.9), PM10: Span(0, 999.9)}

WARM_UP_NS: Final = 30 * NS_PER_S
"""After waking, the fan must first bring in air of today."""

_TAIL: Final = 0xAB
_READING: Final = 0xC0
_ANSWER: Final = 0xC5


class Sds011(StreamSensor):
    """One sensor on one port."""

    metric_names = (PM2_5, PM10)
    head = b"\xaa"

    def __init__(self, mono_ns: int, *, baud: int = BAUD, interval_ns: int = NS_PER_S) -> None:
        """``interval_ns``: how often a reading is expected, if the sensor says nothing else."""
        super().__init__(mono_ns, baud=baud, interval_ns=interval_ns)
        self._period_ns = 0
        self._reading = False  # readings came since the sensor was last asleep
        self._warm_ns: int | None = None

    @property
    def rhythm_ns(self) -> int:
        """The longer of what we expect and what it was told."""
        return max(self.interval_ns, self._period_ns)

    @staticmethod
    def judge(stream: bytes, ix: int) -> int:
        """Ten bytes, a kind we know, the sum and the tail."""
        if len(stream) - ix < UNIT_BYTES:
            return MORE
        if stream[ix + 1] not in (_READING, _ANSWER):
            return NOT_A_UNIT
        good = stream[ix + 9] == _TAIL and sum(stream[ix + 2 : ix + 8]) & 0xFF == stream[ix + 8]
        return UNIT_BYTES if good else BROKEN

    def _unit(self, wire: bytes, read_ns: int, mono_ns: int) -> list[Event]:
        del read_ns
        return [self._answer(wire, mono_ns)] if wire[1] == _ANSWER else self._sample(wire, mono_ns)

    def _sample(self, unit: bytes, mono_ns: int) -> list[Event]:
        if self._asleep:  # it woke, and we were not told
            self._woken(mono_ns)
        self._reading = True
        if self._warm_ns is not None and mono_ns < self._warm_ns:
            self.counters.warming_up += 1
            return [Refused(Reason.WARMING_UP, UNIT_BYTES)]
        tenths = (unit[2] | unit[3] << 8, unit[4] | unit[5] << 8)
        values = [(name, value / 10) for name, value in zip(SPANS, tenths, strict=True)]
        return believed(values, SPANS, mono_ns=mono_ns, counters=self.counters)

    def _woken(self, mono_ns: int) -> None:
        self._asleep = self._reading = False
        self._warm_ns = mono_ns + WARM_UP_NS

    def _answer(self, unit: bytes, mono_ns: int) -> Event:
        d2, d3, d4 = unit[3], unit[4], unit[5]
        sensor = ("sensor_id", unit[6] << 8 | unit[7])
        said: tuple[tuple[str, int], ...]
        match unit[2]:
            case Setting.MODE:
                said = (("set", d2), ("on_query", d3), sensor)
            case Setting.ID:
                said = (sensor,)
            case Setting.POWER:
                self._power(was_set=d2 != 0, working=d3 != 0, mono_ns=mono_ns)
                said = (("set", d2), ("working", d3), sensor)
            case Setting.FIRMWARE:
                said = (("year", d2), ("month", d3), ("day", d4), sensor)
            case Setting.PERIOD:
                self._period_ns = d3 * S_PER_MIN * NS_PER_S
                said = (("set", d2), ("minutes", d3), sensor)
            case _:
                self.counters.unknown_messages += 1
                return Refused(Reason.UNKNOWN_MESSAGE, UNIT_BYTES)
        return Answer(Setting(unit[2]).name.lower(), said, mono_ns)

    def _power(self, *, was_set: bool, working: bool, mono_ns: int) -> None:
        if not working:
            self._asleep, self._reading = True, False
        elif self._asleep or (was_set and not self._reading):
            self._woken(mono_ns)  # one that was reading all along has not been woken
