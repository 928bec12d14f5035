"""Peacefair PZEM-004T version 3, an energy meter: Modbus RTU at 9600 baud.

Ten input registers from 0: voltage in tenths; current in mA, power in tenths of a watt and energy
in Wh, each 32 bits with the **low word first**; frequency in tenths; power factor in hundredths;
alarm.
Address 1 to F7; F8 reaches any, if it is alone on the line. Source: Peacefair, "PZEM-004T V3.0
user manual" (80 to 260 V, up to 100 A, 23 kW, 45 to 65 Hz, energy up to 9999.99 kWh).

Function 42 clears the energy: for a technician alone. Function 41 calibrates: never sent. With the
measured mains off the meter is dead and says nothing, however well the line is wired.

The first version of this product (7 bytes, A0 to A5 answering B0 to B5) is another protocol; it is
refused by name.
"""

from typing import Final

from firmware_bridge.events import Event
from firmware_bridge.modbus import Codec, ModbusSensor
from firmware_bridge.plausible import Span, believed
from vocabulary.units import NS_PER_S

BAUD: Final = 9600
ANY_ADDRESS: Final = 0xF8
INTERVAL_NS: Final = 2 * NS_PER_S
VOLTAGE, CURRENT, POWER = "power/voltage_v", "power/current_a", "power/active_power_w"
FACTOR, FREQUENCY, ENERGY = "power/power_factor", "power/frequency_hz", "power/energy_wh"
SPANS: Final = {
    VOLTAGE: Span(60, 300),  # it lives on what it measures: below, it is dead
    CURRENT: Span(0, 110),
    POWER: Span(0, 25_000),
    ENERGY: Span(0, 9_999_999),
    FREQUENCY: Span(40, 70),
    FACTOR: Span(0, 1),
}
V1_BYTES: Final = 7

_V1_ANSWERS: Final = range(0xA0, 0xA6)


def is_version_1(wire: bytes) -> bool:
    """Whether these seven bytes are an answer of the first version: A0 to A5, data, sum."""
    return (
        len(wire) == V1_BYTES
        and wire[0] in _V1_ANSWERS
        and sum(wire[: V1_BYTES - 1]) & 0xFF == wire[V1_BYTES - 1]
    )


class Pzem004t(ModbusSensor):
    """One meter."""

    metric_names = (VOLTAGE, CURRENT, POWER, ENERGY, FREQUENCY, FACTOR)
    blocks = ((0, 10),)
    any_address = ANY_ADDRESS

    def __init__(
        self,
        mono_ns: int,
        *,
        codec: Codec,
        address: int = ANY_ADDRESS,
        baud: int = BAUD,
        interval_ns: int = INTERVAL_NS,
    ) -> None:
        super().__init__(mono_ns, codec=codec, address=address, baud=baud, interval_ns=interval_ns)

    def stranger(self, garbage: bytes) -> str:
        """A meter of the first version, if one of its answers is in there."""
        starts = range(len(garbage) - V1_BYTES + 1)
        if any(is_version_1(garbage[ix : ix + V1_BYTES]) for ix in starts):
            return "a PZEM-004T of version 1: we read version 3"
        return ""

    def values(self, block_ix: int, words: tuple[int, ...], mono_ns: int) -> list[Event]:
        """All there is."""
        del block_ix
        values = [
            (VOLTAGE, words[0] / 10),
            (CURRENT, (words[1] | words[2] << 16) / 1_000),
            (POWER, (words[3] | words[4] << 16) / 10),
            (ENERGY, float(words[5] | words[6] << 16)),
            (FREQUENCY, words[7] / 10),
            (FACTOR, words[8] / 100),
        ]
        return believed(values, SPANS, mono_ns=mono_ns, counters=self.counters)
