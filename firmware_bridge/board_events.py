"""What a link to a board of ours says, besides readings: ``events.py`` has the rest.

    StateChange       the link went from one state to another, and what was counted until then
    Restarted         the board started anew, and why
    BootIdRepeated    two starts gave the same boot id: it is worth nothing, and not used
    Foreign           what is on the line is not for us, and why
    DescriptorLearned a new descriptor, for the shell to keep
    StreamSilent      one stream of a living board missed three samples
    Outcome           what became of a command
    Reported, Logged  the board's own words; for the technician, never sent upstream
    GaveUp            the port is to be closed and opened again

Every one has a ``reason`` under which it is counted.
"""

from enum import StrEnum
from typing import NamedTuple

from firmware_bridge.board_counters import BoardCounters
from firmware_bridge.events import Refused, Sample
from firmware_bridge.messages import Reset
from firmware_bridge.session import State


class StateChange(NamedTuple):
    """From one state of ``session`` to another."""

    before: State
    after: State
    counters: BoardCounters

    @property
    def reason(self) -> str:
        """The name to count under."""
        return f"link_{self.after}"


class Restarted(NamedTuple):
    """``starts`` is how many of this board we have seen."""

    reset: Reset
    uid: int
    starts: int

    @property
    def reason(self) -> str:
        """The name to count under."""
        return f"restarted_{self.reset.name.lower()}"


class BootIdRepeated(NamedTuple):
    """Said once for a board."""

    uid: int
    boot_id: int

    @property
    def reason(self) -> str:
        """The name to count under."""
        return "boot_id_repeated"


class Foreign(NamedTuple):
    """``detail`` names both sides' numbers, or field, value and limit."""

    detail: str

    @property
    def reason(self) -> str:
        """The name to count under."""
        return "foreign"


class DescriptorLearned(NamedTuple):
    """``encoded`` is valid, and known to the link from now on."""

    hash: int
    encoded: bytes

    @property
    def reason(self) -> str:
        """The name to count under."""
        return "descriptor_learned"


class StreamSilent(NamedTuple):
    """The board lives; this stream of it does not."""

    stream: str
    silence_ns: int

    @property
    def reason(self) -> str:
        """The name to count under."""
        return "stream_silent"


class Fate(StrEnum):
    """How a command ended."""

    DONE = "done"
    NOT_APPLIED = "not_applied"
    """Certain: the board refused it before doing anything."""
    FAILED = "failed"
    """The board says so itself."""
    UNKNOWN = "unknown"
    """It may have been applied, once; nobody can tell."""


class Outcome(NamedTuple):
    """``ticket`` is what the command's giver was given."""

    ticket: int
    op: int
    fate: Fate
    status: int
    """The board's own word; -1 if there was none."""
    result: tuple[float, ...]
    tries: int

    @property
    def reason(self) -> str:
        """The name to count under."""
        return f"command_{self.fate}"


class Reported(NamedTuple):
    """EVENT; ``mono_ns`` is when, on our clock."""

    code: int
    detail: bytes
    mono_ns: int

    @property
    def reason(self) -> str:
        """The name to count under."""
        return "board_event"


class Logged(NamedTuple):
    """LOG, with everything escaped that a terminal might obey."""

    level: int
    text: str

    @property
    def reason(self) -> str:
        """The name to count under."""
        return "board_log"


class GaveUp(NamedTuple):
    """``baud`` is the rate to open the port at next, 0 for the same."""

    why: str
    baud: int = 0

    @property
    def reason(self) -> str:
        """The name to count under."""
        return f"give_up_{self.why}"


BoardEvent = (
    Sample
    | Refused
    | StateChange
    | Restarted
    | BootIdRepeated
    | Foreign
    | DescriptorLearned
    | StreamSilent
    | Outcome
    | Reported
    | Logged
    | GaveUp
)
