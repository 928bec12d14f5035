"""Our example board three times, in Python, in C and emulated, and what each of them truly said.

What a board says is overheard on its way out, before any cable harms it: so its truth is known
alike at every level, even of one that lives in an emulator.
"""

import struct
from typing import Final

from edge.serial_configuration import SerialPort
from firmware_bridge.frame import Frame, FrameReader
from firmware_bridge.messages import MessageType
from simulators.board_kinds import BOARD_KINDS, Device, Level, Outside, Start
from simulators.board_live import PROGRAMS
from simulators.c_build import missing
from simulators.eight_sensors import Bench
from simulators.sent_values import SentValues
from simulators.street_box import Misbehaviour, experiment
from vocabulary.units import NS_PER_S

KIND: Final = "lamplighter"
TROUBLE: Final = {
    Level.PYTHON: Misbehaviour.LOCK_UP,
    Level.C: Misbehaviour.BROWN_OUT,
    Level.QEMU: Misbehaviour.CRASH,
}
TROUBLE_EVERY_NS: Final = 45 * NS_PER_S

_DATA: Final = struct.Struct("<BBIIhHIH")


class Overheard:
    """A device, its truth, and what befalls it now and then."""

    def __init__(self, device: Device, now_ns: int, trouble: Misbehaviour) -> None:
        self.truth = SentValues()
        self.device = device
        self._reader = FrameReader()
        self._trouble, self._trouble_ns = trouble, now_ns + TROUBLE_EVERY_NS

    @property
    def next_ns(self) -> int:
        """The device's."""
        return min(self.device.next_ns, self._trouble_ns)

    def advance(self, now_ns: int) -> bytes:
        """What it says, written down."""
        if now_ns >= self._trouble_ns:
            self._trouble_ns += TROUBLE_EVERY_NS
            self.device.receive(b"\0" + experiment(self._trouble), now_ns)
        said = self.device.advance(now_ns)
        for frame in self._reader.receive(said):
            if isinstance(frame, Frame) and frame.type == MessageType.DATA:
                self._write_down(frame.payload, now_ns)
        return said

    def _write_down(self, payload: bytes, now_ns: int) -> None:
        fields = _DATA.unpack(payload)
        temperature, humidity, pressure, voltage = fields[4:]
        values = {
            "env/temperature_c": temperature / 100,
            "env/humidity_pct": humidity / 100,
            "env/pressure_hpa": pressure / 100,
            "power/voltage_v": voltage / 1_000,
        }
        self.truth.add(now_ns, values)

    def receive(self, data: bytes, now_ns: int) -> None:
        """For the device."""
        self.device.receive(data, now_ns)

    def close(self) -> None:
        """Switch it off, if it lives elsewhere."""
        if isinstance(self.device, Outside):
            self.device.close()


def levels() -> list[Level]:
    """Those whose programs are installed here."""
    return [level for level in Level if not missing(*PROGRAMS[level])]


def rows(folder: str) -> list[SerialPort]:
    """The lines of the configuration that read them."""
    return [SerialPort(f"box-{level}", f"{folder}/box-{level}", KIND) for level in levels()]


def three(folder: str, now_ns: int, *, seed: int = 0) -> list[Bench]:
    """All of them, on ports in ``folder``; each must be closed."""
    made = []
    for level, row in zip(levels(), rows(folder), strict=True):
        device = BOARD_KINDS[KIND].make(level, Start(now_ns, seed))
        overheard = Overheard(device, now_ns, TROUBLE[level])
        made.append(Bench(row, overheard, overheard.truth))
    return made


def close(benches: list[Bench]) -> None:
    """Switch off those that live elsewhere."""
    for bench in benches:
        if isinstance(bench.device, Overheard):
            bench.device.close()
