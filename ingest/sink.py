"""What becomes of a batch of lines: the words that every sink answers with.

A sink never raises for the fault of a disk or a database, and never waits: it says what is
stored, what can never be, and what is still open; its caller decides when to try again. For
every batch: ``stored + len(dead) + len(rest) == len(lines)``.
"""

from collections.abc import Sequence
from typing import Protocol

import msgspec


class DeadLine(msgspec.Struct, frozen=True):
    """A line that will never be stored, with the reason of whoever refused it.

    ``status`` is the HTTP status of the refusal, 0 when it was not a server's.
    """

    line: str
    reason: str
    status: int = 0


class Retry(msgspec.Struct, frozen=True):
    """A fault that passes by itself; ``after_s`` is what the server asked for, if it did."""

    reason: str
    after_s: float | None = None


class Stop(msgspec.Struct, frozen=True):
    """A fault that needs a person: raise an alarm, ask again each minute, commit nothing."""

    reason: str
    remedy: str


class WriteOutcome(msgspec.Struct, frozen=True):
    """What became of a batch.

    ``rest`` are the lines not decided yet, in their order: the ones to hand over next time.
    They are empty unless ``retry`` or ``stop`` says why, and at most one of the two is set.
    """

    stored: int = 0
    dead: tuple[DeadLine, ...] = ()
    rest: tuple[str, ...] = ()
    retry: Retry | None = None
    stop: Stop | None = None

    def __post_init__(self) -> None:
        assert self.retry is None or self.stop is None
        assert not self.rest or self.retry or self.stop

    @property
    def settled(self) -> bool:
        """Whether every line is either stored or dead: only then may the host go on."""
        return self.retry is None and self.stop is None


class Sink(Protocol):
    """Where lines go. Used from one thread."""

    def probe(self) -> str | Retry | Stop:
        """Who is on the other side, in words for the log; or why it cannot be said."""
        ...

    def write(self, lines: Sequence[str]) -> WriteOutcome:
        """Store lines. Writing a line again changes nothing, or nothing a reader counts."""
        ...

    def close(self) -> None:
        """Let go of the connection or the file."""
        ...
