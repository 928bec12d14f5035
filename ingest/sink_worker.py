"""One thread that stores batches: the database first, then the ledger, again until both have it.

The host's main loop never waits for either. What stands between two attempts is full jitter,
or what the server asked for; while it lasts nothing is committed and the pipeline sheds what
exceeds its bound.
"""

import random
import threading
from collections.abc import Callable
from typing import Final, NamedTuple

import msgspec

from ingest.errors import LedgerFault
from ingest.ledger import Ledger
from ingest.ledger_rows import DeadLetter
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


Changed = Callable[[Trouble | None], None]


class SinkWorker:
    """Takes one batch at a time; ``take_done`` gives it back when it is stored."""

    def __init__(
        self,
        sink: Sink,
        ledger: Ledger,
        *,
        rng: random.Random,
        changed: Changed,
        done: Callable[[], None],
    ) -> None:
        self._sink, self._ledger, self._rng = sink, ledger, rng
        self._changed, self._done = changed, done
        self._lock = threading.Condition()
        self._batch: Batch | None = None
        self._finished: Batch | None = None
        self._stop = False
        self._trouble: Trouble | None = None
        self._thread = threading.Thread(target=self._run, name="sinks", daemon=True)
        self.dead_letters = 0
        self.lines_stored = 0
        self.failure: BaseException | None = None

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def give(self, batch: Batch) -> None:
        """Hand over the batch to store; there is at most one."""
        with self._lock:
            assert self._batch is None
            self._batch = batch
            self._lock.notify_all()

    def take_done(self) -> Batch | None:
        """The batch that is stored since the last call."""
        with self._lock:
            finished, self._finished = self._finished, None
            return finished

    def wait_done(self, timeout_s: float) -> Batch | None:
        """As ``take_done``, but waits for it; None if it takes longer."""
        with self._lock:
            self._lock.wait_for(lambda: self._finished is not None or self.failure, timeout_s)
        return self.take_done()

    def stop(self, timeout_s: float) -> bool:
        """Finish what is in hand if it goes at once; gives whether the thread ended."""
        with self._lock:
            self._stop = True
            self._lock.notify_all()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            while (batch := self._next()) is not None:
                if not self._store(batch):
                    return  # told to stop: what is not stored was never committed
                with self._lock:
                    self._batch, self._finished = None, batch
                    self._lock.notify_all()
                self._done()
        except BaseException as error:  # noqa: BLE001 - handed to the main loop, which ends
            with self._lock:
                self.failure = error
                self._lock.notify_all()
            self._done()

    def _next(self) -> Batch | None:
        with self._lock:
            while self._batch is None and not self._stop:
                self._lock.wait()
            return self._batch

    def _store(self, batch: Batch) -> bool:
        lines: tuple[str, ...] = tuple(batch.lines)
        dead: list[DeadLine] = []
        failures = 0
        while True:
            outcome = self._sink.write(lines) if lines else WriteOutcome()
            dead.extend(outcome.dead)
            self.lines_stored += outcome.stored
            lines = outcome.rest
            trouble, wait_s = self._judge(outcome, failures)
            if trouble is None:
                trouble, wait_s = self._to_ledger(batch, dead, failures)
            self._say(trouble)
            if trouble is None:
                self.dead_letters += len(dead)
                return True
            failures = min(failures + 1, DOUBLINGS_MAX)
            if self._pause(wait_s):
                return False

    def _judge(self, outcome: WriteOutcome, failures: int) -> tuple[Trouble | None, float]:
        if outcome.stop is not None:
            return Trouble(outcome.stop.reason, outcome.stop.remedy), STOP_S
        if outcome.retry is not None:
            wait_s = outcome.retry.after_s
            return Trouble(outcome.retry.reason, ""), (
                self._jitter_s(failures) if wait_s is None else min(wait_s, STOP_S)
            )
        return None, 0.0

    def _to_ledger(
        self, batch: Batch, dead: list[DeadLine], failures: int
    ) -> tuple[Trouble | None, float]:
        try:
            letters = tuple(
                DeadLetter(one.line, one.reason, one.status, batch.ledger.now_ms) for one in dead
            )
            self._ledger.store(msgspec.structs.replace(batch.ledger, dead_letters=letters))
        except LedgerFault as fault:
            return Trouble(str(fault), fault.remedy), self._jitter_s(failures)
        return None, 0.0

    def _jitter_s(self, failures: int) -> float:
        return self._rng.uniform(0, min(RETRY_MAX_S, RETRY_BASE_S * 2**failures))

    def _say(self, trouble: Trouble | None) -> None:
        if trouble != self._trouble:
            self._changed(trouble)
        self._trouble = trouble

    def _pause(self, wait_s: float) -> bool:
        with self._lock:
            return self._lock.wait_for(lambda: self._stop, timeout=wait_s)
