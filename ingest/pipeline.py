"""The host without a socket, a thread, a disk or a clock: messages in, batches and commands out.

    receive ── advance ── next_batch ─▶ (database, then ledger: the shell) ─▶ stored ── commands

One batch is in the shell's hands at a time; meanwhile the next one gathers. A batch holds the
processor's state and the received offsets of the same instant, and the ledger stores them in one
transaction, so that after any crash they agree: what came later was never committed, and comes
again.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

from ingest.accounts import Accounts, totals_of
from ingest.beliefs import Beliefs
from ingest.commands import Publication, check_now, commit
from ingest.commits import Commits
from ingest.intake import Intake, Message
from ingest.ledger_rows import LedgerBatch, LedgerContents, Received
from ingest.node_session import REORDER_NS
from ingest.points import Tags
from processing.changes import NodeChange
from processing.city import City
from processing.columns import CueKind
from processing.errors import CheckpointForeign
from processing.incidents import Incident
from processing.intervals import Interval, Level
from processing.records import NEVER
from processing.settings import Settings
from processing.state import State, new_state, resume
from processing.step import step
from vocabulary.inventory import Inventory
from vocabulary.line_protocol import render
from vocabulary.units import NS_PER_MS, NS_PER_S

ASKED_MAX: Final = 1_024
"""Commands that wait to be published; a check too many is not asked for."""
LINES_MAX: Final = 5_000
"""A batch this large does not wait for its time."""


class Batch(NamedTuple):
    """What must be stored together: the lines first, then the ledger's part in one transaction."""

    lines: list[str]
    ledger: LedgerBatch


class Pipeline:
    """Intake, processor, batches and commits of one host."""

    def __init__(
        self,
        inventory: Inventory,
        settings: Settings,
        *,
        contents: LedgerContents,
        commit_s: float,
        pending_bytes_max: int,
        now_ns: int,
        reorder_ns: int = REORDER_NS,
    ) -> None:
        self.city = City.of(inventory)
        self.tags = Tags(inventory)
        self.checkpoint_refused = ""
        """Why the stored state could not be used: the detector then starts anew. Else empty."""
        self.state: State = self._restored(contents.checkpoint, settings, now_ns)
        resume(self.state, now_ns)
        self._connected, self._shedding = True, False
        self._listening = bool(self.state.clock["deaf_ns"][0] == NEVER)
        self.intake = Intake(inventory, self.city, contents.received, reorder_ns=reorder_ns)
        self._commits = Commits(contents.prefixes)
        self.beliefs = Beliefs(inventory, self.intake, self._commits)
        self.accounts = Accounts(totals_of(contents.completeness), now_ns)
        self._number = contents.number
        self._commit_ns = round(commit_s * NS_PER_S)
        self._pending_bytes_max = pending_bytes_max
        self._batch_ns = now_ns
        self._in_flight: Batch | None = None
        self._lines: list[str] = []
        self._pending_bytes = 0
        self._intervals: list[Interval] = []
        self._incidents: list[Incident] = []
        self._heard_ns: dict[str, int] = {}
        self._asked: list[Publication] = []
        self.nodes: dict[tuple[Level, str], NodeChange] = {}
        """What the screens show: the last change of each node since this process began."""
        self.refused: Counter[str] = Counter()
        self.shed = 0
        self.steps = 0

    def _restored(self, checkpoint: bytes | None, settings: Settings, now_ns: int) -> State:
        if checkpoint is not None:
            try:
                return State.from_bytes(checkpoint, self.city, settings, now_ns)
            except CheckpointForeign as fault:
                self.checkpoint_refused = str(fault)
        return new_state(self.city, settings, now_ns)

    def hearing(self, now_ns: int, *, on: bool) -> None:
        """Our own line to the broker came or went: while it is gone, silence says nothing."""
        self._connected = on
        self._listen(now_ns)

    def _listen(self, at_ns: int) -> None:
        """What we turn away we do not hear either."""
        listening = self._connected and not self._shedding
        if listening != self._listening:
            self._listening = listening
            self.intake.rows.cue(CueKind.HEARING if listening else CueKind.DEAF, 0, at_ns)

    @property
    def pending_bytes(self) -> int:
        """Bytes of lines that wait for the database."""
        return self._pending_bytes

    @property
    def is_storing(self) -> bool:
        """Whether a batch is in the shell's hands."""
        return self._in_flight is not None

    def receive(self, message: Message) -> None:
        """Take one message, or shed it when too much waits already: it will come again."""
        if self._has_room(message.arrival_ns):
            self.intake.receive(message)
        else:
            self.shed += 1

    def receive_all(self, messages: Sequence[Message]) -> None:
        """The same of many, in their order and much faster."""
        if not messages:
            return
        if self._has_room(messages[0].arrival_ns):
            self.intake.receive_all(messages)
        else:
            self.shed += len(messages)

    def _has_room(self, at_ns: int) -> bool:
        self._shedding = self._pending_bytes > self._pending_bytes_max
        self._listen(at_ns)
        return not self._shedding

    def advance(self, now_ns: int) -> None:
        """Let the processor see what arrived, and that time has passed."""
        readings, cues = self.intake.rows.take()
        outcome = step(self.state, self.city, readings, cues, now_ns)
        self.steps += 1
        self.refused.update(outcome.refused)
        self._intervals.extend(outcome.intervals)
        self._incidents.extend(outcome.incidents)
        lines, self.intake.lines = self.intake.lines, []
        lines.extend(self.intake.plain_lines.usage_lines(outcome.usage))
        lines.extend(self.intake.plain_lines.usage_lines(outcome.corrections))
        lines.extend(map(self._interval_line, outcome.intervals))
        lines.extend(map(self._change_line, outcome.changes))
        self.nodes.update({(one.level, one.node): one for one in outcome.changes})
        self._lines.extend(lines)
        self._pending_bytes += sum(map(len, lines))
        for gateway, session in self.intake.sessions.items():
            if session.heard_ns:
                self._heard_ns[gateway] = session.heard_ns
        for key in self.intake.retired:
            self._commits.forget(key)
        for key in self.intake.born:
            self._commits.born(key)
        self.intake.retired.clear()
        self.intake.born.clear()
        self._asked.extend(self.intake.rebirths(now_ns))

    def _interval_line(self, row: Interval) -> str:
        tags = {"level": str(row.level), **self.tags.at(row.level, row.node)}
        fields: dict[str, bool | int | float | str] = {
            "state": str(row.state),
            "cause": str(row.cause),
            "incident": row.incident,
            "status": str(row.status),
            "version": row.version,
        }
        if row.end_ms is not None:
            fields |= {"end_ms": row.end_ms, "duration_ms": row.end_ms - row.start_ms}
        return render("outage", tags, fields, row.start_ms)

    def _change_line(self, change: NodeChange) -> str:
        tags = {"level": str(change.level), **self.tags.at(change.level, change.node)}
        return render("node_state", tags, {"state": str(change.state)}, change.since_ms)

    def _is_due(self, now_ns: int, *, at_once: bool) -> bool:
        intake = self.intake
        decided = (self._lines, self._intervals, self._incidents)
        taken_in = (intake.touched, intake.quarantine, intake.completeness)
        waited = at_once or now_ns - self._batch_ns >= self._commit_ns
        return any((*decided, *taken_in)) and (waited or len(self._lines) >= LINES_MAX)

    def next_batch(self, now_ns: int, *, at_once: bool = False) -> Batch | None:
        """The batch to store now; None while one is in flight or nothing is due.

        Call it right after ``advance``: state and offsets must be of the same instant. With
        ``at_once`` it does not wait for its time, as at the end of a run.
        """
        if self._in_flight is not None or not self._is_due(now_ns, at_once=at_once):
            return None
        intake = self.intake
        assert not len(intake.rows), "rows that the state has not seen"
        self._number += 1
        self._batch_ns = now_ns
        completeness = tuple(intake.completeness_rows())
        self.accounts.add(completeness)
        account_lines = self.accounts.lines(self.tags, now_ns)
        self._lines.extend(account_lines)
        self._pending_bytes += sum(map(len, account_lines))
        ledger = LedgerBatch(
            number=self._number,
            now_ms=now_ns // NS_PER_MS,
            checkpoint=self.state.to_bytes(self.city),
            received=tuple(
                Received.of(key, intake.received[key]) for key in sorted(intake.touched)
            ),
            intervals=tuple(self._intervals),
            incidents=tuple(self._incidents),
            completeness=completeness,
            quarantined=tuple(intake.quarantine),
        )
        self._in_flight = Batch(self._lines, ledger)
        self._lines, self._intervals, self._incidents = [], [], []
        intake.touched, intake.quarantine = set(), []
        intake.completeness.clear()
        return self._in_flight

    def stored(self, batch: Batch) -> None:
        """The database and the ledger have the batch."""
        assert batch is self._in_flight
        self._in_flight = None
        self._pending_bytes -= sum(map(len, batch.lines))
        prefixes = {(row.gateway, row.epoch): row.prefix_end for row in batch.ledger.received}
        held = self.intake.received  # an epoch may have been retired meanwhile
        self._commits.stored({key: below for key, below in prefixes.items() if key in held})

    def ask_check(self, gateway: str, device: str, now_ns: int) -> bool:
        """Have a gateway check one of its devices, or itself if none is named, with ``commands``.

        Gives whether it will be asked: the gateway must be alive and the queue have room.
        """
        session = self.intake.sessions.get(gateway)
        if session is None or not session.alive or len(self._asked) >= ASKED_MAX:
            return False
        self._asked.append(check_now(self.intake.district(gateway), gateway, device, now_ns))
        return True

    def commands(self, now_ns: int) -> list[Publication]:
        """What to publish now: rebirth requests and commits."""
        asked, self._asked = self._asked, []
        due = self._commits.due(now_ns, self._heard_ns)
        intake, told = self.intake, []
        for key, below in due:
            session = intake.sessions.get(key[0])
            aliases = session.delivery_aliases if session is not None else {}
            told.append(commit(intake.district(key[0]), key, below, now_ns, aliases))
        return asked + told
