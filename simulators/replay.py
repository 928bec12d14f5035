"""A recording through a fresh host: what would it have said, with these or with other settings?

The bytes, their arrival times and the host's own turns are those of the recording, so with the
same code and the same settings the same incidents come out, one by one.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from ingest.ledger_rows import LedgerContents
from ingest.pipeline import Batch, Pipeline
from processing.incidents import Incident
from processing.settings import Settings
from processing.step import warm_up
from simulators.recording import Kind, Recording
from vocabulary.units import MS_PER_S, S_PER_H

PENDING_BYTES_MAX: Final = 1 << 40
MOVED_MS: Final = 1_000
"""An incident whose start or end differs by more than this has moved."""
NEAR_MS: Final = 120_000
"""Two incidents of one node and level that start this near are one, moved or not."""


class Found(msgspec.Struct, frozen=True):
    """One incident, as its last version has it."""

    level: str
    node: str
    cause: str
    start_ms: int
    end_ms: int | None
    members: tuple[str, ...]


class Moved(msgspec.Struct, frozen=True):
    """One incident before and after."""

    before: Found
    after: Found


class Difference(msgspec.Struct, frozen=True):
    """What a replay found beside what was found before."""

    recorded: int
    replayed: int
    same: int
    added: tuple[Found, ...]
    removed: tuple[Found, ...]
    moved: tuple[Moved, ...]
    messages: int
    cut_off: bool
    against: str
    """Whose incidents stand for before: ``recording``, or ``replay`` where it was cut off."""


def latest(incidents: Iterable[Incident]) -> list[Found]:
    """What stands at the end: the last version of each that was not merged into another."""
    last: dict[str, Incident] = {}
    for row in incidents:
        if row.incident not in last or row.version > last[row.incident].version:
            last[row.incident] = row
    made = [
        Found(row.level, row.node, row.cause, row.start_ms, row.end_ms, tuple(sorted(row.members)))
        for row in last.values()
        if not row.merged_into
    ]
    return sorted(made, key=lambda one: (one.start_ms, one.level, one.node))


def replay(recording: Recording, settings: Settings) -> tuple[list[Incident], int]:
    """Every version of every incident that a host with these settings finds, and the messages."""
    head = recording.head
    pipeline = Pipeline(
        head.inventory,
        settings,
        contents=LedgerContents(0, None, {}, ()),
        commit_s=S_PER_H,
        pending_bytes_max=PENDING_BYTES_MAX,
        now_ns=head.start_ns,
    )
    warm_up(pipeline.city)
    incidents: list[Incident] = []
    messages, last_ns = 0, head.start_ns
    for frame in recording.frames():
        last_ns = max(last_ns, frame.at_ns)
        if frame.message is not None:
            messages += 1
            pipeline.receive(frame.message)
        elif frame.kind is Kind.TURN:
            pipeline.advance(frame.at_ns)
            _forget(pipeline.next_batch(frame.at_ns), pipeline, incidents)
            pipeline.commands(frame.at_ns)
        else:
            pipeline.hearing(frame.at_ns, on=frame.kind is Kind.HEARING)
    pipeline.advance(last_ns)  # where a recording was cut off, its last messages wait for a turn
    _forget(pipeline.next_batch(last_ns, at_once=True), pipeline, incidents)
    return incidents, messages


def _forget(batch: Batch | None, pipeline: Pipeline, incidents: list[Incident]) -> None:
    """Nothing is stored; only the incidents are kept."""
    if batch is not None:
        incidents.extend(batch.ledger.incidents)
        pipeline.stored(batch)


def _same_one(before: Found, after: Found) -> bool:
    return before.level == after.level and before.node == after.node


def _has_moved(before: Found, after: Found) -> bool:
    if abs(before.start_ms - after.start_ms) > MOVED_MS or before.cause != after.cause:
        return True
    if before.members != after.members or (before.end_ms is None) != (after.end_ms is None):
        return True
    return before.end_ms is not None and abs(before.end_ms - (after.end_ms or 0)) > MOVED_MS


def compare(
    before: list[Found], after: list[Found], *, messages: int, cut_off: bool, against: str
) -> Difference:
    """Pair incidents of one node by nearness in time; what has no partner came or went."""
    left = list(after)
    removed, moved = [], []
    for one in before:
        near = [
            other
            for other in left
            if _same_one(one, other) and abs(one.start_ms - other.start_ms) <= NEAR_MS
        ]
        if not near:
            removed.append(one)
            continue
        partner = min(near, key=lambda other: abs(one.start_ms - other.start_ms))
        left.remove(partner)
        if _has_moved(one, partner):
            moved.append(Moved(one, partner))
    return Difference(
        recorded=len(before),
        replayed=len(after),
        same=len(before) - len(removed) - len(moved),
        added=tuple(left),
        removed=tuple(removed),
        moved=tuple(moved),
        messages=messages,
        cut_off=cut_off,
        against=against,
    )


def difference(path: Path, settings: Settings | None = None) -> Difference:
    """What would have changed with these settings; None: those of the recording.

    Raises:
        RecordingForeign: the file is no recording.
    """
    recording = Recording(path)
    try:
        after, messages = replay(recording, settings or recording.head.settings)
    finally:
        recording.close()
    before, against = recording.incidents, "recording"
    if before is None:
        again = Recording(path)
        before, against = tuple(replay(again, again.head.settings)[0]), "replay"
        again.close()
    return compare(
        latest(before),
        latest(after),
        messages=messages,
        cut_off=recording.cut_off,
        against=against,
    )


def _line(sign: str, one: Found) -> str:
    end = "open" if one.end_ms is None else f"{(one.end_ms - one.start_ms) / MS_PER_S:.0f} s"
    count = len(one.members)
    start = datetime.fromtimestamp(one.start_ms / MS_PER_S, tz=UTC).isoformat(timespec="seconds")
    return f"{sign} {start} {one.level} {one.node}: {one.cause}, {end}, {count} nodes"


def text(made: Difference) -> str:
    """For people: + came, - went, ~ moved."""
    lines = [_line("+", one) for one in made.added]
    lines += [_line("-", one) for one in made.removed]
    for one in made.moved:
        lines += [_line("~", one.before), _line(" ", one.after)]
    lines.append(
        f"{made.messages} messages: {made.recorded} incidents before ({made.against}), "
        f"{made.replayed} now; {made.same} the same, {len(made.added)} added, "
        f"{len(made.removed)} removed, {len(made.moved)} moved"
    )
    if made.cut_off:
        lines.append("the recording was cut off: this is what it holds up to there")
    return "\n".join(lines)
