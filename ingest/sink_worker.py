"""One thread that stores batches: the database first, then the ledger, again until both have it.

The host's main loop never waits for either. What stands between two attempts is full jitter,
or what the server asked for; while it lasts nothing is committed and the pipeline sheds what
exceeds its bound.
"""

import random
import threading
from collections.abc import Callable

from ingest.ledger import Ledger
from ingest.pipeline import Batch
from ingest.sink import Sink
from ingest.storing import Storing, Trouble

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
        storing = Storing(batch, sink=self._sink, ledger=self._ledger, rng=self._rng)
        while True:
            stored_before = storing.lines_stored
            waiting = storing.attempt()
            self.lines_stored += storing.lines_stored - stored_before
            self._say(waiting.trouble if waiting else None)
            if waiting is None:
                self.dead_letters += storing.dead_letters
                return True
            if self._pause(waiting.wait_s):
                return False

    def _say(self, trouble: Trouble | None) -> None:
        if trouble != self._trouble:
            self._changed(trouble)
        self._trouble = trouble

    def _pause(self, wait_s: float) -> bool:
        with self._lock:
            return self._lock.wait_for(lambda: self._stop, timeout=wait_s)
