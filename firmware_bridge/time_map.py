"""A board's clock on ours: a line through the fairest of its answers.

A board counts microseconds since its start and knows no more. It is asked now and then; when it
heard the question and when its answer left stand in the answer, when we sent and read stand here.
The bytes' own time on the wire is taken off first: question and answer differ in length, so half
of the difference would be a bias, 8 ms at 9600 baud.

    sent    t0 + the question's bytes on the wire       read    t1 - the answer's
    delay   (read - sent) - (tx - rx)                   point   ((rx + tx) / 2, (sent + read) / 2)

64 points are kept; the line goes through the quarter with the least delay. A slope is believed
only over 2 s and within 3 %; before that the clocks run alike and only the offset is measured.
"""

from collections import deque
from typing import Final, NamedTuple

from vocabulary.units import NS_PER_MS, NS_PER_S

POINTS_MAX: Final = 64
FIT_POINTS_MIN: Final = 3
SPAN_NS_MIN: Final = 2 * NS_PER_S
SLOPE_ERROR_MAX: Final = 0.03
ADAPTER_NS: Final = NS_PER_MS
"""What a USB adapter may add to any answer without being seen; 16 ms with FTDI's default."""
FAR_NS: Final = 3_600 * NS_PER_S
"""A tick further from now than this is not believed."""

_NS_PER_US: Final = 1_000
_US_PER_MS: Final = 1_000
_TICKS: Final = 1 << 32


class Point(NamedTuple):
    """One answer: the same moment on both clocks, and how uncertain it is, twice."""

    board_us: float
    mono_ns: float
    delay_ns: int


class TimeMap:
    """One start of one board; a restart needs another."""

    def __init__(self, *, floor_ns: int = ADAPTER_NS, wire_ns: int = 0) -> None:
        """``wire_ns`` is what is taken off for the wire, both ways together.

        A board behind native USB has no wire of that kind: its answers come sooner than the rate
        allows, by at most this. They are taken as answers without delay.
        """
        self._points: deque[Point] = deque(maxlen=POINTS_MAX)
        self._floor_ns, self._wire_ns = floor_ns, wire_ns
        self._slope, self._from_us, self._from_ns = float(_NS_PER_US), 0.0, 0.0
        self._least_delay_ns = 0

    @property
    def known(self) -> bool:
        """Whether anything can be mapped yet."""
        return bool(self._points)

    @property
    def drift_ppm(self) -> float:
        """How much faster than ours the board's clock runs."""
        return (_NS_PER_US / self._slope - 1) * 1e6

    @property
    def uncertainty_ns(self) -> int:
        """How far off a mapped time may be."""
        return max(self._least_delay_ns // 2, self._floor_ns)

    def add(self, *, sent_ns: int, read_ns: int, rx_us: int, tx_us: int) -> bool:
        """Take an answer, wire time already taken off; False if it contradicts itself."""
        delay_ns = (read_ns - sent_ns) - (tx_us - rx_us) * _NS_PER_US
        if tx_us < rx_us or delay_ns < -self._floor_ns - self._wire_ns:
            return False
        self._points.append(Point((rx_us + tx_us) / 2, (sent_ns + read_ns) / 2, max(0, delay_ns)))
        self._fit()
        return True

    def _fit(self) -> None:
        count = max(FIT_POINTS_MIN, len(self._points) // 4)
        delays = sorted(point.delay_ns for point in self._points)
        best = [point for point in self._points if point.delay_ns <= delays[:count][-1]]
        self._least_delay_ns = delays[0]
        self._from_us = sum(point.board_us for point in best) / len(best)
        self._from_ns = sum(point.mono_ns for point in best) / len(best)
        self._slope = float(_NS_PER_US)
        moments = [point.mono_ns for point in best]
        if len(best) < FIT_POINTS_MIN or max(moments) - min(moments) < SPAN_NS_MIN:
            return
        spread = sum((point.board_us - self._from_us) ** 2 for point in best)
        together = sum(
            (point.board_us - self._from_us) * (point.mono_ns - self._from_ns) for point in best
        )
        slope = together / spread if spread else 0.0
        if abs(slope / _NS_PER_US - 1) <= SLOPE_ERROR_MAX:
            self._slope = slope

    def mono_ns(self, board_us: float) -> int:
        """The board's time on our clock."""
        assert self.known
        return round(self._from_ns + (board_us - self._from_us) * self._slope)

    def board_us(self, mono_ns: int) -> float:
        """Our time on the board's clock."""
        assert self.known
        return self._from_us + (mono_ns - self._from_ns) / self._slope

    def tick_ns(self, tick_ms: int, arrived_ns: int) -> int | None:
        """When ``tick_ms`` was, given when it arrived; None if that is too far from now.

        The tick wraps after 49 days: the turn nearest to what the board's clock must show is meant.
        """
        expected_ms = round(self.board_us(arrived_ns) / _US_PER_MS)
        ahead_ms = (tick_ms - expected_ms + _TICKS // 2) % _TICKS - _TICKS // 2
        tick_ns = self.mono_ns((expected_ms + ahead_ms) * _US_PER_MS)
        if abs(tick_ns - arrived_ns) > FAR_NS:
            return None
        return min(tick_ns, arrived_ns)
