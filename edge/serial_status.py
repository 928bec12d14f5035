"""What is known of each sensor on a serial port at one moment: for the metrics page and the doctor.

Numbers and words of ours, and the last refused bytes in hex for the technician at the gateway's own
screen. Nothing of this but the ``link/`` metrics is sent to the city.
"""

from typing import Final, NamedTuple

import msgspec

from vocabulary.payload import Value

LINK_METRICS: Final = (
    "link/frames",
    "link/crc_errors",
    "link/resyncs",
    "link/reopens",
    "link/refused",
    "link/timeouts",
    "link/silence_s",
    "link/no_reading_s",
)
"""What is said upstream of each sensor's line."""


class Adapter(NamedTuple):
    """A serial port of this machine; ``remark`` says why its path is not the best there is."""

    path: str
    device: str
    remark: str = ""


class LastValue(msgspec.Struct, frozen=True):
    """The newest value of one metric; ``age_s`` is None before the first."""

    name: str
    value: float
    age_s: float


class RefusedPiece(msgspec.Struct, frozen=True):
    """Bytes that were not believed, and why."""

    reason: str
    hex: str


class SensorStatus(msgspec.Struct, frozen=True):
    """One sensor."""

    sensor_id: str
    port: str
    protocol: str
    port_state: str
    """`open`, or why it is not."""
    link: str
    """Of ``link_states``."""
    silence_s: float
    no_reading_s: float
    interval_s: float
    alive_but_silent: bool = False
    why: str = ""
    """The last refusal that explains missing readings."""
    reopens: int = 0
    counters: dict[str, int] = {}
    values: tuple[LastValue, ...] = ()
    pieces: tuple[RefusedPiece, ...] = ()

    @property
    def refused(self) -> int:
        """Units and values that were not believed."""
        names = ("crc_errors", "out_of_range", "inconsistent", "unknown_messages")
        return sum(self.counters.get(name, 0) for name in names)

    @property
    def tried(self) -> int:
        """Units that came, good or not, and questions that nothing came to."""
        names = ("frames", "crc_errors", "timeouts")
        return sum(self.counters.get(name, 0) for name in names)

    @property
    def error_share(self) -> float:
        """Of all that was tried, what failed its check."""
        return self.counters.get("crc_errors", 0) / self.tried if self.tried else 0.0

    @property
    def unanswered_share(self) -> float:
        """Of all questions, those without an answer."""
        asked = self.counters.get("requests", 0)
        return self.counters.get("timeouts", 0) / asked if asked else 0.0

    @property
    def link_values(self) -> list[tuple[str, Value]]:
        """For the city."""
        numbers: tuple[Value, ...] = (
            self.counters.get("frames", 0),
            self.counters.get("crc_errors", 0),
            self.counters.get("resyncs", 0),
            self.reopens,
            self.refused,
            self.counters.get("timeouts", 0),
            round(self.silence_s, 3),
            round(self.no_reading_s, 3),
        )
        return list(zip(LINK_METRICS, numbers, strict=True))
