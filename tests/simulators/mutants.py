"""Planted faults: the product with one thing wrong in it, each of which the swarm must find.

Each mutant is a patch of a few lines in memory. ``python -m tests.simulators.mutants`` says how
many worlds each needed.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import click
import msgspec
import pytest

from edge import spool_writer, time_keeper
from edge.alias_table import FILES, AliasTable
from edge.lane_cursor import LaneCursor
from edge.lanes import Lanes
from edge.spool_log import Log
from edge.spool_record import Record
from edge.spool_slots import SLOT_BYTES, SlotFile
from edge.spool_store import SpoolStore
from ingest import influx
from ingest.commits import Commits
from ingest.influx_answers import Answer, Verdict, verdict
from ingest.intake import Intake, Message
from ingest.ledger import Ledger
from ingest.ledger_rows import Key, LedgerContents
from ingest.node_session import Arrival
from ingest.pipeline import Batch, Pipeline
from processing.offsets import Added, OffsetSet
from simulators.swarm import Outcome, run
from vocabulary.moment import Moment

SEEDS_MAX: Final = 150

Patch = Callable[[pytest.MonkeyPatch], None]


class Mutant(NamedTuple):
    """A fault, and how to plant it."""

    name: str
    plant: Patch


def _commit_before_the_write(patch: pytest.MonkeyPatch) -> None:
    whole = Pipeline.next_batch

    def next_batch(self: Pipeline, now_ns: int, **more: Any) -> Batch | None:
        batch = whole(self, now_ns, **more)
        if batch is not None:
            rows = batch.ledger.received
            self._commits.stored({(row.gateway, row.epoch): row.prefix_end for row in rows})
        return batch

    patch.setattr(Pipeline, "next_batch", next_batch)


def _commit_before_the_ledger(patch: pytest.MonkeyPatch) -> None:
    """A birth is answered from what was received, not from what is stored."""
    received: dict[int, dict[Key, OffsetSet]] = {}
    begin, ask = Pipeline.__init__, Commits.below

    def init(self: Pipeline, *given: Any, **more: Any) -> None:
        begin(self, *given, **more)
        received[id(self._commits)] = self.intake.received

    def below(self: Commits, key: Key) -> int:
        held = received[id(self)].get(key)
        return held.prefix_end if held is not None else ask(self, key)

    patch.setattr(Pipeline, "__init__", init)
    patch.setattr(Commits, "below", below)


def _no_fsync(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(spool_writer.SyncJob, "run", lambda _self: None)


def _dedup_window_too_small(patch: pytest.MonkeyPatch) -> None:
    whole = OffsetSet.add

    def add(self: OffsetSet, offset: int) -> Added:
        ranges = self.intervals()
        newest = ranges[-1][1] if ranges else 0
        verdict = whole(self, offset)
        return Added.NEW if verdict is Added.SEEN and offset < newest - 32 else verdict

    patch.setattr(OffsetSet, "add", add)


def _dedup_forgotten_at_restart(patch: pytest.MonkeyPatch) -> None:
    whole = Ledger.load

    def load(self: Ledger) -> LedgerContents:
        return msgspec.structs.replace(whole(self), received={})

    patch.setattr(Ledger, "load", load)


def _cursor_not_atomic(patch: pytest.MonkeyPatch) -> None:
    """One place for the value, written over in two steps, the old one gone with the first."""

    def store(self: SlotFile, value: bytes) -> None:
        whole = value.ljust(SLOT_BYTES, b"\0")
        head = len(value).to_bytes(4, "little") + whole
        self._disk.write_at(self._name, 0, bytes(4))
        self._disk.sync(self._name)
        self._disk.write_at(self._name, 0, head)
        self._disk.sync(self._name)
        if not self._known:
            self._disk.sync_directory(self._name.rpartition("/")[0])
            self._known = True

    def load(self: SlotFile) -> bytes | None:
        try:
            data = self._disk.read_at(self._name, 0, SLOT_BYTES)
        except FileNotFoundError:
            return None
        self._known = True
        size = int.from_bytes(data[:4], "little")
        return data[4 : 4 + size] if size else None

    patch.setattr(SlotFile, "store", store)
    patch.setattr(SlotFile, "load", load)


def _free_below_the_wrong_offset(patch: pytest.MonkeyPatch) -> None:
    def freeable(self: Log) -> int:
        firsts = [following.header.first for following in self.segments[1:]]
        return sum(first <= self.committed + 40 for first in firsts)

    patch.setattr(Log, "freeable", freeable)


def _commit_taken_one_too_high(patch: pytest.MonkeyPatch) -> None:
    whole = Log.commit

    def commit(self: Log, below: int) -> None:
        whole(self, min(below + 1, max(below, self.next_offset)))

    patch.setattr(Log, "commit", commit)


def _dead_letter_drops_its_neighbours(patch: pytest.MonkeyPatch) -> None:
    def dropped_all(answer: Answer, line_count: int) -> bool:
        del answer
        return line_count <= 4

    patch.setattr(influx, "dropped_all", dropped_all)


def _an_error_taken_for_success(patch: pytest.MonkeyPatch) -> None:
    def hopeful(answer: Answer) -> Verdict:
        found = verdict(answer)
        return Verdict.STORED if found is Verdict.RETRY else found

    patch.setattr(influx, "verdict", hopeful)


def _clock_used_for_order(patch: pytest.MonkeyPatch) -> None:
    """What is stamped earlier than the newest of its device counts as old news."""
    whole = Intake._store
    newest: dict[tuple[int, str, str], int] = {}

    def store(self: Intake, gateway: str, arrival: Arrival, message: Message) -> None:
        key = (id(self), gateway, arrival.device)
        ts_ms = max((one.ts_ms for one in arrival.values), default=0)
        if ts_ms < newest.get(key, 0):
            return
        newest[key] = ts_ms
        whole(self, gateway, arrival, message)

    patch.setattr(Intake, "_store", store)


def _back_fill_before_live(patch: pytest.MonkeyPatch) -> None:
    whole = Lanes.next_live

    def next_live(self: Lanes, now: Moment) -> Record | None:
        return None if self.next_replay(now) is not None else whole(self, now)

    patch.setattr(Lanes, "next_live", next_live)


def _offsets_used_twice(patch: pytest.MonkeyPatch) -> None:
    """After an unclean start it goes on behind the last record it finds."""
    patch.setattr(SpoolStore, "_must_skip", lambda _self, _found: False)


def _memory_dropped_when_the_card_is_well(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(SpoolStore, "adopt", lambda _self, _ring: None)


def _alias_used_before_it_is_durable(patch: pytest.MonkeyPatch) -> None:
    def append(self: AliasTable, data: bytes) -> None:
        for number, name in enumerate(FILES):
            self._disk.write_at(name, self._sizes_bytes[number], data)
            self._sizes_bytes[number] += len(data)

    patch.setattr(AliasTable, "_append", append)


def _never_sent_again(patch: pytest.MonkeyPatch) -> None:
    whole = LaneCursor.resend_if_stuck

    def resend_if_stuck(self: LaneCursor, mono_ns: int, *, wanted: bool) -> None:
        del wanted
        whole(self, mono_ns, wanted=False)

    patch.setattr(LaneCursor, "resend_if_stuck", resend_if_stuck)


def _correction_forgotten(patch: pytest.MonkeyPatch) -> None:
    """What a boot learned of the time is not on the card when its records are sent."""
    patch.setattr(time_keeper.TimeKeeper, "_save", lambda _self: None)


def _losses_kept_quiet(patch: pytest.MonkeyPatch) -> None:
    """What can be neither read nor sent is passed over."""
    patch.setattr(Intake, "_lost", lambda _self, *_given: None)


MUTANTS: Final = (
    Mutant("commit before the write", _commit_before_the_write),
    Mutant("commit before the ledger", _commit_before_the_ledger),
    Mutant("no fsync", _no_fsync),
    Mutant("dedup window too small", _dedup_window_too_small),
    Mutant("dedup forgotten at restart", _dedup_forgotten_at_restart),
    Mutant("cursor not atomic", _cursor_not_atomic),
    Mutant("free below the wrong offset", _free_below_the_wrong_offset),
    Mutant("commit taken one too high", _commit_taken_one_too_high),
    Mutant("dead letter drops its neighbours", _dead_letter_drops_its_neighbours),
    Mutant("an error taken for success", _an_error_taken_for_success),
    Mutant("clock used for order", _clock_used_for_order),
    Mutant("back-fill before live", _back_fill_before_live),
    Mutant("offsets used twice", _offsets_used_twice),
    Mutant("memory dropped on healing", _memory_dropped_when_the_card_is_well),
    Mutant("alias used before it is durable", _alias_used_before_it_is_durable),
    Mutant("never sent again", _never_sent_again),
    Mutant("correction of time forgotten", _correction_forgotten),
    Mutant("losses kept quiet", _losses_kept_quiet),
)


def hunt(mutant: Mutant, patch: pytest.MonkeyPatch) -> Outcome | None:
    """The first world in which the fault shows; None if it hides."""
    mutant.plant(patch)
    for seed in range(SEEDS_MAX):
        outcome = run(seed)
        if not outcome.is_sound:
            return outcome
    return None


def main() -> None:
    """Print the table."""
    for mutant in MUTANTS:
        with pytest.MonkeyPatch.context() as patch:
            found = hunt(mutant, patch)
        seeds = "-" if found is None else str(found.seed + 1)
        what = "hides" if found is None else found.invariant
        click.echo(f"{mutant.name:36} {seeds:>4}  {what}")


if __name__ == "__main__":
    main()
