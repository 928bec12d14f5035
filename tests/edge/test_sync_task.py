"""A slow card: the loop goes on, the wait is measured, a fault of the card is the spool's."""

import asyncio
import threading

import pytest

from edge.spool import BootInfo, Spool, SpoolLimits
from edge.sync_task import SLOW_NS, SyncTask
from simulators.disk import SimulatedDisk
from vocabulary.delivery import RecordClass
from vocabulary.moment import Moment
from vocabulary.units import NS_PER_S

START = Moment(NS_PER_S, 1_800_000_000 * NS_PER_S)
WAIT_S = 30


class SlowDisk(SimulatedDisk):
    """A sync waits in its thread until the test lets it go."""

    def __init__(self) -> None:
        super().__init__(seed=1)
        self.begun, self.free = threading.Event(), threading.Event()
        self.holds = False

    def sync(self, name: str) -> None:
        if self.holds:
            self.begun.set()
            assert self.free.wait(WAIT_S)
        super().sync(name)


class StandingClock:
    """Moves when told."""

    def __init__(self) -> None:
        self.moment = START

    def now(self) -> Moment:
        return self.moment

    def mono_ns(self) -> int:
        return self.moment.mono_ns

    def seconds_until(self, mono_ns: int) -> float:
        return max(0, mono_ns - self.moment.mono_ns) / NS_PER_S


class Desk:
    def __init__(self) -> None:
        self.disk, self.clock, self.news = SlowDisk(), StandingClock(), asyncio.Event()
        self.spool = Spool.open(
            self.disk,
            limits=SpoolLimits(sync_delay_ns=5 * NS_PER_S),
            boot=BootInfo("kernel-1", "board"),
            now=START,
            syncs_elsewhere=True,
        )
        self.task = SyncTask(self.spool, self.clock, self.news.set)

    def append(self) -> int:
        return self.spool.append(b"reading", klass=RecordClass.SENSOR, now=self.clock.moment)

    async def begun(self) -> None:
        assert await asyncio.to_thread(self.disk.begun.wait, WAIT_S)


async def test_the_loop_goes_on_while_the_card_works() -> None:
    desk = Desk()
    first = desk.append()
    desk.clock.moment = START.later(5)
    desk.disk.holds = True
    desk.task.begin()
    await desk.begun()
    desk.clock.moment = desk.clock.moment.later(1.5)
    second = desk.append()
    desk.task.begin()  # one at a time
    assert desk.spool.durable_below <= first
    assert [desk.spool.read(one) is not None for one in (first, second)] == [True, True]
    desk.disk.holds = False
    desk.disk.free.set()
    await desk.task.settled()
    assert desk.news.is_set()
    assert first < desk.spool.durable_below <= second
    assert desk.spool.stats.last_sync_ns == 3 * SLOW_NS // 2
    assert desk.spool.stats.slow_syncs == 1


async def test_a_quick_card_is_not_called_slow() -> None:
    desk = Desk()
    desk.task.begin()  # nothing is due
    await desk.task.settled()
    desk.append()
    desk.clock.moment = START.later(5)
    desk.task.begin()
    await desk.task.settled()
    assert desk.spool.durable_below == desk.spool.next_offset
    assert desk.spool.stats.slow_syncs == 0


async def test_a_card_that_fails_meanwhile_is_the_spools_matter() -> None:
    desk = Desk()
    desk.append()
    desk.clock.moment = START.later(5)
    desk.disk.gone = True
    desk.task.begin()
    await desk.task.settled()
    assert desk.spool.stats.ram_mode


async def test_a_fault_of_ours_comes_out() -> None:
    desk = Desk()

    class Broken(Exception):
        """Not the card's."""

    def broken(name: str) -> None:
        raise Broken(name)

    desk.append()
    desk.clock.moment = START.later(5)
    desk.disk.sync = broken  # type: ignore[method-assign]
    desk.task.begin()
    with pytest.raises(Broken):
        await desk.task.settled()
    with pytest.raises(Broken):
        desk.task.begin()
