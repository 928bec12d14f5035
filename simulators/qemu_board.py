"""The example firmware on an emulated Cortex-M3: one QEMU, its UART on a socket.

What C on a computer cannot show shows here: start-up, interrupts, 32-bit types, the stack, the
watchdog, real resets. QEMU has no line rate, and its receiver never runs over: the wire in between
gives it both (``wire.py``). Time inside is close to real time, so a run needs a real clock.
"""

import contextlib
import json
import select
import shutil
import socket
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from simulators.board_kinds import Start
from simulators.c_build import build
from simulators.street_box import C_FOLDER
from vocabulary.units import INT64_MAX

QEMU: Final = "qemu-system-arm"
COMPILER: Final = "arm-none-eabi-gcc"
PROGRAMS: Final = (QEMU, COMPILER)
PACKAGES: Final = ("qemu-system-arm", "gcc-arm-none-eabi")
MACHINE: Final = "mps2-an385"
SEED_ADDRESS: Final = 0x20010000
READY_S_MAX: Final = 30.0
END_S_MAX: Final = 5.0
READ_BYTES: Final = 4_096
ANSWERS_MAX: Final = 256

_EXAMPLE: Final = C_FOLDER / "example"
SOURCES: Final = (_EXAMPLE / "cortexm.c", _EXAMPLE / "street_box.c", C_FOLDER / "lamp.c")
FLAGS: Final = (
    "-Os",
    "-mcpu=cortex-m3",
    "-mthumb",
    "-ffreestanding",
    "-nostdlib",
    "-nostartfiles",
    "-ffunction-sections",
    "-fdata-sections",
    "-Wl,--gc-sections",
    f"-Wl,-T,{_EXAMPLE / 'cortexm.ld'}",
)


@cache
def firmware() -> Path:
    """Compiled from the sources as they are."""
    return build(COMPILER, (*SOURCES, Path("-lgcc")), *FLAGS, name="street_box.elf")


class QemuBoard:
    """One emulated board, from power-on to ``close``."""

    def __init__(self, *, seed: int = 1) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="lamplighter-qemu-"))
        self._process: subprocess.Popen[bytes] | None = None
        self._unsent = bytearray()
        try:
            self._begin(seed)
        except BaseException:
            self.close()
            raise

    def _begin(self, seed: int) -> None:
        uart, qmp = self._folder / "uart", self._folder / "qmp"
        listening = [self._listen(path) for path in (uart, qmp)]
        words = [QEMU, "-M", MACHINE, "-kernel", str(firmware()), "-display", "none"]
        words += ["-nodefaults", "-monitor", "none", "-nic", "none", "-S"]
        words += ["-chardev", f"socket,id=u0,path={uart}", "-serial", "chardev:u0"]
        words += ["-qmp", f"unix:{qmp}"]
        loader = f"loader,addr={SEED_ADDRESS:#x},data={seed & 0xFFFFFFFF:#x},data-len=4"
        words += ["-device", loader]
        self._process = subprocess.Popen(  # noqa: S603 - ours
            words, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._uart, self._qmp = (self._accept(one) for one in listening)
        self._uart.setblocking(False)
        self._lines = self._qmp.makefile("rb")
        json.loads(self._lines.readline())
        self.qmp("qmp_capabilities")
        self.qmp("cont")

    @staticmethod
    def _listen(path: Path) -> socket.socket:
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(str(path))
        listening.listen(1)
        listening.settimeout(READY_S_MAX)
        return listening

    @staticmethod
    def _accept(listening: socket.socket) -> socket.socket:
        with listening:
            connected, _peer = listening.accept()
        connected.settimeout(READY_S_MAX)
        return connected

    def qmp(self, command: str, **arguments: Any) -> Any:
        """One command to the emulator itself: stop, cont, system_reset, quit."""
        request = {"execute": command} | ({"arguments": arguments} if arguments else {})
        self._qmp.sendall(json.dumps(request).encode() + b"\n")
        for _ in range(ANSWERS_MAX):
            answer = json.loads(self._lines.readline())
            if "event" not in answer:
                assert "return" in answer, answer
                return answer["return"]
        raise AssertionError(command)

    def fileno(self) -> int:
        """Readable when it has said something."""
        return self._uart.fileno()

    @property
    def next_ns(self) -> int:
        """Never by our clock: ``fileno`` tells."""
        return INT64_MAX

    def advance(self, now_ns: int) -> bytes:
        """What it has said."""
        del now_ns
        self._flush()
        said = b""
        with contextlib.suppress(BlockingIOError, ConnectionError):
            while chunk := self._uart.recv(READ_BYTES):
                said += chunk
        return said

    def receive(self, data: bytes, now_ns: int) -> None:
        """Bytes for its receiver."""
        del now_ns
        self._unsent += data
        self._flush()

    def _flush(self) -> None:
        with contextlib.suppress(BlockingIOError, ConnectionError):
            while self._unsent:
                count = self._uart.send(self._unsent)
                del self._unsent[:count]

    def wait(self, timeout_s: float) -> bool:
        """Until it has said something."""
        return bool(select.select([self._uart], [], [], timeout_s)[0])

    def close(self) -> None:
        """Switch it off."""
        process = self._process
        if process is not None:
            with contextlib.suppress(OSError, ValueError, AttributeError):
                self._qmp.sendall(b'{"execute": "quit"}\n')
            try:
                process.wait(END_S_MAX)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            with contextlib.suppress(AttributeError):
                self._lines.close()
                self._qmp.close()
                self._uart.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def qemu(start: Start) -> QemuBoard:
    """The emulated board; its maker in ``board_kinds``."""
    return QemuBoard(seed=start.seed)
