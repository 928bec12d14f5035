"""What a decoder says about the bytes it was given.

    Sample     values, and when they were sampled
    Refused    bytes or a value that could not be believed, and why; never the bytes themselves
    Silent     nothing valid for too long; said once until something valid comes
    Answer     a board's answer to a command; for the technician, never sent upstream

Every event but ``Sample`` has a ``reason`` under which it is counted.
"""

from enum import StrEnum
from typing import Final, NamedTuple

from vocabulary.units import INT64_MAX

NEVER_NS: Final = INT64_MAX
"""A deadline that does not come."""


class Reason(StrEnum):
    """Why something was refused: a closed list, so that each can be counted under its name."""

    STRAY = "stray"
    CHECKSUM = "checksum"
    UNKNOWN_MESSAGE = "unknown_message"
    OUT_OF_RANGE = "out_of_range"
    WARMING_UP = "warming_up"
    SENSOR_FAULT = "sensor_fault"
    """The sensor itself says that it cannot measure."""
    TOO_SHORT = "too_short"
    """A good frame with less in it than its kind must have."""
    TOO_FAST = "too_fast"


class Sample(NamedTuple):
    """Values in catalogue names and units; ``mono_ns`` is read time less time on the wire."""

    values: tuple[tuple[str, float], ...]
    mono_ns: int
    on_board_clock: bool = False
    """Whether ``mono_ns`` is the board's own account of when, mapped to our clock."""


class Refused(NamedTuple):
    """``size_bytes`` is how much of the stream it concerns."""

    reason: Reason
    size_bytes: int


class Silent(NamedTuple):
    """Nothing valid for ``silence_ns``."""

    silence_ns: int

    @property
    def reason(self) -> str:
        """The name to count under."""
        return "silent"


class Answer(NamedTuple):
    """What a board said about one of its settings, as (name, number) pairs."""

    about: str
    said: tuple[tuple[str, int], ...]
    mono_ns: int

    @property
    def reason(self) -> str:
        """The name to count under."""
        return "answer"


Event = Sample | Refused | Silent | Answer
