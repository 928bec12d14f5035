"""SenseAir S8, a carbon dioxide sensor: Modbus RTU at 9600 baud, address FE for any.

Input register 0 is the status of the meter, 3 the concentration in ppm; one question reads 0 to 3.
With a status other than 0 (fatal error, offset regulation, algorithm, output, self-diagnostics,
out of range, memory) there is no reading. It answers with two stop bits, which a receiver set to
one reads as well. Source: SenseAir, "Modbus on Senseair S8" (TDE2067), and the product
specification of the S8 0013 (extended range up to 10 000 ppm).
"""

from typing import Final

from firmware_bridge.events import Event, Reason, Refused
from firmware_bridge.modbus import Codec, ModbusSensor
from firmware_bridge.plausible import Span, believed
from vocabulary.units import NS_PER_S

BAUD: Final = 9600
ANY_ADDRESS: Final = 0xFE
CO2: Final = "air/co2_ppm"
SPANS: Final = {CO2: Span(0, 10_000)}
INTERVAL_NS: Final = 4 * NS_PER_S
"""It measures every two seconds, and filters."""

_FAULTS: Final = (
    "fatal error",
    "offset regulation error",
    "algorithm error",
    "output error",
    "self-diagnostics error",
    "out of range",
    "memory error",
)
_CO2_IX: Final = 3


def faults_of(status: int) -> str:
    """The names of the bits that are set."""
    named = [name for bit, name in enumerate(_FAULTS) if status >> bit & 1]
    return ", ".join(named) or f"status {status:#06x}"


class SenseairS8(ModbusSensor):
    """One sensor on one port."""

    metric_names = (CO2,)
    blocks = ((0, 4),)
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

    def values(self, block_ix: int, words: tuple[int, ...], mono_ns: int) -> list[Event]:
        """Concentration, if the meter stands by it."""
        del block_ix
        if words[0]:
            return [Refused(Reason.SENSOR_FAULT, 2 * len(words), faults_of(words[0]))]
        values = [(CO2, float(words[_CO2_IX]))]
        return believed(values, SPANS, mono_ns=mono_ns, counters=self.counters)
