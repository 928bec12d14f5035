"""A board's own words: events and log lines, bounded, and escaped before anybody prints them."""

from typing import Final

from firmware_bridge.board_counters import BoardCounters
from firmware_bridge.board_events import Logged, Reported
from firmware_bridge.messages import Log, Report
from firmware_bridge.time_map import TimeMap
from vocabulary.units import NS_PER_S, S_PER_MIN

LINES_PER_MIN_MAX: Final = 20
LINE_CHARACTERS_MAX: Final = 200
DETAIL_BYTES_MAX: Final = 64
LEVEL_MAX: Final = 3

_LINE_NS: Final = S_PER_MIN * NS_PER_S // LINES_PER_MIN_MAX


class BoardWords:
    """Of one link."""

    def __init__(self, counters: BoardCounters) -> None:
        self._counters = counters
        self._used_ns = 0

    def logged(self, log: Log, mono_ns: int) -> list[Logged]:
        """A line, unless there were too many in this minute."""
        used_ns = max(self._used_ns, mono_ns)
        if used_ns - mono_ns > (LINES_PER_MIN_MAX - 1) * _LINE_NS:
            self._counters.logs_dropped += 1
            return []
        self._used_ns = used_ns + _LINE_NS
        return [Logged(min(log.level, LEVEL_MAX), escaped(log.text))]

    @staticmethod
    def reported(report: Report, time_map: TimeMap, arrived_ns: int) -> Reported:
        """An event, on our clock."""
        mono_ns = time_map.tick_ns(report.tick_ms, arrived_ns) if time_map.known else None
        detail = report.detail[:DETAIL_BYTES_MAX]
        return Reported(report.code, detail, arrived_ns if mono_ns is None else mono_ns)


def escaped(text: bytes) -> str:
    """As text that no terminal obeys and no log line is broken by."""
    shown = text[: 4 * LINE_CHARACTERS_MAX].decode("utf-8", errors="backslashreplace")
    shown = "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode() for one in shown
    )
    return shown[:LINE_CHARACTERS_MAX]
