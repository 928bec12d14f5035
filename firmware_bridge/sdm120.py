"""Eastron SDM120, an energy meter: Modbus RTU, 2400 baud and address 1 as it comes.

Input registers hold IEEE 754 floats, big-endian, the high word first: voltage 0000, current 0006,
active power 000C, apparent power 0012, reactive power 0018, power factor 001E, frequency 0046,
imported energy 0048 in kWh, exported 004A, their sum 0156. Source: Eastron, "SDM120-Modbus
protocol implementation V2.4" (at most 60 registers in one question) and its data sheet (176 to
276 V, up to 45 A).

A float is a check of its own: with its words in the wrong order it is no voltage that exists.
"""

from struct import pack, unpack
from typing import Final

from firmware_bridge.events import Event
from firmware_bridge.modbus import Codec, ModbusSensor
from firmware_bridge.plausible import Span, believed
from vocabulary.units import NS_PER_S

BAUD: Final = 2400
ADDRESS: Final = 1
INTERVAL_NS: Final = 5 * NS_PER_S
VOLTAGE, CURRENT, POWER = "power/voltage_v", "power/current_a", "power/active_power_w"
FACTOR, FREQUENCY, ENERGY = "power/power_factor", "power/frequency_hz", "power/energy_wh"
SPANS: Final = {
    VOLTAGE: Span(100, 300),  # it lives on what it measures: below, it is dead
    CURRENT: Span(0, 60),
    POWER: Span(-15_000, 15_000),
    FACTOR: Span(-1, 1),
    FREQUENCY: Span(40, 70),
    ENERGY: Span(0, 1e9),
}

_FIRST_BLOCK: Final = (0x0000, 0x20)
_SECOND_BLOCK: Final = (0x0046, 4)
_FIRST: Final = ((0x00, VOLTAGE), (0x06, CURRENT), (0x0C, POWER), (0x1E, FACTOR))
_WH_PER_KWH: Final = 1_000


def number(words: tuple[int, ...], ix: int) -> float:
    """The float whose high word stands at ``ix``."""
    (value,) = unpack(">f", pack(">HH", words[ix], words[ix + 1]))
    return float(value)


class Sdm120(ModbusSensor):
    """One meter."""

    metric_names = (VOLTAGE, CURRENT, POWER, FACTOR, FREQUENCY, ENERGY)
    blocks = (_FIRST_BLOCK, _SECOND_BLOCK)

    def __init__(
        self,
        mono_ns: int,
        *,
        codec: Codec,
        address: int = ADDRESS,
        baud: int = BAUD,
        interval_ns: int = INTERVAL_NS,
    ) -> None:
        super().__init__(mono_ns, codec=codec, address=address, baud=baud, interval_ns=interval_ns)

    def values(self, block_ix: int, words: tuple[int, ...], mono_ns: int) -> list[Event]:
        """Voltage to power factor in one block, frequency and imported energy in the other."""
        if block_ix == 0:
            values = [(name, number(words, ix)) for ix, name in _FIRST]
        else:
            values = [(FREQUENCY, number(words, 0)), (ENERGY, number(words, 2) * _WH_PER_KWH)]
        return believed(values, SPANS, mono_ns=mono_ns, counters=self.counters, value_bytes=4)
