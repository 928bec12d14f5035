"""A link and a simulated board with a wire between them, in virtual time, from one seed."""

import random
from collections.abc import Callable
from typing import Any

from firmware_bridge.board_events import BoardEvent
from firmware_bridge.events import Sample
from firmware_bridge.link import Link
from firmware_bridge.session import State
from simulators.cable import Faults
from simulators.lamplighter_board import UID, LamplighterBoard
from simulators.street_box import StreetBox, Values, values
from simulators.wire import Wire
from vocabulary.units import NS_PER_S

OPS = frozenset((UID, op) for op in range(10))
STEPS_MAX = 2_000_000


def shown(sent: Values) -> tuple[tuple[str, float], ...]:
    """A sample as the gateway must understand it."""
    return (
        ("env/temperature_c", sent.temperature / 100),
        ("env/humidity_pct", sent.humidity / 100),
        ("env/pressure_hpa", sent.pressure / 100),
        ("power/voltage_v", sent.voltage / 1_000),
    )


TRUE = {shown(values(count)) for count in range(5_000)}
"""Everything the board can truly have said."""


class World:
    """``events`` is all that the link ever said; time is ``now_ns``."""

    def __init__(
        self,
        seed: int = 1,
        *,
        core: Callable[..., Any] = StreetBox,
        faults: Faults | None = None,
        baud: int = 115_200,
        **link: Any,
    ) -> None:
        self.random = random.Random(seed)
        self.now_ns = 0
        self.events: list[BoardEvent] = []
        self.board = LamplighterBoard(0, core, boot_id=self.random.getrandbits(32))
        self.wire = Wire(seed, baud=baud, faults=faults)
        self.faults, self.baud, self.seed = faults, baud, seed
        settings: dict[str, Any] = {"allow": OPS, "baud": baud} | link
        self.link = Link(0, draw=lambda: self.random.getrandbits(32), **settings)
        self.plugged = False
        self.plug()

    def __repr__(self) -> str:
        return f"World(seed={self.seed}, now_s={self.now_ns / NS_PER_S}, state={self.link.state})"

    def plug(self) -> None:
        """The port is there, and opened."""
        self.plugged = True
        self.events += self.link.opened(self.now_ns)

    def unplug(self) -> None:
        """The port is gone."""
        self.plugged = False
        self.link.closed()
        self.wire.cut()

    def step(self, until_ns: int) -> None:
        """The next thing that happens, or ``until_ns`` if nothing does before."""
        self._carry()
        next_ns = min(self.link.deadline_ns, self.board.next_ns, self.wire.next_ns, until_ns)
        self.now_ns = max(self.now_ns, next_ns)
        self.events += self.link.tick(self.now_ns)
        self._carry()

    def _carry(self) -> None:
        now_ns, wire = self.now_ns, self.wire
        if self.plugged:
            wire.to_board.send(self.link.take_output(), now_ns)
        for data, at_ns in wire.to_board.arrive(now_ns):
            self.board.receive(data, at_ns)
        said = self.board.advance(now_ns)
        if self.plugged:
            wire.to_gateway.send(said, now_ns)
        for data, _at_ns in wire.to_gateway.arrive(now_ns):
            self.events += self.link.receive(data, now_ns)

    def run(self, seconds: float) -> None:
        """That long."""
        end_ns = self.now_ns + round(seconds * NS_PER_S)
        for _ in range(STEPS_MAX):
            if self.now_ns >= end_ns:
                return
            self.step(end_ns)
        raise AssertionError(self)

    def until(self, what: Callable[[], bool], seconds: float = 120) -> None:
        """Until it is so; an error if it does not come about."""
        end_ns = self.now_ns + round(seconds * NS_PER_S)
        for _ in range(STEPS_MAX):
            if what():
                return
            assert self.now_ns < end_ns, self
            self.step(end_ns)
        raise AssertionError(self)

    def until_running(self) -> None:
        """Until readings flow."""
        self.until(lambda: self.link.state is State.RUNNING)

    def of(self, kind: type) -> list[Any]:
        """All events of a kind."""
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def samples(self) -> list[Sample]:
        """All readings."""
        return self.of(Sample)
