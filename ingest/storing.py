"""One batch on its way into the database and then into the ledger, without a thread or a clock.

``attempt`` goes as far as it can; what it could not do it names, with the wait before the next
attempt: full jitter, or what the server asked for. The lines come first, and the ledger only when
each of them is decided, so that nothing is committed that the database does not have.
"""

import random
from typing import Final, NamedTuple, Protocol

import msgspec

from ingest.errors import LedgerFault
from ingest.ledger_rows import DeadLetter, LedgerBatch
from ingest.pipeline import Batch
from ingest.sink import DeadLine, Sink, WriteOutcome

RETRY_BASE_S: Final = 0.5
RETRY_MAX_S: Final = 30.0
STOP_S: Final = 60.0
DOUBLINGS_MAX: Final = 8


class Trouble(NamedTuple):
    """Why a batch is not stored yet, and what a person can do; empty remedy: wait."""

    reason: str
    remedy: str


class Waiting(NamedTuple):
    """The batch is not stored; try again after ``wait_s``."""

    trouble: Trouble
    wait_s: float


class Transactions(Protocol):
    """The part of the ledger that storing needs."""

    def store(self, batch: LedgerBatch) -> bool:
        """All of the batch or nothing; False if it was stored before. Raises ``LedgerFault``."""
        ...


class Storing:
    """What is still to be done for one batch."""

    def __init__(
        self, batch: Batch, *, sink: Sink, ledger: Transactions, rng: random.Random
    ) -> None:
        self.batch = batch
        self._sink, self._ledger, self._rng = sink, ledger, rng
        self._rest: tuple[str, ...] = tuple(batch.lines)
        self._dead: list[DeadLine] = []
        self._failures = 0
        self.lines_stored = 0

    @property
    def dead_letters(self) -> int:
        """Lines that the database will never take."""
        return len(self._dead)

    def attempt(self) -> Waiting | None:
        """Store what is left; None when database and ledger have all of it."""
        outcome = self._sink.write(self._rest) if self._rest else WriteOutcome()
        self._dead.extend(outcome.dead)
        self.lines_stored += outcome.stored
        self._rest = outcome.rest
        waiting = self._judged(outcome) or self._to_ledger()
        if waiting is not None:
            self._failures = min(self._failures + 1, DOUBLINGS_MAX)
        return waiting

    def _judged(self, outcome: WriteOutcome) -> Waiting | None:
        if outcome.stop is not None:
            return Waiting(Trouble(outcome.stop.reason, outcome.stop.remedy), STOP_S)
        if outcome.retry is not None:
            after_s = outcome.retry.after_s
            wait_s = self._jitter_s() if after_s is None else min(after_s, STOP_S)
            return Waiting(Trouble(outcome.retry.reason, ""), wait_s)
        return None

    def _to_ledger(self) -> Waiting | None:
        rows = self.batch.ledger
        letters = tuple(
            DeadLetter(one.line, one.reason, one.status, rows.now_ms) for one in self._dead
        )
        try:
            self._ledger.store(msgspec.structs.replace(rows, dead_letters=letters))
        except LedgerFault as fault:
            return Waiting(Trouble(str(fault), fault.remedy), self._jitter_s())
        return None

    def _jitter_s(self) -> float:
        return self._rng.uniform(0, min(RETRY_MAX_S, RETRY_BASE_S * 2**self._failures))
