"""A Peacefair PZEM-004T on a wall: ten registers, 32-bit values with the low word first.

Its own habits: it is fed by the mains it measures, and dead without it; and the first version of
the product, which answers nothing that is asked in Modbus and now and then says seven bytes.
"""

from collections.abc import Sequence
from typing import Final

from simulators.board_kinds import Start
from simulators.modbus_slave import ModbusSlave
from simulators.sent_values import SentValues
from vocabulary.units import NS_PER_S

ADDRESS: Final = 1
ANY_ADDRESS: Final = 0xF8
REGISTERS: Final = 10


class Pzem004tBoard(ModbusSlave):
    """One meter. ``powered`` is the mains."""

    def __init__(self, start: Start, *, address: int = ADDRESS) -> None:
        self.truth = SentValues()
        super().__init__(start, self._words, address=address, any_address=ANY_ADDRESS)

    def receive(self, data: bytes, now_ns: int) -> None:
        """The first version answers whatever it hears with a voltage of its own form."""
        if "version_1" in self._habits:
            body = bytes((0xA0, 0x00, 0xE6, 0x02, 0x00, 0x00))
            self._outbox.put(body + bytes((sum(body) & 0xFF,)), now_ns)
            return
        super().receive(data, now_ns)

    def _words(self, ts_ns: int, first: int, count: int) -> Sequence[int] | None:
        if not count or first + count > REGISTERS:
            return None
        second = ts_ns // NS_PER_S
        tenths_v, milliamperes = 2_280 + second % 40, 60_000 + 20 * (second % 500)
        tenths_w = tenths_v * milliamperes // 1_000
        watt_hours = 70_000 + second % 10_000
        registers = [
            tenths_v,
            milliamperes & 0xFFFF,
            milliamperes >> 16,
            tenths_w & 0xFFFF,
            tenths_w >> 16,
            watt_hours & 0xFFFF,
            watt_hours >> 16,
            500,
            97,
            0,
        ]
        values = {
            "power/voltage_v": tenths_v / 10,
            "power/current_a": milliamperes / 1_000,
            "power/active_power_w": tenths_w / 10,
            "power/energy_wh": float(watt_hours),
            "power/frequency_hz": 50.0,
            "power/power_factor": 0.97,
        }
        self.truth.add(ts_ns, values)
        return registers[first : first + count]


def plugged_in(start: Start) -> Pzem004tBoard:
    """Its maker in ``board_kinds``."""
    return Pzem004tBoard(start)
