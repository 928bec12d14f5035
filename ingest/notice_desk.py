"""The desk for notices: decides, keeps, delivers in a thread of its own; stops nothing else."""

import random
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from ingest.errors import LedgerFault
from ingest.maintenance import Works, covered
from ingest.maintenance_store import MaintenanceStore
from ingest.notice_store import NoticeStore
from ingest.notices import Notice, Notices, Policy
from ingest.webhook import Delivery
from processing.incidents import Incident
from vocabulary.inventory import Inventory

AT_ONCE_MAX: Final = 20
FIRST_WAIT_MS: Final = 5_000
WAIT_MS_MAX: Final = 600_000
TRIES_MAX: Final = 60
"""With the longest wait between them that is half a day; then a person has noticed otherwise."""
LOOK_S: Final = 2.0
WORKS_MS: Final = 10_000

Post = Callable[[str, str, int], Delivery]


def wait_ms(tries: int, rng: random.Random) -> int:
    """How long until the next try: full jitter below a doubling bound."""
    bound = min(WAIT_MS_MAX, FIRST_WAIT_MS * 2 ** min(tries, 20))
    return round(rng.uniform(0, bound))


def names_of(inventory: Inventory) -> dict[str, str]:
    """Node -> the place people know."""
    name_of = {site.site_id: site.name for site in inventory.site}
    made = {row.gateway_id: name_of[row.site_id] for row in inventory.gateway}
    return made | {ap.ap_id: name_of[ap.site_id] for ap in inventory.access_point}


class NoticeDesk:
    """``consider`` and ``turn`` are called by the host; deliveries go on beside it."""

    def __init__(
        self,
        ledger: Path,
        inventory: Inventory,
        policy: Policy,
        post: Post,
        *,
        now_ms: Callable[[], int],
        rng: random.Random,
    ) -> None:
        self._store, self._works_store = NoticeStore(ledger), MaintenanceStore(ledger)
        self._post, self._now_ms, self._rng = post, now_ms, rng
        self._below = covered(inventory)
        self._notices = Notices(policy, names_of(inventory))
        self._works, self._works_due_ms = Works((), {}), 0
        self._turn = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="notices", daemon=True)
        self.delivered = 0
        self.troubles = 0
        self.last_trouble = ""

    def restore(self, open_incidents: Iterable[Incident]) -> list[Notice]:
        """After a restart: what people know already; what they do not know yet is told now."""
        rows = list(open_incidents)
        with self._turn:
            told = self._store.told_open(rows)
            self._notices.restore(told)
        known = {row.incident for row, _told_ms, _reminders in told}
        return self.consider(row for row in rows if row.incident not in known)

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    def stop(self, wait_s: float) -> None:
        """End; what waits is in the ledger."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(wait_s)
        with self._turn:
            self._store.close()
            self._works_store.close()

    @property
    def works(self) -> Works:
        """Announced work, as of a few seconds ago."""
        return self._works

    def consider(self, rows: Iterable[Incident]) -> list[Notice]:
        """New versions of incidents were stored: keep what is to be said of them."""
        with self._turn:
            now_ms = self._now_ms()
            self._look_at_works(now_ms)
            made = self._notices.consider(rows, self._works, now_ms)
            made += self._notices.due(self._works, now_ms)
            if made:
                self._store.put(made)
        return made

    def _look_at_works(self, now_ms: int) -> None:
        if now_ms >= self._works_due_ms:
            self._works_due_ms = now_ms + WORKS_MS
            self._works = Works(self._works_store.all(), self._below)

    def deliver(self) -> int:
        """One round: try what is due; how many got through."""
        now_ms = self._now_ms()
        with self._turn:
            rows = self._store.due(now_ms, AT_ONCE_MAX)
        got = 0
        for row in rows:
            told = self._post(row.id, row.body, now_ms // 1_000)
            with self._turn:
                if told.done:
                    self._store.done(row.id, now_ms)
                    got += 1
                elif not told.again or row.tries + 1 >= TRIES_MAX:
                    self._store.done(row.id, now_ms, given_up=True)
                else:
                    self._store.later(row.id, now_ms + 1 + wait_ms(row.tries, self._rng))
            if not told.done:
                self.troubles += 1
                self.last_trouble = told.reason
        self.delivered += got
        return got

    def _run(self) -> None:
        while not self._stop.wait(LOOK_S):
            try:
                self.deliver()
            except LedgerFault as error:  # a full disk stops no reading; the next round tries anew
                self.troubles += 1
                self.last_trouble = str(error)
