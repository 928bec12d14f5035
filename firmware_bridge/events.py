"""What a decoder says about the bytes it was given.

    Sample      values, and when they were sampled
    Refused     bytes or a value that could not be believed, and why; never the bytes themselves
    Silent      nothing valid for too long; said once until something valid comes
    NoReadings  it answers and gives no reading; said once until a reading comes
    LinkChange  the line went from one state to another
    GiveUp      the port is to be closed and opened again
    Answer      a board's answer to a command; for the technician, never sent upstream

Every event but ``Sample`` has a ``reason`` under which it is counted.
"""

from enum import StrEnum
from typing import Final, NamedTuple, Protocol

from vocabulary.units import INT64_MAX

NEVER_NS: Final = INT64_MAX
"""A deadline that does not come."""


class Reason(StrEnum):
    """Why something was refused: a closed list, so that each can be counted under its name."""

    STRAY = "stray"
    CHECKSUM = "checksum"
    UNKNOWN_MESSAGE = "unknown_message"
    OUT_OF_RANGE = "out_of_range"
    INCONSISTENT = "inconsistent"
    """Values that cannot be true together."""
    WARMING_UP = "warming_up"
    SENSOR_FAULT = "sensor_fault"
    """The sensor itself says that it cannot measure."""
    COBS = "cobs"
    """A piece of a frame that cannot be undone."""
    OVERSIZE = "oversize"
    SHORT = "short"
    OTHER_VERSION = "other_version"
    HELLO = "hello"
    """A board that introduces itself with impossible numbers."""
    FOREIGN = "foreign"
    """Readings of a board that is not for us."""
    TOO_SHORT = "too_short"
    """A good frame with less in it than its kind must have."""
    TOO_FAST = "too_fast"
    NO_FIX = "no_fix"
    UNMATCHED = "unmatched"
    """A line of text that is not of the configured form."""
    WRONG_DEVICE = "wrong_device"
    """A good unit of another product, which the detail names."""
    EXCEPTION = "exception"
    """A Modbus slave refused the question: an answer, and no reading."""
    TIMEOUT = "timeout"
    ECHO = "echo"
    """Only our own question came back."""


class Sample(NamedTuple):
    """Values in catalogue names and units; ``mono_ns`` is read time less time on the wire."""

    values: tuple[tuple[str, float], ...]
    mono_ns: int
    on_board_clock: bool = False
    """Whether ``mono_ns`` is the board's own account of when, mapped to our clock."""


class Refused(NamedTuple):
    """``size_bytes`` is how much of the stream it concerns; ``detail`` is for the technician."""

    reason: Reason
    size_bytes: int
    detail: str = ""


class Silent(NamedTuple):
    """Nothing valid for ``silence_ns``."""

    silence_ns: int

    @property
    def reason(self) -> str:
        """The name to count under."""
        return "silent"


class NoReadings(NamedTuple):
    """Valid units came, and for ``since_ns`` none held a reading; ``why`` is the last refusal."""

    since_ns: int
    why: str

    @property
    def reason(self) -> str:
        """The name to count under."""
        return "alive_but_silent"


class LinkChange(NamedTuple):
    """From one state of ``link_states`` to another."""

    before: str
    after: str

    @property
    def reason(self) -> str:
        """The name to count under."""
        return f"link_{self.after}"


class GiveUp(NamedTuple):
    """Why the port is to be opened anew: ``mute``, ``silent`` or ``rate``.

    ``baud`` is the rate to open it at, 0 for the same.
    """

    why: str
    baud: int = 0

    @property
    def reason(self) -> str:
        """The name to count under."""
        return f"give_up_{self.why}"


class Answer(NamedTuple):
    """What a board said about one of its settings, as (name, number) pairs."""

    about: str
    said: tuple[tuple[str, int], ...]
    mono_ns: int

    @property
    def reason(self) -> str:
        """The name to count under."""
        return "answer"


class Reasoned(Protocol):
    """Any event that is not a reading: what it is counted under."""

    @property
    def reason(self) -> str:
        """The name to count under."""
        ...


Event = Sample | Refused | Silent | NoReadings | LinkChange | GiveUp | Answer | Reasoned
