"""A board with a rate of its own behind a real pseudo-terminal, driven by a thread, for tests."""

import termios
import threading
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from edge.clock import SystemClock
from simulators.board_kinds import Device
from simulators.pty_port import PtyPort
from tests.edge.misheard import OwnRate

STEP_S: Final = 0.01
RATES: Final = {getattr(termios, name): int(name[1:]) for name in dir(termios)
                if name[0] == "B" and name[1:].isdigit()}  # fmt: skip


class PtyUart:
    """Serves until it is left; hears and speaks as the port's rate and its own allow."""

    def __init__(self, path: Path, device: Device, baud: int) -> None:
        self.port = PtyPort(path)
        self.path = str(path)
        self._board = OwnRate(device, baud)
        self._clock = SystemClock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join(10)
        self.port.unplug()

    def _serve(self) -> None:
        while not self._stop.wait(STEP_S):
            fd = self.port._board_fd
            if fd is None:
                return
            self._board.baud = RATES.get(termios.tcgetattr(fd)[4], self._board.own_baud)
            now_ns = self._clock.mono_ns()
            heard = self.port.read()
            if heard:
                self._board.receive(heard, now_ns)
            said = self._board.advance(now_ns)
            if said:
                self.port.write(said)
            else:
                self.port.flush()
