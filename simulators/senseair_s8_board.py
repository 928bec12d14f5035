"""A SenseAir S8 on a desk: a Modbus slave that answers to FE, its status and its concentration.

Beside a slave's habits it has its own: its meter reports a fault now and then, and gives no reading
then; an old one measures far above its range (8899 ppm was seen on a real one).
"""

from collections.abc import Sequence
from typing import Final

from simulators.board_kinds import Start
from simulators.modbus_slave import ModbusSlave
from simulators.sent_values import SentValues
from vocabulary.units import NS_PER_S

ADDRESS: Final = 0x68
ANY_ADDRESS: Final = 0xFE
REGISTERS: Final = 32
FAULT: Final = 0x10  # self-diagnostics
BROKEN_PPM: Final = 18_899


class SenseairS8Board(ModbusSlave):
    """Input registers 0 to 31."""

    def __init__(self, start: Start) -> None:
        self.truth = SentValues()
        super().__init__(
            start, self._words, address=ADDRESS, any_address=ANY_ADDRESS, functions=(3, 4)
        )

    def _words(self, ts_ns: int, first: int, count: int) -> Sequence[int] | None:
        if not count or first + count > REGISTERS:
            return None
        registers = [0] * REGISTERS
        registers[3] = 420 + ts_ns // NS_PER_S % 200
        settled = True
        if "faulty" in self._habits and self.asked % 3 == 0:
            registers[0], settled = FAULT, False
        if "broken" in self._habits and self.asked % 4 == 1:
            registers[3], settled = BROKEN_PPM, False
        self.truth.add(ts_ns, {"air/co2_ppm": float(registers[3])}, settled=settled)
        return registers[first : first + count]


def plugged_in(start: Start) -> SenseairS8Board:
    """Its maker in ``board_kinds``."""
    return SenseairS8Board(start)
