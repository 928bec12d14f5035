"""An Eastron SDM120 on a wall: a Modbus slave whose registers are floats, high word first.

Its habit beside a slave's: at most sixty registers in one question, more are refused.
"""

import struct
from collections.abc import Sequence
from typing import Final

from simulators.board_kinds import Start
from simulators.modbus_slave import ModbusSlave
from simulators.sent_values import SentValues
from vocabulary.units import NS_PER_S

ADDRESS: Final = 1
WORDS_MAX: Final = 60
_NAMES: Final = {
    0x00: ("power/voltage_v", 1),
    0x06: ("power/current_a", 1),
    0x0C: ("power/active_power_w", 1),
    0x1E: ("power/power_factor", 1),
    0x46: ("power/frequency_hz", 1),
    0x48: ("power/energy_wh", 1_000),
}


def _f32(value: float) -> float:
    """As the meter holds it."""
    return float(struct.unpack(">f", struct.pack(">f", value))[0])


class Sdm120Board(ModbusSlave):
    """One meter under a load that comes and goes."""

    def __init__(self, start: Start, *, address: int = ADDRESS) -> None:
        self.truth = SentValues()
        super().__init__(start, self._words, address=address, functions=(3, 4))

    def _numbers(self, ts_ns: int) -> dict[int, float]:
        second = ts_ns // NS_PER_S
        volts, amperes = 228 + second % 40 / 10, 1 + second % 30 / 10
        watts = volts * amperes * 0.95
        return {
            0x00: volts,
            0x06: amperes,
            0x0C: watts,
            0x12: volts * amperes,
            0x18: 20.0,
            0x1E: 0.95,
            0x46: 49.9 + second % 3 / 10,
            0x48: second % 1_000_000 / 100,
            0x4A: 0.0,
            0x156: second % 1_000_000 / 100,
        }

    def _words(self, ts_ns: int, first: int, count: int) -> Sequence[int] | None:
        if not 0 < count <= WORDS_MAX or first + count > 0x160:
            return None
        words = [0] * 0x160
        numbers = {at: _f32(value) for at, value in self._numbers(ts_ns).items()}
        for at, value in numbers.items():
            words[at], words[at + 1] = struct.unpack(">HH", struct.pack(">f", value))
        asked = [at for at in _NAMES if first <= at and at + 2 <= first + count]
        self.truth.add(ts_ns, {_NAMES[at][0]: numbers[at] * _NAMES[at][1] for at in asked})
        return words[first : first + count]


def plugged_in(start: Start) -> Sdm120Board:
    """Its maker in ``board_kinds``."""
    return Sdm120Board(start)
