"""NMEA 0183 from a satellite receiver: where it stands, and how sure it is.

    $ talker type , fields * hh CR LF        hh = XOR of all between $ and *, at most 120 bytes

Read are RMC (recommended minimum) and GGA (fix data) of any talker; other good sentences are a sign
of life and nothing more. Source: NMEA 0183 version 4.11 as quoted in u-blox, "u-blox 6 receiver
description including protocol specification" (GPS.G6-SW-10018), chapters 19 and 20.

A fix is RMC with status A and mode absent or A, D, F, P, R, and GGA with quality 1 to 5. Empty
fields are no value. Second 60 is legal. The XOR is weak (two equal bytes inserted pass), so every
field is held to its form and range. GPS never sets the gateway's clock.
"""

import re
from datetime import date
from functools import reduce
from operator import xor
from typing import Final

from firmware_bridge.events import Event, Reason, Refused
from firmware_bridge.plausible import Span, believed
from firmware_bridge.stream_sensor import INTERVALS_MISSED_MAX, StreamSensor
from firmware_bridge.unit_scanner import BROKEN, MORE, NOT_A_UNIT
from vocabulary.units import NS_PER_S

BAUD: Final = 9600
SENTENCE_BYTES_MAX: Final = 120
LAT, LON = "gnss/lat_deg", "gnss/lon_deg"
FIX, HDOP, SATELLITES = "gnss/fix", "gnss/hdop", "gnss/satellites"
SPANS: Final = {
    LAT: Span(-90, 90),
    LON: Span(-180, 180),
    FIX: Span(0, 5),
    HDOP: Span(0, 99.99),
    SATELLITES: Span(0, 99),
}
YEAR_PIVOT: Final = 80

_SENTENCE: Final = re.compile(rb"\$([ -#%-)+-~]{5,114})\*([0-9A-Fa-f]{2})\r?\n")
_BEGINNING: Final = re.compile(rb"\$[ -#%-)+-~]{0,114}(?:\*(?:[0-9A-Fa-f]{1,2}\r?)?)?\Z")
_TIME: Final = re.compile(r"([01]\d|2[0-3])([0-5]\d)([0-5]\d|60)(?:\.\d{1,4})?")
_DATE: Final = re.compile(r"(\d\d)(\d\d)(\d\d)")
_ANGLE: Final = re.compile(r"(\d{2,3})([0-5]\d(?:\.\d{1,8})?)")
_NUMBER: Final = re.compile(r"\d{1,3}(?:\.\d{1,3})?")
_RMC_FIELDS: Final = 9
_GGA_FIELDS: Final = 9
_RMC_MODE: Final = 11
_MODES_WITH_FIX: Final = ("", "A", "D", "F", "P", "R")
_QUALITIES_WITH_FIX: Final = range(1, 6)
_UNREADABLE: Final = "a field is not of its form"


def _angle(text: str, side: str, sides: str) -> float | None:
    """Degrees and minutes in one number, and the side; None if that is not their form."""
    match = _ANGLE.fullmatch(text)
    if match is None or side not in sides or len(side) != 1:
        return None
    degrees = round(int(match[1]) + float(match[2]) / 60, 9)
    return -degrees if side == sides[1] else degrees


def _is_date(text: str) -> bool:
    match = _DATE.fullmatch(text)
    if match is None:
        return False
    day, month, year = (int(part) for part in match.groups())
    try:
        date(year + (1900 if year >= YEAR_PIVOT else 2000), month, day)
    except ValueError:
        return False
    return True


class Nmea(StreamSensor):
    """One receiver on one port. Positions come from GGA; from RMC while no GGA comes."""

    metric_names = (LAT, LON, FIX, HDOP, SATELLITES)
    head = b"$"

    def __init__(self, mono_ns: int, *, baud: int = BAUD, interval_ns: int = NS_PER_S) -> None:
        super().__init__(mono_ns, baud=baud, interval_ns=interval_ns)
        self._gga_ns: int | None = None

    @staticmethod
    def judge(stream: bytes, ix: int) -> int:
        """A whole sentence, whose sum is right."""
        match = _SENTENCE.match(stream, ix)
        if match is not None:
            return len(match[0]) if reduce(xor, match[1]) == int(match[2], 16) else BROKEN
        return MORE if _BEGINNING.match(stream, ix) else NOT_A_UNIT

    def _unit(self, wire: bytes, read_ns: int, mono_ns: int) -> list[Event]:
        fields = wire[1 : wire.rindex(b"*")].decode("ascii").split(",")
        kind = fields[0][2:]
        if kind == "GGA" and len(fields) > _GGA_FIELDS:
            self._gga_ns = read_ns
            return self._gga(fields, mono_ns)
        if kind == "RMC" and len(fields) > _RMC_FIELDS:
            return self._rmc(fields, read_ns, mono_ns)
        self.counters.unknown_messages += 1
        return []

    def _refused(self, reason: Reason, detail: str) -> list[Event]:
        if reason is Reason.INCONSISTENT:
            self.counters.inconsistent += 1
        return [Refused(reason, 0, detail)]

    def _gga(self, fields: list[str], mono_ns: int) -> list[Event]:
        time, quality, satellites, hdop = fields[1], fields[6], fields[7], fields[8]
        if quality == "0" or not quality:
            found = believed([(FIX, 0.0)], SPANS, mono_ns=mono_ns, counters=self.counters)
            return [*found, *self._refused(Reason.NO_FIX, "GGA without a fix")]
        lat, lon = _angle(fields[2], fields[3], "NS"), _angle(fields[4], fields[5], "EW")
        if lat is None or lon is None or not _TIME.fullmatch(time) or not quality.isdecimal():
            return self._refused(Reason.INCONSISTENT, _UNREADABLE)
        if int(quality) not in _QUALITIES_WITH_FIX:
            return self._refused(Reason.NO_FIX, f"GGA of quality {quality[:2]} is no fix")
        values = [(LAT, lat), (LON, lon), (FIX, float(quality))]
        for name, text in ((HDOP, hdop), (SATELLITES, satellites)):
            if text and not _NUMBER.fullmatch(text):
                return self._refused(Reason.INCONSISTENT, _UNREADABLE)
            if text:
                values.append((name, float(text)))
        return believed(values, SPANS, mono_ns=mono_ns, counters=self.counters)

    def _rmc(self, fields: list[str], read_ns: int, mono_ns: int) -> list[Event]:
        mode = fields[_RMC_MODE + 1] if len(fields) > _RMC_MODE + 1 else ""
        if fields[2] != "A" or mode not in _MODES_WITH_FIX:
            return self._refused(Reason.NO_FIX, "RMC without a fix")
        lat, lon = _angle(fields[3], fields[4], "NS"), _angle(fields[5], fields[6], "EW")
        if lat is None or lon is None or not _TIME.fullmatch(fields[1]) or not _is_date(fields[9]):
            return self._refused(Reason.INCONSISTENT, _UNREADABLE)
        recent_ns = INTERVALS_MISSED_MAX * self.rhythm_ns
        if self._gga_ns is not None and read_ns - self._gga_ns < recent_ns:
            return []  # the same position, said already
        values = [(LAT, lat), (LON, lon)]
        return believed(values, SPANS, mono_ns=mono_ns, counters=self.counters)
