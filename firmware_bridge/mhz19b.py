"""Winsen MH-Z19B, a carbon dioxide sensor: 9 bytes each way at 9600 baud.

    asked   FF 01 86 00 00 00 00 00 79
    answer  FF 86 hi lo .. .. .. .. check        check = (256 - sum of bytes 1 to 7) mod 256

Only the concentration is documented; the other bytes differ between firmwares and are not read.
Source: Zhengzhou Winsen, "Intelligent infrared CO2 module MH-Z19B user's manual", version 1.0:
range 0 to 5000 ppm (2000 as set in the works), preheat 3 min.

While it warms up it answers with good checks and meaningless numbers, so nothing is believed for
three minutes after power. Whether it lost its power nobody tells us: the port's going away counts.
"""

from typing import Final

from firmware_bridge.events import Event
from firmware_bridge.plausible import Span, believed
from firmware_bridge.polled_sensor import PolledSensor, Question
from firmware_bridge.unit_scanner import BROKEN, MORE, NOT_A_UNIT
from vocabulary.units import NS_PER_S, S_PER_MIN

BAUD: Final = 9600
UNIT_BYTES: Final = 9
CO2: Final = "air/co2_ppm"
SPANS: Final = {CO2: Span(0, 5_000)}
INTERVAL_NS: Final = 5 * NS_PER_S
WARM_UP_NS: Final = 3 * S_PER_MIN * NS_PER_S

_HEAD: Final = 0xFF
_READ, _ZERO, _SPAN, _SELF_CALIBRATION, _RANGE = 0x86, 0x87, 0x88, 0x79, 0x99
RANGES_PPM: Final = (2_000, 5_000)


def _check(wire: bytes) -> int:
    return -sum(wire[1:8]) & 0xFF


def _command(what: int, *arguments: int) -> bytes:
    body = bytes((_HEAD, 1, what, *arguments)).ljust(UNIT_BYTES - 1, b"\0")
    return body + bytes((_check(body),))


def read() -> bytes:
    """One reading, please."""
    return _command(_READ)


def calibrate_zero() -> bytes:
    """For a technician in fresh air alone: what it breathes now becomes 400 ppm."""
    return _command(_ZERO)


def set_self_calibration(*, on: bool) -> bytes:
    """Whether the lowest value of each day becomes 400 ppm; wrong where people never leave."""
    return _command(_SELF_CALIBRATION, 0xA0 if on else 0)


def set_range(ppm: int) -> bytes:
    """Up to which concentration it measures."""
    assert ppm in RANGES_PPM
    return _command(_RANGE, 0, 0, 0, ppm >> 8, ppm & 0xFF)


def judge(stream: bytes, ix: int) -> int:
    """FF, 86, and the check."""
    if stream[ix] != _HEAD:
        return NOT_A_UNIT
    if len(stream) - ix < 2:
        return MORE
    if stream[ix + 1] != _READ:
        return NOT_A_UNIT
    if len(stream) - ix < UNIT_BYTES:
        return MORE
    return UNIT_BYTES if _check(stream[ix : ix + UNIT_BYTES]) == stream[ix + 8] else BROKEN


class Mhz19b(PolledSensor):
    """One sensor on one port."""

    metric_names = (CO2,)
    questions = (Question(read(), UNIT_BYTES, judge),)

    def __init__(
        self,
        mono_ns: int,
        *,
        baud: int = BAUD,
        interval_ns: int = INTERVAL_NS,
        warm_up_ns: int = WARM_UP_NS,
    ) -> None:
        super().__init__(mono_ns, baud=baud, interval_ns=interval_ns, warm_up_ns=warm_up_ns)

    def meaning(self, question_ix: int, wire: bytes, mono_ns: int) -> list[Event]:
        """Concentration, if it is warm."""
        del question_ix
        values = [(CO2, float(wire[2] << 8 | wire[3]))]
        return self.warming(mono_ns, UNIT_BYTES) or believed(
            values, SPANS, mono_ns=mono_ns, counters=self.counters
        )
