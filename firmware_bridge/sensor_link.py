"""A line and its life: which state it is in, who is alive and says nothing, when to give up.

Wraps what is on a port (``line``) and adds the table of ``link_states``. A sensor that answers and
gives no readings is neither silent nor well; it has a fault class of its own, ``NoReadings``.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from firmware_bridge.events import NEVER_NS, Event, GiveUp, LinkChange, NoReadings, Refused, Sample
from firmware_bridge.line import Line, Said, Sensor
from firmware_bridge.link_states import (
    GARBLED_NS,
    NOTHING_NS,
    SETTLING_NS,
    TABLE,
    Cue,
    Order,
    State,
)
from vocabulary.units import NS_PER_S

BARREN_NS_MIN: Final = 60 * NS_PER_S
BARREN_INTERVALS: Final = 3
READINGS_PER_S_MAX: Final = 50
"""Of one sensor; more is dropped and counted."""


class Watch(msgspec.Struct):
    """What is kept of one sensor beside its own counters."""

    sampled_ns: int
    """Since when there is nothing to complain of: the last reading, at first the start."""
    why: str = ""
    barren: bool = False
    second_ns: int = 0
    in_second: int = 0


class SensorLink:
    """One port's sensors, from the agent's view."""

    def __init__(self, line: Line, mono_ns: int, *, rates: Sequence[int] = ()) -> None:
        """``rates``: other line rates that may be tried, while nothing good was ever heard."""
        self.line = line
        self.state = State.SYNCING
        self.is_open = False
        self.changes = 0
        self.settling = 0
        """Refusals in the first seconds after an open."""
        self.surplus = 0
        """Readings dropped because there were too many in a second."""
        self.watches = {name: Watch(mono_ns) for name in line.sensors}
        self._rates = tuple(rates)
        self._rate_ix = 0
        self._since_ns = self._opened_ns = mono_ns
        self._garbled_ns: int | None = None  # when the first byte came that made nothing
        self._frames = 0
        self._quiet: dict[str, int] = {}  # who fell silent, and when it was last heard
        self._bytes_ns = mono_ns

    @property
    def sensors(self) -> dict[str, Sensor]:
        """Of the line."""
        return dict(self.line.sensors)

    def opened(self, mono_ns: int) -> None:
        """The port is open from now on."""
        self.is_open = True
        self._opened_ns = mono_ns
        self._enter(State.SYNCING, mono_ns)
        self.line.opened(mono_ns)

    def closed(self) -> None:
        """The port is closed."""
        self.is_open = False
        self.line.closed()

    def take_output(self) -> bytes:
        """What is to be sent now."""
        return self.line.take_output()

    def receive(self, data: bytes, mono_ns: int) -> list[Said]:
        """Take bytes read at ``mono_ns``."""
        if not self.is_open:  # somebody has the port and did not say so
            self.opened(mono_ns)
        self._bytes_ns = mono_ns
        said = self._heard(self.line.receive(data, mono_ns), mono_ns)
        if self._unit_came():
            said += self._cue(Cue.UNIT, mono_ns)
        elif self._garbled_ns is None and data:
            self._garbled_ns = mono_ns
        return [*said, *self._timers(mono_ns)]

    def tick(self, mono_ns: int) -> list[Said]:
        """Do what fell due."""
        said = self._heard(self.line.tick(mono_ns), mono_ns)
        if self._unit_came():
            said += self._cue(Cue.UNIT, mono_ns)
        return [*said, *self._timers(mono_ns), *self._barren(mono_ns)]

    @property
    def deadline_ns(self) -> int:
        """When ``tick`` must be called if nothing arrives before."""
        barren_ns = min(map(self._barren_at_ns, self.watches))
        return min(self.line.deadline_ns, self._limit_ns, barren_ns)

    def _enter(self, state: State, mono_ns: int) -> None:
        self.state, self._since_ns, self._garbled_ns = state, mono_ns, None
        self._quiet.clear()

    def _unit_came(self) -> bool:
        frames = sum(sensor.counters.frames for sensor in self.line.sensors.values())
        came, self._frames = frames != self._frames, frames
        return came

    def _is_quiet(self, name: str) -> bool:
        return self._quiet.get(name) == self.line.sensors[name].heard_ns

    @property
    def _slowest_ns(self) -> int:
        return max(sensor.rhythm_ns for sensor in self.line.sensors.values())

    @property
    def _limit_ns(self) -> int:
        """When the state's time is over."""
        if not self.is_open or self.state is State.RUNNING:
            return NEVER_NS
        if self._garbled_ns is not None:
            return self._garbled_ns + GARBLED_NS
        least_ns = self._slowest_ns * (3 if self.state is State.SYNCING else 1)
        return self._since_ns + max(NOTHING_NS[self.state], least_ns)

    def _timers(self, mono_ns: int) -> list[Said]:
        if self.is_open and self.state is State.RUNNING and all(map(self._is_quiet, self.watches)):
            garbled = self._garbled_ns is not None
            return self._cue(Cue.GARBLED if garbled else Cue.NOTHING, mono_ns)
        if mono_ns < self._limit_ns:
            return []
        return self._cue(Cue.NOTHING if self._garbled_ns is None else Cue.GARBLED, mono_ns)

    def _cue(self, cue: Cue, mono_ns: int) -> list[Said]:
        before, (after, order) = self.state, TABLE[self.state, cue]
        if cue is Cue.UNIT and after is before:
            self._garbled_ns = None
            return []
        self._enter(after, mono_ns)
        said: list[Said] = []
        if after is not before:
            self.changes += 1
            said.append(Said("", LinkChange(before, after)))
        return said + [Said("", event) for event in self._ordered(order)]

    def _ordered(self, order: Order) -> list[Event]:
        if order is Order.RATE:
            if not self._rates or self._frames:
                return []
            baud = self._rates[self._rate_ix % len(self._rates)]
            self._rate_ix += 1
            return [GiveUp(order, baud)]
        return [GiveUp(order)] if order else []

    def _heard(self, said: list[Said], mono_ns: int) -> list[Said]:
        """Watch what is said; drop what is too much."""
        kept: list[Said] = []
        for one in said:
            watch = self.watches[one.sensor_id]
            event = one.event
            if isinstance(event, Sample):
                watch.sampled_ns, watch.barren = mono_ns, False
                if self._too_many(watch, mono_ns):
                    continue
            elif isinstance(event, Refused):
                self._refused(watch, event, mono_ns)
            elif event.reason == "silent":
                self._quiet[one.sensor_id] = self.line.sensors[one.sensor_id].heard_ns
            kept.append(one)
        return kept

    def _refused(self, watch: Watch, event: Refused, mono_ns: int) -> None:
        if mono_ns - self._opened_ns < SETTLING_NS:
            self.settling += 1
        if event.reason == "warming_up":
            watch.sampled_ns = mono_ns  # it says nothing for a good reason
        elif event.reason not in ("stray", "timeout"):
            watch.why = event.detail or str(event.reason)

    def _too_many(self, watch: Watch, mono_ns: int) -> bool:
        if mono_ns - watch.second_ns >= NS_PER_S:
            watch.second_ns, watch.in_second = mono_ns, 0
        watch.in_second += 1
        if watch.in_second > READINGS_PER_S_MAX:
            self.surplus += 1
            return True
        return False

    def _barren_at_ns(self, name: str) -> int:
        """When a sensor that is heard will have given no reading for too long."""
        watch, sensor = self.watches[name], self.line.sensors[name]
        alive = self.is_open and sensor.heard_ns > watch.sampled_ns
        if watch.barren or not alive or self._is_quiet(name):
            return NEVER_NS
        return watch.sampled_ns + max(BARREN_NS_MIN, BARREN_INTERVALS * sensor.rhythm_ns)

    def _barren(self, mono_ns: int) -> list[Said]:
        said = []
        for name, watch in self.watches.items():
            if mono_ns < self._barren_at_ns(name):
                continue
            watch.barren = True
            self.line.sensors[name].counters.barren += 1
            said.append(Said(name, NoReadings(mono_ns - watch.sampled_ns, watch.why)))
        return said
