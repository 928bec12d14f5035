"""Real lines of a real agent in virtual time: a device at each port, and a cable between.

Bytes take their time on the wire in both directions and suffer what the cable does to them. The
agent is driven exactly as the serial shell drives it: told of openings, given bytes, asked what is
to be written and which ports are to be opened anew.
"""

import heapq
from collections.abc import Callable, Mapping
from itertools import count
from typing import NamedTuple

import msgspec

from edge.agent import Agent
from firmware_bridge.wire_time import wire_ns
from simulators.board_kinds import Device
from simulators.cable import Cable, Faults
from vocabulary.moment import Moment
from vocabulary.units import NS_PER_S


class Unit(NamedTuple):
    """What a device said in one go: where it stands in the stream of all it said."""

    start_ix: int
    end_ix: int


class Port(msgspec.Struct):
    """A device, its cable, and what went over it."""

    device: Device
    baud: int
    to_agent: Cable
    to_device: Cable
    sent: list[Unit] = []
    arrived_bytes: int = 0
    unheard_bytes: int = 0
    """Arrived while the agent had the port closed."""
    asked: int = 0
    opens: int = 0

    @property
    def untouched(self) -> int:
        """Units of which no byte was harmed."""
        harmed = set(self.to_agent.touched_ix)
        return sum(not harmed.intersection(range(one.start_ix, one.end_ix)) for one in self.sent)


class SensorStreet:
    """One agent and its ports. ``now`` is the agent's time; ``after`` is called after each step."""

    def __init__(
        self,
        agent: Agent,
        now: Moment,
        devices: Mapping[str, Device],
        *,
        faults: Faults | None = None,
        seed: int = 0,
        after: Callable[[Moment], None] = lambda _now: None,
    ) -> None:
        self.agent, self.now, self._after = agent, now, after
        self.orders: list[tuple[str, str]] = []
        self._numbers = count()
        self._flying: list[tuple[int, int, str, bool, bytes]] = []
        self.ports: dict[str, Port] = {}
        for port, device in devices.items():
            sensors = agent.serial.links[port].sensors
            self.ports[port] = Port(
                device,
                next(iter(sensors.values())).baud,
                Cable(seed + 2 * len(self.ports), faults=faults),
                Cable(seed + 2 * len(self.ports) + 1, faults=faults),
            )
            self._open(port)

    def _open(self, port: str) -> None:
        self.ports[port].opens += 1
        self.agent.serial.opened(port, self.now.mono_ns)

    def _fly(self, port: str, cable: Cable, wire: bytes, *, to_agent: bool) -> None:
        """Put bytes on the wire; each chunk arrives when its last byte has."""
        baud, at_ns = self.ports[port].baud, self.now.mono_ns
        for chunk in cable.carry(wire):
            at_ns += wire_ns(len(chunk), baud)
            heapq.heappush(self._flying, (at_ns, next(self._numbers), port, to_agent, chunk))

    def _arrive(self, port: str, to_agent: bool, chunk: bytes) -> None:
        one = self.ports[port]
        if not to_agent:
            one.device.receive(chunk, self.now.mono_ns)
        elif not self.agent.serial.links[port].is_open:
            one.unheard_bytes += len(chunk)
        else:
            one.arrived_bytes += len(chunk)
            sensor_id = next(iter(self.agent.serial.links[port].sensors))
            self.agent.serial_bytes(sensor_id, chunk, self.now.mono_ns, self.now)

    @property
    def _due_ns(self) -> int:
        times = [one.device.next_ns for one in self.ports.values()]
        times.append(self.agent.deadline_ns(self.now))
        if self._flying:
            times.append(self._flying[0][0])
        return min(times)

    def run(self, seconds: float) -> None:
        """Let so much time pass."""
        end_ns = self.now.mono_ns + round(seconds * NS_PER_S)
        while self.now.mono_ns < end_ns:
            now_ns = self.now.mono_ns
            next_ns = min(end_ns, max(now_ns + 1, self._due_ns))
            passed_ns = next_ns - now_ns
            self.now = self.now._replace(mono_ns=next_ns, wall_ns=self.now.wall_ns + passed_ns)
            self._step()
            self._after(self.now)

    def _step(self) -> None:
        now_ns = self.now.mono_ns
        while self._flying and self._flying[0][0] <= now_ns:
            _at_ns, _number, port, to_agent, chunk = heapq.heappop(self._flying)
            self._arrive(port, to_agent, chunk)
        for port, one in self.ports.items():
            wire = one.device.advance(now_ns)
            if wire:
                start_ix = one.to_agent.truth.carried_bytes
                one.sent.append(Unit(start_ix, start_ix + len(wire)))
                self._fly(port, one.to_agent, wire, to_agent=True)
        self.agent.tick(self.now)
        for port, wire in self.agent.serial.take_output():
            self.ports[port].asked += 1
            self._fly(port, self.ports[port].to_device, wire, to_agent=False)
        for port, order in self.agent.serial.take_orders():
            self.orders.append((port, order.why))
            self.agent.serial.closed(port, order.why)
            self._open(port)
