"""Who is asked next on a line with several sensors, and how much of the line that takes.

Each sensor is asked once per its interval. An answer that does not come is asked for again at once,
twice; a sensor that missed three is *failing*: asked once per interval, then per two, four .. up to
five minutes. All failing ones together may keep the line waiting for a tenth of its time at most,
and never while a good one is due: a dead slave costs the others nothing that they would notice.

Policy alone: no bytes, no clock.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from firmware_bridge.events import NEVER_NS
from firmware_bridge.polled_sensor import Question
from firmware_bridge.wire_time import wire_ns
from vocabulary.units import NS_PER_MS, NS_PER_S, S_PER_MIN

FAILURES_MAX: Final = 3
"""Unanswered questions in a row that make a sensor a failing one."""
BACKOFF_NS_MAX: Final = 5 * S_PER_MIN * NS_PER_S
FAILING_SHARE_MAX: Final = 0.10
PLAN_SHARE_MAX: Final = 0.80
"""More of a line than this is not planned: what goes wrong needs room too."""
THINK_NS: Final = 200 * NS_PER_MS
"""A slave may take so long before it answers."""
THINK_NS_USUAL: Final = 20 * NS_PER_MS

_DOUBLINGS_MAX: Final = 20


def silence_ns(baud: int) -> int:
    """3.5 characters of 11 bits, which part one frame from the next."""
    return 77 * NS_PER_S // (2 * baud)


def patience_ns(question: Question, baud: int) -> int:
    """How long an answer may take, with its own time on the wire and that of its question."""
    return THINK_NS + wire_ns(len(question.wire) + question.answer_bytes, baud)


def poll_ns(question: Question, baud: int) -> int:
    """How long a question usually keeps the line."""
    on_wire_ns = wire_ns(len(question.wire) + question.answer_bytes, baud)
    return on_wire_ns + THINK_NS_USUAL + 2 * silence_ns(baud)


class Turn(msgspec.Struct):
    """One sensor's place in the plan."""

    interval_ns: int
    due_ns: int
    failures: int = 0

    @property
    def failing(self) -> bool:
        """Whether it is asked less often."""
        return self.failures >= FAILURES_MAX


class PollPlan:
    """The turns of one line."""

    def __init__(self, intervals_ns: Mapping[str, int], mono_ns: int) -> None:
        self.turns = {name: Turn(every_ns, mono_ns) for name, every_ns in intervals_ns.items()}
        self._failing_from_ns = mono_ns

    def begin(self, mono_ns: int) -> None:
        """The line opened: everybody is asked now."""
        for turn in self.turns.values():
            turn.due_ns = mono_ns
        self._failing_from_ns = mono_ns

    def next(self, mono_ns: int) -> str | None:
        """Who is to be asked now; None if nobody is."""
        due = [
            (turn.failures, turn.due_ns, name)  # who answers comes before who does not
            for name, turn in self.turns.items()
            if turn.due_ns <= mono_ns and (not turn.failing or mono_ns >= self._failing_from_ns)
        ]
        return min(due)[2] if due else None

    @property
    def deadline_ns(self) -> int:
        """When ``next`` may have somebody."""
        times = [
            max(turn.due_ns, self._failing_from_ns) if turn.failing else turn.due_ns
            for turn in self.turns.values()
        ]
        return min(times, default=NEVER_NS)

    def answered(self, name: str, mono_ns: int) -> None:
        """All its questions were answered: it is asked again one interval after it was due."""
        turn = self.turns[name]
        turn.failures = 0
        missed = max(0, mono_ns - turn.due_ns) // turn.interval_ns
        turn.due_ns += (missed + 1) * turn.interval_ns

    def unanswered(self, name: str, *, asked_ns: int, mono_ns: int) -> None:
        """A question of its had no answer."""
        turn = self.turns[name]
        if turn.failing:
            waited_ns = mono_ns - asked_ns
            self._failing_from_ns = asked_ns + round(waited_ns / FAILING_SHARE_MAX)
        turn.failures += 1
        if turn.failing:
            doublings = min(turn.failures - FAILURES_MAX, _DOUBLINGS_MAX)
            turn.due_ns = asked_ns + min(turn.interval_ns << doublings, self._most_ns(turn))

    @staticmethod
    def _most_ns(turn: Turn) -> int:
        return max(BACKOFF_NS_MAX, turn.interval_ns)
