"""When to open a serial port again, and under which name its absence is told.

    lost, absent, mute, silent, rate
                    0.5 s, doubling to 30 s, each a quarter more or less; from the start again
                    once the port has been open for a minute
    busy            5 s: another program has it, and will be asked again, not raced
    denied          30 s: only a person can mend it

Policy alone: no port, no clock, no randomness of its own. It never gives up.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Final

from vocabulary.units import NS_PER_MS, NS_PER_S, S_PER_MIN

FIRST_WAIT_NS: Final = 500 * NS_PER_MS
WAIT_NS_MAX: Final = 30 * NS_PER_S
BUSY_WAIT_NS: Final = 5 * NS_PER_S
DENIED_WAIT_NS: Final = 30 * NS_PER_S
SPREAD: Final = 0.25
"""So that the ports of one hub do not all knock at the same time."""
PROVEN_NS: Final = S_PER_MIN * NS_PER_S

_DOUBLINGS_MAX: Final = 6  # 0.5 s * 2**6 is over 30 s


class Reason(StrEnum):
    """Why a port is not open."""

    ABSENT = "absent"
    BUSY = "busy"
    DENIED = "denied"
    LOST = "lost"
    MUTE = "mute"
    SILENT = "silent"
    RATE = "rate"

    @property
    def remedy(self) -> str:
        """What a technician does about it."""
        return _REMEDIES[self]


_REMEDIES: Final = {
    Reason.ABSENT: "Push the USB plug until it clicks, or correct the port in the configuration.",
    Reason.BUSY: "Stop the program that is named there; on a desktop often ModemManager or brltty.",
    Reason.DENIED: "Add the agent's user to the group that owns the port, then start it again.",
    Reason.MUTE: "Check the sensor's power and wiring; `lamplighter gateway scan` listens to it.",
    Reason.SILENT: "It stopped: check its power and cable; the port is opened again by itself.",
    Reason.RATE: "Nothing valid came at this rate; another of the list is tried.",
    Reason.LOST: "Check the cable and the adapter's power; it is opened again by itself.",
}


class Backoff:
    """The waits of one port. ``draw`` gives a number in [0, 1)."""

    def __init__(self, draw: Callable[[], float]) -> None:
        self._draw = draw
        self._failures = 0

    def wait_ns(self, reason: Reason) -> int:
        """How long to wait after this failure."""
        if reason is Reason.BUSY:
            return BUSY_WAIT_NS
        if reason is Reason.DENIED:
            return DENIED_WAIT_NS
        wait_ns = min(FIRST_WAIT_NS << self._failures, WAIT_NS_MAX)
        self._failures = min(self._failures + 1, _DOUBLINGS_MAX)
        return round(wait_ns * (1 + SPREAD * (2 * self._draw() - 1)))

    def was_open(self, open_ns: int) -> None:
        """The port was open for so long before it failed."""
        if open_ns >= PROVEN_NS:
            self._failures = 0
