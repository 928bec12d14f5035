"""One simulated board on a pseudo-terminal: device, wire and port, moved by whoever has a clock.

``step`` takes the time and never waits; it says when it wants to be called again. Faults that
befall the board now and then are in a plan of their own, so that a run can be told apart by its
seed and its faults alone.
"""

from collections.abc import Sequence
from typing import Final

from simulators.board_faults import Befalls, Fault, joined
from simulators.board_kinds import Device
from simulators.pty_port import PtyPort
from simulators.street_box import Misbehaviour, experiment
from simulators.wire import Wire
from vocabulary.units import INT64_MAX, NS_PER_MS

NEVER_NS: Final = INT64_MAX
LOOK_NS: Final = NS_PER_MS
"""How often a port is looked at that nothing can wait for."""


class _Plan:
    """When something befalls the board next."""

    def __init__(self, befalls: Befalls, start_ns: int) -> None:
        self.befalls = befalls
        self.next_ns = start_ns + befalls.first_ns

    def passed(self) -> None:
        every_ns = self.befalls.every_ns
        self.next_ns = self.next_ns + every_ns if every_ns else NEVER_NS


class BoardRun:
    """A device behind a port."""

    def __init__(
        self,
        device: Device,
        port: PtyPort,
        *,
        now_ns: int,
        baud: int,
        seed: int = 0,
        faults: Sequence[Fault] = (),
    ) -> None:
        self.device, self.port = device, port
        rate = 1.0
        for fault in faults:
            rate *= fault.rate
        self.wire = Wire(seed, baud=baud, faults=joined(faults), board_baud=round(baud * rate))
        self._plans = [_Plan(one.befalls, now_ns) for one in faults if one.befalls is not None]
        self._plug_ns = NEVER_NS

    @property
    def next_ns(self) -> int:
        """When ``step`` has something to do, whatever the gateway does."""
        planned = min((plan.next_ns for plan in self._plans), default=NEVER_NS)
        return min(self.device.next_ns, self.wire.next_ns, planned, self._plug_ns)

    def step(self, now_ns: int) -> None:
        """Everything up to now."""
        self._befall(now_ns)
        self.wire.to_board.send(self.port.read(), now_ns)
        for data, at_ns in self.wire.to_board.arrive(now_ns):
            self.device.receive(data, at_ns)
        self.wire.to_gateway.send(self.device.advance(now_ns), now_ns)
        for data, _at_ns in self.wire.to_gateway.arrive(now_ns):
            self.port.write(data)
        self.port.flush()

    def _befall(self, now_ns: int) -> None:
        if now_ns >= self._plug_ns:
            self._plug_ns = NEVER_NS
            self.port.plug()
        for plan in self._plans:
            if now_ns < plan.next_ns:
                continue
            plan.passed()
            befalls = plan.befalls
            if befalls.unplugged_ns:
                self.port.unplug()
                self.wire.cut()
                self._plug_ns = now_ns + befalls.unplugged_ns
            if befalls.misbehaviour is not Misbehaviour.NOTHING:
                self.device.receive(experiment(befalls.misbehaviour, befalls.argument), now_ns)
