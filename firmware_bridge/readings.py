"""DATA of a board -> readings: values, their time, and what is not believed.

A reading that says it is faulty or warming up is none. A value out of the catalogue's range is
refused alone; its neighbours are kept. Each stream may say fifty things a second, and is reported
when it misses three of its own intervals while the board lives.
"""

from typing import Final

from firmware_bridge.board_counters import BoardCounters
from firmware_bridge.board_events import BoardEvent, StreamSilent
from firmware_bridge.descriptor import Channel, Descriptor, Stream
from firmware_bridge.events import NEVER_NS, Reason, Refused, Sample
from firmware_bridge.messages import Data, Quality
from firmware_bridge.time_map import TimeMap
from vocabulary.metrics import CATALOGUE, in_range
from vocabulary.units import NS_PER_MS, NS_PER_S

RATE_MAX: Final = 50
"""Readings of one stream in a second."""
INTERVALS_MISSED_MAX: Final = 3
SILENCE_NS_MIN: Final = NS_PER_S
"""A stream is not missed sooner, however fast it is."""

_READING_NS: Final = NS_PER_S // RATE_MAX
_BURST_NS: Final = NS_PER_S


class _Pulse:
    """When a stream was heard, how fast it may speak, and its last tick."""

    def __init__(self, mono_ns: int) -> None:
        self.heard_ns = mono_ns
        self.silent = False
        self.full_ns = mono_ns - _BURST_NS  # the moment up to which its allowance is used
        self.tick_ms: int | None = None

    def takes(self, mono_ns: int) -> bool:
        """Whether one more reading is within the rate; a second's worth may come at once."""
        if self.full_ns - mono_ns > _BURST_NS - _READING_NS:
            return False
        self.full_ns = max(self.full_ns, mono_ns) + _READING_NS
        return True


class Readings:
    """One board as its descriptor has it."""

    def __init__(self, descriptor: Descriptor, counters: BoardCounters, mono_ns: int) -> None:
        self.descriptor = descriptor
        self.diagnostics: dict[str, float] = {}
        """Latest value of each name that begins with ``_``."""
        self._counters = counters
        self._pulses = {number: _Pulse(mono_ns) for number in descriptor.streams}
        self._deadline_ns = 0

    def restarted(self) -> None:
        """The board's ticks begin anew."""
        for pulse in self._pulses.values():
            pulse.tick_ms = None

    def take(self, data: Data, time_map: TimeMap, arrived_ns: int) -> list[BoardEvent]:
        """One DATA frame; ``arrived_ns`` is when its last byte came, its wire time taken off."""
        stream = self.descriptor.streams.get(data.stream)
        if stream is None:
            self._counters.unknown_messages += 1
            return [Refused(Reason.UNKNOWN_MESSAGE, len(data.values))]
        if len(data.values) < stream.form.size:
            self._counters.malformed += 1
            return [Refused(Reason.TOO_SHORT, len(data.values))]
        pulse = self._pulses[data.stream]
        pulse.heard_ns, pulse.silent = max(pulse.heard_ns, arrived_ns), False
        self._deadline_ns = 0
        if not pulse.takes(arrived_ns):
            self._counters.too_fast += 1
            return [Refused(Reason.TOO_FAST, len(data.values))]
        if data.quality & Quality.FAULT:
            self._counters.sensor_faults += 1
            return [Refused(Reason.SENSOR_FAULT, len(data.values))]
        if data.quality & Quality.WARMING_UP:
            self._counters.warming_up += 1
            return [Refused(Reason.WARMING_UP, len(data.values))]
        events: list[BoardEvent] = []
        values = self._values(stream, data, events)
        if values:
            mono_ns, on_board_clock = self._time(pulse, data, time_map, arrived_ns)
            events.insert(0, Sample(values, mono_ns, on_board_clock))
        return events

    def _values(
        self, stream: Stream, data: Data, events: list[BoardEvent]
    ) -> tuple[tuple[str, float], ...]:
        raws = stream.form.unpack_from(data.values)
        values = []
        for channel, raw in zip(stream.channels, raws, strict=True):
            value = channel.value(raw)
            if value is None:
                self._counters.missing_values += 1
            elif channel.is_diagnostic:
                self.diagnostics[channel.metric] = value
            elif not in_range(CATALOGUE[channel.metric], value):
                self._counters.out_of_range += 1
                events.append(Refused(Reason.OUT_OF_RANGE, _bytes_of(channel)))
            else:
                values.append((channel.metric, value))
        return tuple(values)

    def _time(
        self, pulse: _Pulse, data: Data, time_map: TimeMap, arrived_ns: int
    ) -> tuple[int, bool]:
        """When it was sampled, and whether the board's clock says so."""
        if not time_map.known:
            self._counters.by_arrival += 1
            return arrived_ns, False
        last_ms, stored = pulse.tick_ms, data.quality & Quality.STORED
        if not stored:
            pulse.tick_ms = data.tick_ms
        backwards = last_ms is not None and not stored and (data.tick_ms - last_ms) % 2**32 >= 2**31
        sampled_ns = None if backwards else time_map.tick_ns(data.tick_ms, arrived_ns)
        if sampled_ns is None:
            self._counters.ticks_refused += 1
            return arrived_ns, False
        return sampled_ns, True

    @property
    def deadline_ns(self) -> int:
        """When the first stream will be missed."""
        if not self._deadline_ns:
            due = [self._due_ns(number) for number in self._pulses]
            self._deadline_ns = min(due, default=NEVER_NS)
        return self._deadline_ns

    def _due_ns(self, number: int) -> int:
        pulse, interval_ms = self._pulses[number], self.descriptor.streams[number].interval_ms
        if pulse.silent or not interval_ms:
            return NEVER_NS
        missed_ns = INTERVALS_MISSED_MAX * interval_ms * NS_PER_MS
        return pulse.heard_ns + max(missed_ns, SILENCE_NS_MIN)

    def tick(self, mono_ns: int) -> list[BoardEvent]:
        """Name the streams that are missed, each once until it is heard again."""
        if mono_ns < self.deadline_ns:
            return []
        self._deadline_ns = 0
        events: list[BoardEvent] = []
        for number, pulse in self._pulses.items():
            if mono_ns >= self._due_ns(number):
                pulse.silent = True
                self._counters.silences += 1
                name = self.descriptor.streams[number].name
                events.append(StreamSilent(name, mono_ns - pulse.heard_ns))
        return events

    def resumed(self, mono_ns: int) -> None:
        """The link runs again: what it missed meanwhile was not the streams' fault."""
        self._deadline_ns = 0
        for pulse in self._pulses.values():
            pulse.heard_ns = max(pulse.heard_ns, mono_ns)


def _bytes_of(channel: Channel) -> int:
    return {"b": 1, "B": 1, "h": 2, "H": 2, "i": 4, "I": 4, "f": 4}.get(channel.code, 8)
