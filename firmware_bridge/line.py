"""What is on one serial line: one sensor that speaks by itself, or several that are asked.

A line owns its sensors and their bytes; it never touches a port. Whoever has the port tells it when
that opened and closed, gives it what was read, sends what it wants sent, and wakes it when it asks.
"""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from firmware_bridge.counters import LinkCounters
from firmware_bridge.events import Event
from firmware_bridge.stream_sensor import StreamSensor
from firmware_bridge.unit_scanner import Quarantine


class Said(NamedTuple):
    """An event and the sensor it came from; an empty name is the line itself."""

    sensor_id: str
    event: Event


class Sensor(Protocol):
    """What any sensor shows of itself."""

    @property
    def baud(self) -> int:
        """The line rate."""
        ...

    @property
    def metric_names(self) -> tuple[str, ...]:
        """What its samples can contain, in catalogue names."""
        ...

    @property
    def counters(self) -> LinkCounters:
        """What happened so far."""
        ...

    @property
    def quarantine(self) -> Quarantine:
        """What was refused last."""
        ...

    @property
    def heard_ns(self) -> int:
        """When something valid was last read; the start, before anything was."""
        ...

    @property
    def rhythm_ns(self) -> int:
        """How often a reading is expected."""
        ...


class Line(Protocol):
    """Anything that lives on one port."""

    @property
    def sensors(self) -> Mapping[str, Sensor]:
        """Its sensors by their ids."""
        ...

    @property
    def deadline_ns(self) -> int:
        """When ``tick`` must be called if nothing arrives before."""
        ...

    def opened(self, mono_ns: int) -> None:
        """The port is open from now on."""
        ...

    def closed(self) -> None:
        """The port is closed: half units are forgotten, nothing is asked."""
        ...

    def receive(self, data: bytes, mono_ns: int) -> list[Said]:
        """Take bytes read at ``mono_ns``."""
        ...

    def tick(self, mono_ns: int) -> list[Said]:
        """Do what fell due."""
        ...

    def take_output(self) -> bytes:
        """What is to be sent now; empty if nothing is."""
        ...


class StreamLine:
    """One sensor that speaks by itself; nothing is ever sent to it."""

    def __init__(self, sensor_id: str, sensor: StreamSensor) -> None:
        self._id, self._sensor = sensor_id, sensor
        self.sensors: Mapping[str, Sensor] = {sensor_id: sensor}

    @property
    def deadline_ns(self) -> int:
        """The sensor's."""
        return self._sensor.deadline_ns

    def opened(self, mono_ns: int) -> None:
        """Nothing to do."""

    def closed(self) -> None:
        """Forget the half unit."""
        self._sensor.cut()

    def receive(self, data: bytes, mono_ns: int) -> list[Said]:
        """All bytes are the sensor's."""
        return [Said(self._id, event) for event in self._sensor.receive(data, mono_ns)]

    def tick(self, mono_ns: int) -> list[Said]:
        """The sensor's silence."""
        return [Said(self._id, event) for event in self._sensor.tick(mono_ns)]

    def take_output(self) -> bytes:
        """Nothing."""
        return b""
