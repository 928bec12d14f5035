"""A sensor that speaks when asked: what the decoders of all such sensors share.

A protocol adds its questions, how an answer to each is judged, and what one means. Who asks, and
when, is ``polled_line``'s.
"""

from typing import Final, NamedTuple

from firmware_bridge.counters import LinkCounters
from firmware_bridge.events import NEVER_NS, Event, Reason, Refused, Silent
from firmware_bridge.unit_scanner import Judge, Quarantine

INTERVALS_MISSED_MAX: Final = 3


class Question(NamedTuple):
    """One request and how its answer is known; ``answer_bytes`` is the longest good answer."""

    wire: bytes
    answer_bytes: int
    judge: Judge


class PolledSensor:
    """One sensor. Never raises on bytes."""

    metric_names: tuple[str, ...]
    questions: tuple[Question, ...]

    def __init__(self, mono_ns: int, *, baud: int, interval_ns: int, warm_up_ns: int = 0) -> None:
        """``interval_ns``: how often it is asked; ``warm_up_ns``: not believed for so long."""
        assert interval_ns > 0
        self.baud, self.interval_ns = baud, interval_ns
        self.counters = LinkCounters()
        self.quarantine = Quarantine()
        self.heard_ns = mono_ns
        self._silent = False
        self._warm_up_ns = warm_up_ns
        self._warm_ns = mono_ns + warm_up_ns

    @property
    def rhythm_ns(self) -> int:
        """How often a reading is expected."""
        return self.interval_ns

    def powered(self, mono_ns: int) -> None:
        """Its port was away: it may have lost its power, and warms up again."""
        self._warm_ns = mono_ns + self._warm_up_ns

    def warming(self, mono_ns: int, size_bytes: int) -> list[Event]:
        """The refusal of a reading that comes too early, if it does."""
        if mono_ns >= self._warm_ns:
            return []
        self.counters.warming_up += 1
        return [Refused(Reason.WARMING_UP, size_bytes)]

    def answered(self, question_ix: int, wire: bytes, read_ns: int, mono_ns: int) -> list[Event]:
        """A good answer came."""
        self.heard_ns = read_ns
        self._silent = False
        self.counters.frames += 1
        return self.meaning(question_ix, wire, mono_ns)

    def meaning(self, question_ix: int, wire: bytes, mono_ns: int) -> list[Event]:
        """What an answer begun at ``mono_ns`` says."""
        raise NotImplementedError

    def stranger(self, garbage: bytes) -> str:
        """What other product would say so, if we know it."""
        del garbage
        return ""

    @property
    def deadline_ns(self) -> int:
        """When ``tick`` must be called if nothing is answered before."""
        return NEVER_NS if self._silent else self.heard_ns + INTERVALS_MISSED_MAX * self.rhythm_ns

    def tick(self, mono_ns: int) -> list[Event]:
        """Say ``Silent``, once, when too long nothing valid came."""
        if mono_ns < self.deadline_ns:
            return []
        self._silent = True
        self.counters.silences += 1
        return [Silent(mono_ns - self.heard_ns)]
