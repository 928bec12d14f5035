"""A sensor that speaks by itself: what the decoders of all such sensors share.

A protocol adds how a unit is judged and what one means. The time of a reading is when its unit
began on the wire; silence is three intervals without a valid unit.
"""

from typing import ClassVar, Final

from firmware_bridge.counters import LinkCounters
from firmware_bridge.events import NEVER_NS, Event, Silent
from firmware_bridge.unit_scanner import Quarantine, Unit, UnitScanner
from firmware_bridge.wire_time import wire_ns

INTERVALS_MISSED_MAX: Final = 3


class StreamSensor:
    """One sensor on one port. Never raises on bytes; keeps less than one unit of them."""

    baud: int
    metric_names: tuple[str, ...]
    head: ClassVar[bytes]

    def __init__(self, mono_ns: int, *, baud: int, interval_ns: int) -> None:
        """``interval_ns``: how often a reading is expected, if the sensor says nothing else."""
        assert interval_ns > 0
        self.baud = baud
        self.counters = LinkCounters()
        self.quarantine = Quarantine()
        self.heard_ns = mono_ns
        self.interval_ns = interval_ns
        self._scanner = UnitScanner(
            self.counters, self.quarantine, head=self.head, judge=self.judge
        )
        self._silent = False
        self._asleep = False

    @staticmethod
    def judge(stream: bytes, ix: int) -> int:
        """As ``unit_scanner`` asks it."""
        raise NotImplementedError

    def _unit(self, wire: bytes, read_ns: int, mono_ns: int) -> list[Event]:
        """What a unit read at ``read_ns`` and begun at ``mono_ns`` says."""
        raise NotImplementedError

    @property
    def rhythm_ns(self) -> int:
        """How often a reading is expected."""
        return self.interval_ns

    def cut(self) -> None:
        """The port was closed: what came before is no beginning of what comes next."""
        self._scanner.cut()

    def receive(self, data: bytes, mono_ns: int) -> list[Event]:
        """Take bytes read at ``mono_ns``; give what they complete."""
        events: list[Event] = []
        for one in self._scanner.scan(data):
            if isinstance(one, Unit):
                self.heard_ns = mono_ns
                self._silent = False
                on_wire_ns = wire_ns(len(one.wire) + one.after_bytes, self.baud)
                events += self._unit(one.wire, mono_ns, mono_ns - on_wire_ns)
            else:
                events.append(one)
        return events

    @property
    def deadline_ns(self) -> int:
        """When ``tick`` must be called if nothing arrives before."""
        if self._silent or self._asleep:
            return NEVER_NS
        return self.heard_ns + INTERVALS_MISSED_MAX * self.rhythm_ns

    def tick(self, mono_ns: int) -> list[Event]:
        """Say ``Silent``, once, when too long nothing valid came."""
        if mono_ns < self.deadline_ns:
            return []
        self._silent = True
        self.counters.silences += 1
        return [Silent(mono_ns - self.heard_ns)]
