"""A satellite receiver on a desk: RMC, GGA and what else it says each second, and its start.

Its bad habits: text when it starts, half a minute without a fix, no fix at all indoors, empty
fields, the talker GN of a receiver of several systems, and second 60.
"""

from collections.abc import Iterator
from functools import reduce
from operator import xor
from typing import Final

from simulators.board_kinds import Start
from simulators.outbox import Outbox
from simulators.sent_values import SentValues
from vocabulary.units import NS_PER_S

COLD_S: Final = 30
LAT_MINUTES: Final = (48, 7.038)
LON_MINUTES: Final = (11, 31.0)
DATE: Final = "140926"


def sentence(body: str) -> bytes:
    """With its sum and line end."""
    return f"${body}*{reduce(xor, body.encode('ascii')):02X}\r\n".encode("ascii")


class NmeaBoard:
    """One receiver; it hears nothing."""

    def __init__(self, start: Start) -> None:
        self.truth = SentValues()
        self.sentences = 0
        self._habits = start.habits
        self._talker = "GN" if "several_systems" in start.habits else "GP"
        self._start_ns = start.now_ns
        self._due_ns = start.now_ns + NS_PER_S
        self._outbox = Outbox()
        if "boot_text" in start.habits:
            self._outbox.put(b"\xff\x00EGN 0.9\r\n", start.now_ns)
            for text in ("u-blox AG - www.u-blox.com", "HW  UBX-G60xx  00040007"):
                self._outbox.put(sentence(f"GPTXT,01,01,02,{text}"), start.now_ns)

    @property
    def next_ns(self) -> int:
        """When ``advance`` should be called next."""
        return min(self._due_ns, self._outbox.next_ns)

    def advance(self, now_ns: int) -> bytes:
        """Everything it says up to ``now_ns``."""
        while self._due_ns <= now_ns:
            for one in self._second(self._due_ns):
                self.sentences += 1
                self._outbox.put(sentence(one), self._due_ns)
            self._due_ns += NS_PER_S
        return self._outbox.take(now_ns)

    def receive(self, data: bytes, now_ns: int) -> None:
        """It hears nothing."""

    def _clock(self, seconds: int) -> str:
        if "second_60" in self._habits and seconds % 60 == 59:
            return "235960.00"
        return f"{seconds // 3_600 % 24:02d}{seconds // 60 % 60:02d}{seconds % 60:02d}.00"

    def _second(self, ts_ns: int) -> Iterator[str]:
        seconds = (ts_ns - self._start_ns) // NS_PER_S
        clock, talker = self._clock(seconds), self._talker
        cold = "cold" in self._habits and seconds < COLD_S
        if cold or "indoors" in self._habits:
            self.truth.add(ts_ns, {"gnss/fix": 0.0})
            yield f"{talker}RMC,{clock},V,,,,,,,{DATE},,,N"
            yield f"{talker}GGA,{clock},,,,,0,00,99.99,,,,,,"
            return
        lat = LAT_MINUTES[1] + seconds % 20 / 10_000
        lon = LON_MINUTES[1] + seconds % 10 / 10_000
        north, east = f"{LAT_MINUTES[0]:02d}{lon_lat(lat)}", f"{LON_MINUTES[0]:03d}{lon_lat(lon)}"
        empty = "empty_fields" in self._habits and seconds % 3 == 0
        hdop, satellites = ("", "") if empty else ("0.9", f"{6 + seconds % 5:02d}")
        values = {
            "gnss/lat_deg": LAT_MINUTES[0] + float(lon_lat(lat)) / 60,
            "gnss/lon_deg": LON_MINUTES[0] + float(lon_lat(lon)) / 60,
            "gnss/fix": 1.0,
        }
        if not empty:
            values |= {"gnss/hdop": 0.9, "gnss/satellites": float(satellites)}
        self.truth.add(ts_ns, values)
        yield f"{talker}RMC,{clock},A,{north},N,{east},E,0.022,,{DATE},,,A"
        yield f"{talker}VTG,,T,,M,0.022,N,0.041,K,A"
        yield f"{talker}GGA,{clock},{north},N,{east},E,1,{satellites},{hdop},545.4,M,46.9,M,,"


def lon_lat(minutes: float) -> str:
    """Minutes as a receiver writes them."""
    return f"{minutes:08.5f}"


def plugged_in(start: Start) -> NmeaBoard:
    """Its maker in ``board_kinds``."""
    return NmeaBoard(start)
