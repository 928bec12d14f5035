"""A board of ours on a port, as the agent sees any port: its link, and whether it gives readings.

The link has states, retries and a clock of its own (``link.py``); this adds what the agent asks of
every line: events under the sensor's name, and the fault of a board that lives and gives nothing.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from firmware_bridge.board_events import BoardEvent, DescriptorLearned, Foreign, GaveUp, StateChange
from firmware_bridge.events import NEVER_NS, GiveUp, LinkChange, NoReadings, Refused, Sample
from firmware_bridge.line import Said, Sensor
from firmware_bridge.link import Link
from firmware_bridge.sensor_link import BARREN_INTERVALS, BARREN_NS_MIN, Watch
from firmware_bridge.session import State


class Shell(NamedTuple):
    """What boards need of whoever has a card and a random generator."""

    draw: Callable[[], int]
    """32 random bits."""
    known: Mapping[int, bytes]
    """Descriptors by hash, from earlier."""
    keep: Callable[[int, bytes], None]
    """Keep a descriptor for later."""


class BoardOnPort(NamedTuple):
    """What the configuration says of one."""

    sensor_id: str
    baud: int
    uid: int = 0
    ops: frozenset[int] = frozenset()
    """Commands that are allowed, if ``uid`` is named."""
    rates: tuple[int, ...] = ()


class BoardLine:
    """One port, one board."""

    def __init__(self, board: BoardOnPort, mono_ns: int, shell: Shell) -> None:
        self._id, self._shell = board.sensor_id, shell
        allow = frozenset((board.uid, op) for op in board.ops if board.uid)
        self.link = Link(
            mono_ns,
            draw=shell.draw,
            baud=board.baud,
            known=shell.known,
            allow=allow,
            uid=board.uid,
            rates=board.rates,
        )
        self.is_open = False
        self.watches = {board.sensor_id: Watch(mono_ns)}
        self._sensors: dict[str, Sensor] = {board.sensor_id: self.link}

    @property
    def sensors(self) -> dict[str, Sensor]:
        """The board."""
        return self._sensors

    @property
    def state(self) -> State:
        """The link's."""
        return self.link.state

    @property
    def settling(self) -> int:
        """Refusals in the first seconds after an open."""
        return self.link.counters.settling

    @property
    def surplus(self) -> int:
        """Readings dropped because there were too many in a second."""
        return self.link.counters.too_fast

    def opened(self, mono_ns: int) -> None:
        """The port is open from now on."""
        self.is_open = True
        self.link.opened(mono_ns)

    def closed(self) -> None:
        """The port is closed."""
        self.is_open = False
        self.link.closed()

    def take_output(self) -> bytes:
        """What is to be sent now."""
        return self.link.take_output()

    def receive(self, data: bytes, mono_ns: int) -> list[Said]:
        """Take bytes read at ``mono_ns``."""
        if not self.is_open:  # somebody has the port and did not say so
            self.opened(mono_ns)
        return self._said(self.link.receive(data, mono_ns), mono_ns)

    def tick(self, mono_ns: int) -> list[Said]:
        """Do what fell due."""
        said = self._said(self.link.tick(mono_ns), mono_ns)
        if mono_ns >= self._barren_ns:
            watch = self.watches[self._id]
            watch.barren = True
            self.link.counters.barren += 1
            said.append(Said(self._id, NoReadings(mono_ns - watch.sampled_ns, watch.why)))
        return said

    @property
    def deadline_ns(self) -> int:
        """When ``tick`` must be called if nothing arrives before."""
        return min(self.link.deadline_ns, self._barren_ns)

    @property
    def _barren_ns(self) -> int:
        watch = self.watches[self._id]
        if watch.barren or not self.is_open or self.link.heard_ns <= watch.sampled_ns:
            return NEVER_NS
        return watch.sampled_ns + max(BARREN_NS_MIN, BARREN_INTERVALS * self.link.rhythm_ns)

    def _said(self, events: list[BoardEvent], mono_ns: int) -> list[Said]:
        said = []
        watch = self.watches[self._id]
        for event in events:
            if isinstance(event, GaveUp):
                said.append(Said(self._id, GiveUp(event.why, event.baud)))
                if event.baud:
                    self.link.retune(event.baud)
                continue
            if isinstance(event, StateChange):
                said.append(Said(self._id, LinkChange(event.before, event.after)))
                continue
            if isinstance(event, Foreign):
                watch.why = event.detail
            if isinstance(event, Sample):
                watch.sampled_ns, watch.barren = mono_ns, False
                self.link.counters.samples += 1
            elif isinstance(event, Refused) and event.reason != "stray":
                watch.why = event.detail or str(event.reason)
            elif isinstance(event, DescriptorLearned):
                self._shell.keep(event.hash, event.encoded)
            said.append(Said(self._id, event))
        return said
