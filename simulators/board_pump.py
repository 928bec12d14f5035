"""Keeps devices alive behind pseudo-terminals in real time, with a cable between them and the port.

One thread for all; a device is given what was written to its port and says what is due. A port can
be pulled and plugged in again, as another terminal under the same path.
"""

import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from edge.clock import SystemClock
from simulators.board_kinds import Device
from simulators.cable import Cable, Faults
from simulators.pty_port import PtyPort

STEP_S: Final = 0.01
JOIN_S_MAX: Final = 10.0


class BoardPump:
    """Use as a context manager; inside, the devices live."""

    def __init__(
        self, devices: Mapping[Path, Device], *, faults: Faults | None = None, seed: int = 0
    ) -> None:
        self.ports = {path: PtyPort(path) for path in devices}
        self._devices = dict(devices)
        self._clock = SystemClock()
        self._cables = {
            path: (Cable(seed + 2 * ix, faults=faults), Cable(seed + 2 * ix + 1, faults=faults))
            for ix, path in enumerate(devices)
        }
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._live, name="boards", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.silence()
        for port in self.ports.values():
            port.unplug()

    def silence(self) -> None:
        """No device says anything more; the ports stay."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(JOIN_S_MAX)

    def pull(self, path: Path) -> None:
        """Take a port away."""
        with self._lock:
            self.ports[path].unplug()

    def plug(self, path: Path) -> None:
        """It is there again."""
        with self._lock:
            self.ports[path].plug()

    def _live(self) -> None:
        while not self._stop.wait(STEP_S):
            with self._lock:
                for path, device in self._devices.items():
                    self._serve(path, device)

    def _serve(self, path: Path, device: Device) -> None:
        now_ns, port = self._clock.mono_ns(), self.ports[path]
        to_agent, to_device = self._cables[path]
        heard = port.read()
        if heard:
            for chunk in to_device.carry(heard):
                device.receive(chunk, now_ns)
        said = device.advance(now_ns)
        for chunk in to_agent.carry(said) if said else ():
            port.write(chunk)
        port.flush()
