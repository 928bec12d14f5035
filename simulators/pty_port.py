"""A serial port that any program can open: a pseudo-terminal behind a path that stays.

The path is a symbolic link, as under ``/dev/serial/by-id``; unplugging hangs up whoever has it
open and takes the link away, plugging in makes another terminal under the same link. Like a real
line it does not wait for a reader: while nobody has the port open, bytes are gone; while somebody
has it open and does not read, the oldest are given up. Both are counted.
"""

import contextlib
import errno
import os
import select
import tty
from collections import deque
from pathlib import Path
from types import TracebackType
from typing import Final, Self

PENDING_BYTES_MAX: Final = 4_096
READ_BYTES_MAX: Final = 4_096
CLOSED_LOOK_S: Final = 0.02


class PtyPort:
    """The board's end; the gateway opens ``path``."""

    def __init__(self, path: Path, *, pending_bytes_max: int = PENDING_BYTES_MAX) -> None:
        self.path = path
        self.plugs = 0
        self.written_bytes = 0
        """Bytes the kernel took for the reader."""
        self.unheard_bytes = 0
        """Bytes sent while nobody had the port open, or no port was there."""
        self.dropped_bytes = 0
        """Bytes given up because the reader did not read."""
        self._pending: deque[bytes] = deque()
        self._pending_bytes = 0
        self._pending_bytes_max = pending_bytes_max
        self._board_fd: int | None = None
        self.plug()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.unplug()

    @property
    def plugged(self) -> bool:
        """Whether there is something to open."""
        return self._board_fd is not None

    @property
    def opened(self) -> bool:
        """Whether a program has the port open now."""
        if self._board_fd is None:
            return False
        poll = select.poll()
        poll.register(self._board_fd, select.POLLIN)
        return not any(event & select.POLLHUP for _fd, event in poll.poll(0))

    def wait(self, timeout_s: float, *others: int) -> None:
        """Until the gateway wrote, one of ``others`` is readable, or the time is over.

        A port that nobody has open is looked at again after ``CLOSED_LOOK_S`` at the latest.
        """
        watched = list(others)
        if self._board_fd is not None and self.opened:
            watched.append(self._board_fd)
        else:
            timeout_s = min(timeout_s, CLOSED_LOOK_S)
        select.select(watched, [], [], max(0.0, timeout_s))

    def plug(self) -> None:
        """A new terminal under the old path; nothing if it is plugged in."""
        if self._board_fd is not None:
            return
        self._board_fd, port_fd = os.openpty()
        try:
            tty.setraw(port_fd)  # no echo before somebody sets the line up
            device = os.ttyname(port_fd)
        finally:
            os.close(port_fd)
        os.set_blocking(self._board_fd, False)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.path.with_name(f".{self.path.name}.new")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(device)
        fresh.replace(self.path)
        self.plugs += 1

    def unplug(self) -> None:
        """Hang up and take the link away."""
        if self._board_fd is None:
            return
        self.path.unlink(missing_ok=True)
        os.close(self._board_fd)
        self._board_fd = None
        self._forget()

    def write(self, wire: bytes) -> None:
        """Send what the reader takes now; keep the newest of the rest. Never blocks."""
        self._pending.append(wire)
        self._pending_bytes += len(wire)
        self.flush()
        while self._pending_bytes > self._pending_bytes_max:
            surplus_bytes = self._pending_bytes - self._pending_bytes_max
            oldest = self._pending.popleft()
            kept = oldest[surplus_bytes:]
            if kept:
                self._pending.appendleft(kept)
            self._pending_bytes -= len(oldest) - len(kept)
            self.dropped_bytes += len(oldest) - len(kept)

    def flush(self) -> None:
        """Try again to send what is kept."""
        if not self.opened:
            self._forget()
        while self._pending and self._board_fd is not None:
            chunk = self._pending[0]
            try:
                count = os.write(self._board_fd, chunk)
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno != errno.EIO:
                    raise
                self._forget()
                return
            self.written_bytes += count
            self._pending_bytes -= count
            self._pending.popleft()
            if count < len(chunk):
                self._pending.appendleft(chunk[count:])

    def read(self) -> bytes:
        """What the gateway wrote, if anything. Never blocks.

        Poll it: while nobody has the port open, the terminal always looks ready and has nothing.
        """
        if self._board_fd is None:
            return b""
        with contextlib.suppress(BlockingIOError):
            try:
                return os.read(self._board_fd, READ_BYTES_MAX)
            except OSError as error:
                if error.errno != errno.EIO:
                    raise
        return b""

    def _forget(self) -> None:
        self.unheard_bytes += self._pending_bytes
        self._pending.clear()
        self._pending_bytes = 0
