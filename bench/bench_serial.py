"""What a serial line costs the gateway: our reader beside pyserial's own, and a full line's share.

All go through a real pseudo-terminal. The ratio compares processor time per frame for
the same flood: ours reads what is there and cuts it, ``read_until`` asks the kernel for each byte.
The share is that of one core, agent side only, while a child process keeps the line full.
"""

import asyncio
import os
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Final

import serial

from bench.figure import Figure
from bench.serial_latency import latency
from edge.serial_line import SerialLine
from edge.serial_port import SerialPort
from firmware_bridge.frame import Frame, FrameReader, encode
from simulators.pty_port import PtyPort

FAMILY: Final = "serial"

BAUD: Final = 115_200
FLOOD_FRAMES: Final = 4_000
LINE_S: Final = 4
LINES: Final = 16
"""As many ports as a gateway with two hubs has; all of them full, all the time."""
WAIT_S: Final = 60
FRAME: Final = encode(5, 0, bytes(range(20)))  # 29 bytes, as a board with five channels sends
FRAMES_PER_S: Final = BAUD / 10 / len(FRAME)

FEEDER: Final = """
import os, sys, time
fds, frame = [int(fd) for fd in sys.argv[1].split(",")], bytes.fromhex(sys.argv[2])
rate, duration = float(sys.argv[3]), float(sys.argv[4])
start, sent = time.monotonic(), 0
while (now := time.monotonic() - start) < duration:
    while sent < now * rate:
        for fd in fds:
            os.write(fd, frame)
        sent += 1
    time.sleep(0.002)
"""


def _flood(port: PtyPort) -> threading.Thread:
    """Writes the flood as fast as it is read; the reader's thread alone is timed."""

    def write() -> None:
        fd = port._board_fd
        assert fd is not None
        os.set_blocking(fd, True)
        for _ in range(FLOOD_FRAMES // 40):
            os.write(fd, FRAME * 40)

    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    return thread


def _ours_s(path: Path) -> float:
    with PtyPort(path) as port:
        line, reader, frames = SerialLine(str(path), BAUD), FrameReader(), 0
        writer = _flood(port)
        start_s = time.thread_time()
        while frames < FLOOD_FRAMES:
            frames += len(reader.receive(line.read(WAIT_S)))
        cost_s = time.thread_time() - start_s
        writer.join()
        line.close()
    return cost_s / frames


def _read_until_s(path: Path) -> float:
    with PtyPort(path) as port, serial.Serial(str(path), BAUD, timeout=WAIT_S) as line:
        reader, frames = FrameReader(), 0
        writer = _flood(port)
        start_s = time.thread_time()
        while frames < FLOOD_FRAMES:
            frames += len(reader.receive(line.read_until(b"\0")))
        cost_s = time.thread_time() - start_s
        writer.join()
    return cost_s / frames


class _Reader:
    """One full line: the agent's shell and our frame reader."""

    def __init__(self, port: PtyPort) -> None:
        self.frames, self._reader, self._opened = 0, FrameReader(), asyncio.Event()
        self.port = port
        self._shell = SerialPort(
            str(port.path),
            baud=BAUD,
            mono_ns=time.monotonic_ns,
            heard=self._heard,
            changed=lambda state: self._opened.set() if state.is_open else None,
            loop=asyncio.get_running_loop(),
        )

    def _heard(self, data: bytes, _mono_ns: int) -> None:
        self.frames += sum(isinstance(one, Frame) for one in self._reader.receive(data))

    async def start(self) -> None:
        """Open."""
        self._shell.start()
        await self._opened.wait()

    async def stop(self) -> None:
        """Close."""
        await self._shell.stop()
        self.port.unplug()


async def _full_lines(folder: Path, lines: int) -> tuple[float, int]:
    """Share of one core, and frames read, on so many full lines at once."""
    readers = [_Reader(PtyPort(folder / f"line-{ix}")) for ix in range(lines)]
    for reader in readers:
        await reader.start()
    fds = [fd for reader in readers if (fd := reader.port._board_fd) is not None]
    command = [",".join(map(str, fds)), FRAME.hex(), str(FRAMES_PER_S), str(LINE_S)]
    feeder = await asyncio.create_subprocess_exec(
        sys.executable, "-c", FEEDER, *command, pass_fds=fds
    )
    busy_s, start_s = time.process_time(), time.monotonic()
    async with asyncio.timeout(WAIT_S):
        await feeder.wait()
    share = (time.process_time() - busy_s) / (time.monotonic() - start_s)
    for reader in readers:
        await reader.stop()
    return share, sum(reader.frames for reader in readers)


def run() -> list[Figure]:
    """Cost of a frame, the same as a ratio, and the share of a full line."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "port"
        ours_s = min(_ours_s(path) for _ in range(3))
        theirs_s = _read_until_s(path)
        share, frames = asyncio.run(_full_lines(Path(folder), 1))
        share_many, frames_many = asyncio.run(_full_lines(Path(folder), LINES))
    return [
        Figure(
            name="serial.ratio_vs_read_until",
            value=theirs_s / ours_s,
            unit="times",
            better="higher",
        ),
        Figure(
            name="serial.frame_us",
            value=ours_s * 1e6,
            unit="us",
            better="lower",
            beside={"read_until": theirs_s * 1e6},
        ),
        Figure(
            name="serial.cpu_share_115200",
            value=100 * share,
            unit="pct",
            better="lower",
        ),
        Figure(
            name="serial.cpu_share_16_x_115200",
            value=100 * share_many,
            unit="pct",
            better="lower",
            beside={
                "one_core": 100.0,
                "frames_read_pct": 100 * frames_many / (LINES * FRAMES_PER_S * LINE_S),
            },
        ),
        Figure(
            name="serial.frames_per_s",
            value=frames / LINE_S,
            unit="frames/s",
            better="higher",
            beside={"full_line": FRAMES_PER_S},
        ),
        latency(),
    ]
