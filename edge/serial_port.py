"""A serial port for the agent: one thread that opens, reads and hands on, for ever.

What is read goes to the event loop with the time it was read. What happens to the port is told
there too, once per change and never per attempt. Whatever fails, the port is closed at once (a
port still held comes back under another name) and opened again after a while, or as soon as
something new stands at its path.

Each opening has a number, its generation; bytes of an older one are counted and dropped.
"""

import asyncio
import contextlib
import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple

import msgspec

from edge.serial_backoff import Backoff, Reason
from edge.serial_line import (
    Dtr,
    Identity,
    LineFault,
    Parity,
    SerialLine,
    identity,
    line_errors,
)
from edge.serial_port_table import Act, Cue, PortLife
from vocabulary.units import NS_PER_S

OUTSTANDING_BYTES_MAX: Final = 64 * 1024
"""Read but not yet taken by the loop; more is dropped, for the sensor will say it again."""
WRITES_WAITING_MAX: Final = 64
LOOK_S: Final = 1.0
"""How often to look whether something new stands at the path."""
NODE_LOOK_S: Final = 5.0
"""How often to look whether an open port still stands at its path: some adapters go silently."""
SETTLE_S: Final = 0.1
"""A port that fails sooner after opening was never open: nobody is told that it was."""
STOP_S_MAX: Final = 1.0


class Manner(NamedTuple):
    """How a port is treated; ``look_s``: how often to look whether something new is there."""

    parity: Parity = Parity.NONE
    dtr: Dtr = Dtr.KEEP
    look_s: float = LOOK_S


class PortState(NamedTuple):
    """Open, or why not. ``detail`` is for the technician."""

    reason: Reason | None
    detail: str
    mono_ns: int

    @property
    def is_open(self) -> bool:
        """Whether bytes can come."""
        return self.reason is None

    def __str__(self) -> str:
        return "open" if self.reason is None else f"{self.reason}: {self.detail}"


class PortCounters(msgspec.Struct):
    """What happened on this port since the agent started."""

    attempts: int = 0
    opens: int = 0
    bytes_read: int = 0
    dropped_bytes: int = 0
    """Read while the loop had too much to take."""
    stale_bytes: int = 0
    """Read before the port was closed or stopped, and not taken until after."""
    bytes_written: int = 0
    unsent_bytes: int = 0
    """Given to ``write`` and never sent."""
    frame_errors: int = 0
    """This and the next three: what the driver counted, where it counts."""
    overruns: int = 0
    parity_errors: int = 0
    breaks: int = 0

    @property
    def reopens(self) -> int:
        """Times it was opened again."""
        return max(0, self.opens - 1)


class SerialPort:
    """``heard(data, mono_ns)`` and ``changed(state)`` are called on the loop, in order."""

    def __init__(
        self,
        path: str,
        *,
        baud: int,
        mono_ns: Callable[[], int],
        heard: Callable[[bytes, int], None],
        changed: Callable[[PortState], None],
        loop: asyncio.AbstractEventLoop,
        backoff: Backoff | None = None,
        manner: Manner | None = None,
    ) -> None:
        self.path, self.baud = path, baud
        self._manner = manner or Manner()
        self.counters = PortCounters()
        self._mono_ns, self._heard, self._changed, self._loop = mono_ns, heard, changed, loop
        self._backoff = backoff or Backoff(random.random)
        self._thread = threading.Thread(target=self._run, name=f"serial {path}", daemon=True)
        self._writer = ThreadPoolExecutor(1, thread_name_prefix=f"serial write {path}")
        self._stopping = threading.Event()
        self._ended = asyncio.Event()
        self._line: SerialLine | None = None
        self._counting = threading.Lock()
        self._outstanding_bytes = 0
        self._writes_waiting = 0
        self._opened_generation = 0  # the thread's
        self._heard_generation = 0  # the loop's; 0 while closed
        self._told: PortState | None = None
        self._life = PortLife()  # the thread's
        self._unwanted: Reason | None = None
        self._at: tuple[int, int] | None = None  # which device the open port is

    # On the loop.

    def start(self) -> None:
        """Begin; nothing is asked of the port before."""
        self._thread.start()

    async def stop(self) -> None:
        """Close the port and end the thread, within a second; nothing is heard afterwards."""
        self._stopping.set()
        self._heard_generation = 0
        self._writer.shutdown(wait=False, cancel_futures=True)
        if self._thread.ident is None:
            return
        line = self._line
        if line is not None:
            line.wake()
        with contextlib.suppress(TimeoutError):  # stuck in the kernel: closed when it lets go
            async with asyncio.timeout(STOP_S_MAX):
                await self._ended.wait()

    def write(self, data: bytes) -> bool:
        """Send soon, off the loop; False if the port is closed or too much waits already."""
        with self._counting:
            line = self._line
            taken = (
                self._heard_generation != 0
                and line is not None
                and self._writes_waiting < WRITES_WAITING_MAX
            )
            if not taken or line is None:
                self.counters.unsent_bytes += len(data)
                return False
            self._writes_waiting += 1
        self._writer.submit(self._write, line, data)
        return True

    def give_up(self, reason: Reason, baud: int = 0) -> None:
        """Close the port and open it anew after a while, at ``baud`` if that is given."""
        self.baud = baud or self.baud
        line = self._line
        if line is not None:
            self._unwanted = reason
            line.wake()

    def _receive(self, generation: int, data: bytes, mono_ns: int) -> None:
        with self._counting:
            self._outstanding_bytes -= len(data)
        if generation != self._heard_generation:
            self.counters.stale_bytes += len(data)
            return
        self._heard(data, mono_ns)

    def _take_state(self, generation: int, state: PortState) -> None:
        if self._stopping.is_set():
            return
        self._heard_generation = generation if state.is_open else 0
        self._changed(state)

    # On the writer's thread.

    def _write(self, line: SerialLine, data: bytes) -> None:
        sent = line.write(data)
        with self._counting:
            self._writes_waiting -= 1
            if sent:
                self.counters.bytes_written += len(data)
            else:
                self.counters.unsent_bytes += len(data)

    # On the reader's thread.

    def _run(self) -> None:
        self._life.meet(Cue.DUE)  # the start
        try:
            while not self._stopping.is_set():
                before = identity(self.path)
                try:
                    self._open_and_listen()
                except LineFault as fault:
                    self._tell(fault.reason, fault.detail)
                    self._wait(self._backoff.wait_ns(fault.reason), before)
        finally:
            self._life.meet(Cue.STOP)
            self._on_loop(self._ended.set)

    def _open_and_listen(self) -> None:
        """Ends when the port is to stop; ``LineFault`` when it fails."""
        self.counters.attempts += 1
        assert self._life.meet(Cue.DUE) is Act.OPEN
        try:
            line = SerialLine(
                self.path, self.baud, parity=self._manner.parity, dtr=self._manner.dtr
            )
        except LineFault:
            self._life.meet(Cue.FAILED)
            raise
        self._life.meet(Cue.OPENED)
        opened_ns = self._mono_ns()
        self._opened_generation += 1
        self._at, self._unwanted = self._device(), None
        self._line = line
        cue = Cue.STOP
        try:
            self._listen(line)
        except LineFault as fault:
            cue = Cue.NODE_GONE if fault.reason is Reason.ABSENT else Cue.LOST
            raise
        finally:
            self._line = None
            act = self._life.meet(cue)
            assert act is Act.CLOSE
            line.close()
            self._backoff.was_open(self._mono_ns() - opened_ns)

    def _device(self) -> tuple[int, int] | None:
        found = identity(self.path)
        return None if found is None else found[:2]

    def _look(self, line: SerialLine) -> None:
        """Is it still there? And what has its driver counted?"""
        if self._device() != self._at:
            raise LineFault(Reason.ABSENT, "something else stands at its path, or nothing")
        errors = line_errors(line.fileno())
        if errors is not None:
            counters = self.counters
            counters.frame_errors, counters.overruns = errors.frame, errors.overrun
            counters.parity_errors, counters.breaks = errors.parity, errors.breaks

    def _listen(self, line: SerialLine) -> None:
        settled = False
        looked_ns = self._mono_ns()
        while not self._stopping.is_set():
            data = line.read(NODE_LOOK_S if settled else SETTLE_S)
            mono_ns = self._mono_ns()
            if self._unwanted is not None:
                raise LineFault(self._unwanted, self._unwanted.remedy)
            if settled and mono_ns - looked_ns >= NODE_LOOK_S * NS_PER_S:
                looked_ns = mono_ns
                self._look(line)
            if not settled:
                settled = True
                self.counters.opens += 1
                self._tell(None, "")
            if data:
                self._hand_on(data, mono_ns)

    def _hand_on(self, data: bytes, mono_ns: int) -> None:
        self.counters.bytes_read += len(data)
        with self._counting:
            if self._outstanding_bytes + len(data) > OUTSTANDING_BYTES_MAX:
                self.counters.dropped_bytes += len(data)
                return
            self._outstanding_bytes += len(data)
        self._on_loop(self._receive, self._opened_generation, data, mono_ns)

    def _tell(self, reason: Reason | None, detail: str) -> None:
        if self._told is not None and self._told.reason is reason:
            return
        self._told = PortState(reason, detail, self._mono_ns())
        self._on_loop(self._take_state, self._opened_generation, self._told)

    def _wait(self, wait_ns: int, before: Identity | None) -> None:
        """Until it is time to try again, something else stands at the path, or we stop."""
        left_s = wait_ns / NS_PER_S
        while left_s > 0:
            step_s = min(left_s, self._manner.look_s)
            if self._stopping.wait(step_s):
                return
            left_s -= step_s
            now = identity(self.path)
            if now is not None and now != before:
                return
            before = now  # a device that went may come back as the same one

    def _on_loop(self, call: Callable[..., None], *arguments: object) -> None:
        try:
            self._loop.call_soon_threadsafe(call, *arguments)
        except RuntimeError:  # the loop is closed, and so is the agent
            self._stopping.set()
