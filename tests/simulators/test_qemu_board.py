"""The firmware on an emulated Cortex-M3: every reset has its reason, every value is true.

Counters and values are asserted, never how fast: the emulator shares this machine with everybody.
"""

from collections.abc import Callable, Iterator

import pytest

from edge.clock import SystemClock
from firmware_bridge.board_events import BoardEvent, Fate, Outcome, Restarted
from firmware_bridge.events import Sample
from firmware_bridge.link import Link
from firmware_bridge.messages import Reset
from firmware_bridge.session import State
from simulators.c_build import missing
from simulators.cable import Faults
from simulators.lamplighter_board import UID
from simulators.qemu_board import PACKAGES, PROGRAMS, QemuBoard
from simulators.street_box import Misbehaviour, experiment
from simulators.wire import Wire
from tests.firmware_bridge.board_world import TRUE
from vocabulary.units import NS_PER_S

WAIT_NS = 40 * NS_PER_S
SEED = 5

pytestmark = pytest.mark.skipif(
    bool(missing(*PROGRAMS)), reason=f"not installed: {' '.join(PACKAGES)}"
)


class Bench:
    """A link and the emulated board, a wire between, in real time."""

    def __init__(self, board: QemuBoard, faults: Faults) -> None:
        self.board, self.clock = board, SystemClock().mono_ns
        self.wire = Wire(SEED, baud=115_200, faults=faults)
        self.events: list[BoardEvent] = []
        numbers = iter(range(SEED, 1_000_000))
        allow = frozenset((UID, op) for op in range(5))
        self.link = Link(self.clock(), draw=lambda: next(numbers), allow=allow)
        self.link.opened(self.clock())

    def step(self) -> None:
        """Carry what there is; then wait for more, ten milliseconds at most."""
        wire, link = self.wire, self.link
        wire.to_board.send(link.take_output(), self.clock())
        for data, _at_ns in wire.to_board.arrive(self.clock()):
            self.board.receive(data, self.clock())
        wire.to_gateway.send(self.board.advance(self.clock()), self.clock())
        for data, _at_ns in wire.to_gateway.arrive(self.clock()):
            self.events += link.receive(data, self.clock())
        self.events += link.tick(self.clock())
        next_ns = min(link.deadline_ns, wire.next_ns)
        self.board.wait(min(0.01, max(0.0, (next_ns - self.clock()) / NS_PER_S)))

    def until(self, what: Callable[[], bool]) -> None:
        """Until it is so."""
        end_ns = self.clock() + WAIT_NS
        while not what():
            assert self.clock() < end_ns, (self.link.state, self.events[-5:])
            self.step()

    @property
    def resets(self) -> list[Reset]:
        """Of all restarts so far."""
        return [event.reset for event in self.events if isinstance(event, Restarted)]

    @property
    def samples(self) -> list[Sample]:
        """All readings so far."""
        return [event for event in self.events if isinstance(event, Sample)]

    def restarts(self, cue: Callable[[], object]) -> None:
        """The cue leads to one more restart, after which readings flow again."""
        count, read = len(self.resets), len(self.samples)
        cue()
        self.until(lambda: len(self.resets) > count)
        self.until(lambda: self.link.state is State.RUNNING and len(self.samples) > read + 1)


@pytest.fixture
def bench() -> Iterator[Bench]:
    with QemuBoard(seed=SEED) as board:
        yield Bench(board, Faults(flip=1e-3, drop=1e-3, double=1e-3, garbage=1e-3))


def test_the_firmware_lives_through_every_reset_on_a_bad_line(bench: Bench) -> None:
    board, link = bench.board, bench.link
    bench.until(lambda: len(bench.samples) >= 1)
    for _ in range(12):
        assert isinstance(link.command(3, (5,), bench.clock()), int)
    bench.until(lambda: sum(isinstance(one, Outcome) for one in bench.events) == 12)
    outcomes = [one for one in bench.events if isinstance(one, Outcome)]
    assert {one.fate for one in outcomes} == {Fate.DONE}
    assert [one.result for one in outcomes] == [(5 * count,) for count in range(1, 13)]
    bench.restarts(lambda: board.receive(b"\0" + experiment(Misbehaviour.CRASH), 0))
    bench.restarts(lambda: board.receive(b"\0" + experiment(Misbehaviour.LOCK_UP), 0))
    bench.restarts(lambda: board.receive(b"\0" + experiment(Misbehaviour.BROWN_OUT), 0))
    bench.restarts(lambda: board.qmp("system_reset"))
    bench.restarts(lambda: link.command(4, (), bench.clock()))
    resets = [Reset.FAULT, Reset.WATCHDOG, Reset.BROWN_OUT, Reset.WATCHDOG, Reset.COMMANDED]
    assert bench.resets == resets
    assert {sample.values for sample in bench.samples} <= TRUE


def test_halted_it_is_waited_for_and_no_restart_is_invented(bench: Bench) -> None:
    bench.until(lambda: len(bench.samples) >= 2)
    bench.board.qmp("stop")
    for _ in range(50):
        bench.step()
    bench.board.qmp("cont")
    count = len(bench.samples)
    bench.until(lambda: len(bench.samples) >= count + 2)
    assert bench.resets == []
    assert {sample.values for sample in bench.samples} <= TRUE
