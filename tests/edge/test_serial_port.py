"""The serial shell on real terminals: read, lost, found again, told once, stopped in time."""

import asyncio
import itertools
import os
import select
import termios
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from edge import serial_port
from edge.clock import SystemClock
from edge.serial_backoff import Backoff, Reason
from edge.serial_line import SerialLine
from edge.serial_port import (
    OUTSTANDING_BYTES_MAX,
    WRITES_WAITING_MAX,
    Manner,
    PortState,
    SerialPort,
)
from simulators.pty_port import PtyPort
from vocabulary.units import NS_PER_MS

WAIT_S = 20


class Hasty(Backoff):
    """Waits milliseconds, so that a test sees many attempts."""

    def __init__(self) -> None:
        super().__init__(lambda: 0.5)

    def wait_ns(self, reason: Reason) -> int:
        del reason
        return 5 * NS_PER_MS


class Desk:
    """A port under test, and everything it said."""

    def __init__(self, path: Path, *, backoff: Backoff | None = None) -> None:
        self.states: list[PortState] = []
        self.stamps: list[int] = []
        self.data = b""
        self._news = asyncio.Event()
        self.port = SerialPort(
            str(path),
            baud=9600,
            mono_ns=itertools.count().__next__,
            heard=self._heard,
            changed=self._changed,
            loop=asyncio.get_running_loop(),
            backoff=backoff or Hasty(),
            manner=Manner(look_s=0.01),
        )

    @property
    def reasons(self) -> list[Reason | None]:
        return [state.reason for state in self.states]

    def _heard(self, data: bytes, mono_ns: int) -> None:
        self.data += data
        self.stamps.append(mono_ns)
        self._news.set()

    def _changed(self, state: PortState) -> None:
        self.states.append(state)
        self._news.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for news until the condition holds."""
        async with asyncio.timeout(WAIT_S):
            while not condition():
                self._news.clear()
                await self._news.wait()

    async def has(self, data: bytes) -> None:
        """Wait until exactly ``data`` was heard since the start."""
        await self.until(lambda: len(self.data) >= len(data))
        assert self.data == data

    async def opened(self, times: int = 1) -> None:
        await self.until(lambda: self.reasons.count(None) >= times)


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def block_until(condition: Callable[[], bool]) -> None:
    """Hold the loop still until another thread has made it so."""
    pause = threading.Event()
    for _ in range(WAIT_S * 1_000):
        if condition():
            return
        pause.wait(0.001)
    raise TimeoutError


@pytest.fixture
async def board(tmp_path: Path) -> AsyncIterator[PtyPort]:
    with PtyPort(tmp_path / "port", pending_bytes_max=1 << 20) as board:
        yield board


@pytest.fixture
async def desk(board: PtyPort) -> AsyncIterator[Desk]:
    desk = Desk(board.path)
    yield desk
    await desk.port.stop()


async def test_bytes_arrive_in_order_with_their_time(board: PtyPort, desk: Desk) -> None:
    desk.port.start()
    await desk.opened()
    sent = b""
    for number in range(50):
        board.write(bytes((number,)) * 10)
        sent += bytes((number,)) * 10
        await desk.has(sent)
    assert desk.stamps == sorted(desk.stamps)
    assert desk.port.counters.bytes_read == len(sent)
    assert desk.reasons == [None]
    assert desk.port.counters.reopens == 0


async def test_what_is_written_reaches_the_board(board: PtyPort, desk: Desk) -> None:
    assert not desk.port.write(b"too early")
    desk.port.start()
    await desk.opened()
    assert desk.port.write(b"\xaa\xb4")
    block_until(lambda: desk.port.counters.bytes_written == 2)
    assert board.read() == b"\xaa\xb4"
    assert desk.port.counters.unsent_bytes == len(b"too early")


async def test_absent_is_said_once_however_often_it_is_tried(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "port")
    desk.port.start()
    await desk.until(lambda: desk.reasons == [Reason.ABSENT])
    block_until(lambda: desk.port.counters.attempts > 20)
    with PtyPort(tmp_path / "port") as board:
        await desk.opened()
        board.write(b"here")
        await desk.until(lambda: desk.data == b"here")
    await desk.port.stop()
    assert desk.reasons[:2] == [Reason.ABSENT, None]
    assert desk.port.counters.reopens == 0


async def test_unplugged_and_plugged_in_again(board: PtyPort, desk: Desk) -> None:
    desk.port.start()
    await desk.opened()
    for times in range(2, 5):
        board.unplug()
        await desk.until(lambda: desk.reasons[-1] is Reason.ABSENT)
        board.plug()
        await desk.opened(times)
        board.write(b"x")
        await desk.has(b"x" * (times - 1))
    assert desk.reasons == [None, *[Reason.LOST, Reason.ABSENT, None] * 3]
    assert desk.port.counters.reopens == 3


async def test_a_new_device_is_opened_before_the_wait_is_over(board: PtyPort) -> None:
    patient = Backoff(lambda: 0.5)
    for _ in range(10):
        patient.wait_ns(Reason.LOST)  # 30 s from here on
    desk = Desk(board.path, backoff=patient)
    desk.port.start()
    await desk.opened()
    board.unplug()
    await desk.until(lambda: desk.reasons[-1] is Reason.LOST)
    board.plug()
    await desk.opened(2)  # within WAIT_S
    await desk.port.stop()


async def test_busy_is_said_once_and_over_when_the_other_leaves(board: PtyPort, desk: Desk) -> None:
    other = SerialLine(str(board.path), 9600)
    desk.port.start()
    await desk.until(lambda: desk.reasons == [Reason.BUSY])
    block_until(lambda: desk.port.counters.attempts > 5)
    other.close()
    await desk.opened()
    busy, opened = [str(state) for state in desk.states]
    assert busy.startswith("busy: another program holds it: ")
    assert f"(pid {os.getpid()}, this program itself" in busy
    assert opened == "open"


async def test_not_a_port_is_said_with_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "port").write_bytes(b"")
    desk = Desk(tmp_path / "port")
    desk.port.start()
    await desk.until(lambda: desk.reasons == [Reason.LOST])
    assert str(desk.states[0]).startswith("lost: Could not configure port")
    await desk.port.stop()


async def test_a_port_that_takes_no_bytes_is_lost(desk: Desk) -> None:
    desk.port.start()
    await desk.opened()
    assert desk.port.write(bytes(1_000_000))
    await desk.until(lambda: Reason.LOST in desk.reasons)
    assert desk.port.counters.unsent_bytes == 1_000_000


async def test_too_many_writes_are_refused(desk: Desk) -> None:
    desk.port.start()
    await desk.opened()
    taken = [desk.port.write(bytes(100_000)) for _ in range(WRITES_WAITING_MAX + 10)]
    assert taken.count(False) >= 9  # one may be on its way already


async def test_a_stuck_loop_costs_bytes_not_memory(board: PtyPort, desk: Desk) -> None:
    desk.port.start()
    await desk.opened()
    counters = desk.port.counters

    def flooded() -> bool:
        board.write(bytes(4_096))
        return counters.dropped_bytes > 100_000

    block_until(flooded)
    assert desk.port._outstanding_bytes <= OUTSTANDING_BYTES_MAX

    def drained() -> bool:
        board.flush()
        return board._pending_bytes == 0

    block_until(drained)
    block_until(lambda: counters.bytes_read == board.written_bytes)
    await desk.until(lambda: len(desk.data) == counters.bytes_read - counters.dropped_bytes)
    assert desk.port._outstanding_bytes == 0
    board.write(b"again")
    await desk.until(lambda: desk.data.endswith(b"again"))


async def test_nothing_is_heard_after_stop(board: PtyPort, desk: Desk) -> None:
    desk.port.start()
    await desk.opened()
    board.write(b"late")
    block_until(lambda: desk.port.counters.bytes_read == 4)
    await desk.port.stop()
    assert desk.data == b""
    assert desk.port.counters.stale_bytes == 4
    assert desk.reasons == [None]
    assert not desk.port.write(b"x")
    assert not board.opened


async def older_bytes(desk: Desk) -> None:
    """Opened anew while some bytes waited for the loop."""
    desk.port.start()
    await desk.opened()
    older = desk.port._heard_generation
    desk.port._heard_generation += 1
    desk.port._outstanding_bytes += 3
    desk.port._receive(older, b"old", 0)


@pytest.mark.usefixtures("board")
async def test_bytes_of_an_older_opening_are_dropped_and_counted(desk: Desk) -> None:
    await older_bytes(desk)
    assert desk.data == b""
    assert desk.port.counters.stale_bytes == 3


@pytest.mark.usefixtures("board")
async def test_a_port_that_reads_bytes_of_an_older_opening_would_be_found(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def receive(self: SerialPort, _generation: int, data: bytes, mono_ns: int) -> None:
        self._heard(data, mono_ns)  # the planted fault

    monkeypatch.setattr(SerialPort, "_receive", receive)
    await older_bytes(desk)
    assert desk.data == b"old"


async def test_stop_ends_the_thread_in_every_state(tmp_path: Path) -> None:
    path = tmp_path / "port"
    before = open_files()
    never, waiting = Desk(path), Desk(path, backoff=Backoff(lambda: 0.5))
    await never.port.stop()
    waiting.port.start()
    await waiting.until(lambda: waiting.reasons == [Reason.ABSENT])
    async with asyncio.timeout(1):
        await waiting.port.stop()
    with PtyPort(path):
        idle = Desk(path)
        idle.port.start()
        await idle.opened()
        async with asyncio.timeout(1):
            await idle.port.stop()
        at_once = Desk(path)
        at_once.port.start()
        async with asyncio.timeout(1):
            await at_once.port.stop()
    for desk in (waiting, idle, at_once):
        desk.port._thread.join(WAIT_S)
        assert not desk.port._thread.is_alive()
    assert open_files() == before


def test_a_closed_loop_ends_the_thread(tmp_path: Path) -> None:
    async def start() -> Desk:
        desk = Desk(tmp_path / "port")
        desk.port.start()
        await desk.until(lambda: bool(desk.reasons))
        return desk

    desk = asyncio.run(start())
    with PtyPort(tmp_path / "port"):  # now it would have something to tell, and nobody to
        desk.port._thread.join(WAIT_S)
    assert not desk.port._thread.is_alive()


async def test_a_terminal_opened_by_hand_serves_as_well(tmp_path: Path) -> None:
    board_fd, port_fd = os.openpty()
    (tmp_path / "port").symlink_to(os.ttyname(port_fd))
    desk = Desk(tmp_path / "port")
    desk.port.start()
    await desk.opened()
    os.write(board_fd, b"\x00\x0d\x0a")
    await desk.until(lambda: desk.data == b"\x00\x0d\x0a")
    desk.port.write(b"back")
    assert select.select([board_fd], [], [], WAIT_S)[0]
    assert os.read(board_fd, 9) == b"back"
    await desk.port.stop()
    os.close(board_fd)
    os.close(port_fd)


async def test_given_up_and_opened_anew_at_another_rate(board: PtyPort, desk: Desk) -> None:
    desk.port.start()
    await desk.opened()
    desk.port.give_up(Reason.RATE, 4800)
    await desk.opened(2)
    assert desk.reasons == [None, Reason.RATE, None]
    assert board._board_fd is not None
    assert termios.tcgetattr(board._board_fd)[4] == termios.B4800
    desk.port.give_up(Reason.SILENT)
    await desk.opened(3)
    assert desk.reasons[3:] == [Reason.SILENT, None]
    assert desk.port.baud == 4800


async def test_a_node_that_goes_without_a_word_is_noticed(
    board: PtyPort, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The link is gone, and the terminal behind it says nothing."""
    monkeypatch.setattr(serial_port, "NODE_LOOK_S", 0.02)
    desk = Desk(board.path)
    desk.port._mono_ns = SystemClock().mono_ns
    desk.port.start()
    await desk.opened()
    link = board.path.readlink()
    board.path.unlink()
    await desk.until(lambda: desk.reasons[-1] is Reason.ABSENT)
    board.path.symlink_to(link)
    await desk.opened(2)
    await desk.port.stop()
