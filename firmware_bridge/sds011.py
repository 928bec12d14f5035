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

from firmware_bridge.counters import LinkCounters
from firmware_bridge.events import NEVER_NS, Answer, Event, Reason, Refused, Sample, Silent
from firmware_bridge.sds011_commands import Setting
from vocabulary.units import NS_PER_S, S_PER_MIN

BAUD: Final = 9600
UNIT_BYTES: Final = 10
PM2_5: Final = "air/pm2_5_ugm3"
PM10: Final = "air/pm10_ugm3"

WARM_UP_NS: Final = 30 * NS_PER_S
"""After waking, the fan must first bring in air of today."""
INTERVALS_MISSED_MAX: Final = 3
REFUSED_BYTES_MAX: Final = 256
"""A longer run of garbage is told in pieces of this size."""

_BITS_PER_BYTE: Final = 10  # 8N1
_HEAD: Final = b"\xaa"
_TAIL: Final = 0xAB
_READING: Final = 0xC0
_ANSWER: Final = 0xC5
_TENTHS_MAX: Final = 9_999


def wire_ns(count_bytes: int) -> int:
    """How long ``count_bytes`` travel."""
    return count_bytes * _BITS_PER_BYTE * NS_PER_S // BAUD


class Sds011:
    """One sensor on one port. Never raises on bytes; keeps less than one unit of them."""

    baud = BAUD
    metric_names = (PM2_5, PM10)

    def __init__(self, mono_ns: int, *, interval_ns: int = NS_PER_S) -> None:
        """``interval_ns``: how often a reading is expected, if the sensor says nothing else."""
        assert interval_ns > 0
        self.counters = LinkCounters()
        self.heard_ns = mono_ns
        self._interval_ns = interval_ns
        self._period_ns = 0
        self._rest = b""
        self._run_bytes = 0  # garbage not yet told
        self._run_reason = Reason.STRAY
        self._silent = False
        self._asleep = False
        self._reading = False  # readings came since the sensor was last asleep
        self._warm_ns: int | None = None

    def cut(self) -> None:
        """The port was closed: what came before is no beginning of what comes next."""
        self.counters.bytes_skipped += len(self._rest)
        self._rest = b""

    def receive(self, data: bytes, mono_ns: int) -> list[Event]:
        """Take bytes read at ``mono_ns``; give what they complete."""
        self.counters.bytes_received += len(data)
        events: list[Event] = []
        stream = self._rest + data
        ix, end_ix = 0, len(stream)
        while True:
            head_ix = stream.find(_HEAD, ix)
            if head_ix < 0:
                head_ix = end_ix
            if head_ix > ix:
                self._skip(head_ix - ix, events)
                ix = head_ix
            if end_ix - ix < UNIT_BYTES:
                break
            unit = stream[ix : ix + UNIT_BYTES]
            if self._whole(unit):
                after_bytes = end_ix - ix - UNIT_BYTES
                self._end_of_run(events)
                events += self._unit(unit, mono_ns, mono_ns - wire_ns(UNIT_BYTES + after_bytes))
                ix += UNIT_BYTES
            else:
                self._leave(unit, events)
                ix += 1
        self._rest = stream[ix:]
        return events

    @property
    def deadline_ns(self) -> int:
        """When ``tick`` must be called if nothing arrives before."""
        if self._silent or self._asleep:
            return NEVER_NS
        return self.heard_ns + INTERVALS_MISSED_MAX * max(self._interval_ns, self._period_ns)

    def tick(self, mono_ns: int) -> list[Event]:
        """Say ``Silent``, once, when too long nothing valid came."""
        if mono_ns < self.deadline_ns:
            return []
        self._silent = True
        self.counters.silences += 1
        return [Silent(mono_ns - self.heard_ns)]

    @staticmethod
    def _whole(unit: bytes) -> bool:
        known = unit[1] in (_READING, _ANSWER)
        return known and unit[9] == _TAIL and sum(unit[2:8]) & 0xFF == unit[8]

    def _leave(self, unit: bytes, events: list[Event]) -> None:
        self._skip(1, events)
        if unit[1] in (_READING, _ANSWER):
            self.counters.crc_errors += 1
            self._run_reason = Reason.CHECKSUM

    def _skip(self, count_bytes: int, events: list[Event]) -> None:
        if not self._run_bytes:
            self.counters.resyncs += 1
        self.counters.bytes_skipped += count_bytes
        self._run_bytes += count_bytes
        while self._run_bytes > REFUSED_BYTES_MAX:
            events.append(Refused(self._run_reason, REFUSED_BYTES_MAX))
            self._run_bytes -= REFUSED_BYTES_MAX
            self._run_reason = Reason.STRAY

    def _end_of_run(self, events: list[Event]) -> None:
        if self._run_bytes:
            events.append(Refused(self._run_reason, self._run_bytes))
        self._run_bytes, self._run_reason = 0, Reason.STRAY

    def _unit(self, unit: bytes, read_ns: int, mono_ns: int) -> list[Event]:
        self.counters.frames += 1
        self.heard_ns = read_ns
        self._silent = False
        if unit[1] == _ANSWER:
            return [self._answer(unit, mono_ns)]
        return self._sample(unit, mono_ns)

    def _sample(self, unit: bytes, mono_ns: int) -> list[Event]:
        if self._asleep:  # it woke, and we were not told
            self._woken(mono_ns)
        self._reading = True
        if self._warm_ns is not None and mono_ns < self._warm_ns:
            self.counters.warming_up += 1
            return [Refused(Reason.WARMING_UP, UNIT_BYTES)]
        tenths = (unit[2] | unit[3] << 8, unit[4] | unit[5] << 8)
        values = tuple(
            (name, value / 10)
            for name, value in zip(self.metric_names, tenths, strict=True)
            if value <= _TENTHS_MAX
        )
        events: list[Event] = [Sample(values, mono_ns)] if values else []
        refused_count = len(tenths) - len(values)
        self.counters.out_of_range += refused_count
        events += [Refused(Reason.OUT_OF_RANGE, 2)] * refused_count
        return events

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
