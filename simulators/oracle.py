"""The oracle: the least delay that hearing only beats allows, at a given false-alarm rate.

It knows what no product knows: how beats get lost, how often every stream beats, who truly hangs
on which gateway, backhaul and feeder. Of one stream it counts missed beats, the most that can be
known. Of a group it counts the beats due from any living member since it last heard one; when
enough of them are missing, the group is down. It shows a bound for delay, so it gives no causes:
it would have to look them up. Where several causes are about, a group that is blamed for what a
part of it suffers counts as a false alarm like any other.

Beats only: a detector that also asks back, or reads a last will, may be faster.
"""

import io
from itertools import pairwise
from typing import Final, NamedTuple

import numba as nb
import numpy as np
from numpy.typing import NDArray

from simulators.baselines.deadline import (
    NEVER,
    DeadlineDetector,
    Room,
    Watch,
    late,
    room_for,
    say,
    taken,
)
from simulators.detectors import Decisions, Heard, View, Watched, decisions_of
from simulators.loss_process import Limits, LossProcess
from simulators.proofs import Proofs
from vocabulary.units import NS_PER_S

AP_FALSE_ALARMS_PER_YEAR: Final = 0.1
GROUP_FALSE_ALARMS_PER_YEAR: Final = 0.02
_DOWN: Final = int(View.DOWN)
_UP: Final = int(View.UP)
_NEVER: Final = NEVER


class Group(NamedTuple):
    """Streams that share a fate, and those that are down when it fails."""

    members: tuple[int, ...]
    down: tuple[int, ...]
    hides: bool = False
    """Its other members are not down when it fails, only out of sight."""
    units: tuple[int, ...] = ()
    """For each member the smaller group it is in, 0 .. U-1: the group is not down because one of
    its units is. Empty: there are none."""


class _Table(NamedTuple):
    """The groups for kernels."""

    groups_from: NDArray[np.int64]  # (streams + 1,) of each stream, where its groups begin
    groups: NDArray[np.int64]
    members_from: NDArray[np.int64]  # (groups + 1,)
    members: NDArray[np.int64]
    units: NDArray[np.int64]  # of each of ``members``
    unit_counts: NDArray[np.int64]  # (groups,)
    misses: NDArray[np.int64]  # (groups,) beats due in vain that mean down
    quick_ns: NDArray[np.int64]  # (groups,) so many cannot be missing sooner


class Oracle(DeadlineDetector):
    """Knows the losses and who shares a fate."""

    name = "oracle"

    def __init__(
        self,
        watched: Watched,
        process: LossProcess,
        groups: tuple[Group, ...],
        *,
        ap_false_alarms_per_year: float = AP_FALSE_ALARMS_PER_YEAR,
        group_false_alarms_per_year: float = GROUP_FALSE_ALARMS_PER_YEAR,
    ) -> None:
        super().__init__(watched)
        limits = Limits(process, watched.beat_ns / NS_PER_S, watched.margin_ns / NS_PER_S)
        self.misses = limits.misses_for(ap_false_alarms_per_year)
        self._silence_ns = self.misses * self.periods_ns + watched.margin_ns
        self._fates = groups
        self._table = self._table_of(limits, group_false_alarms_per_year)
        n = len(groups)
        self._group_watch = Watch(
            np.full(n, NEVER, dtype=np.int64),
            np.zeros(n, dtype=np.int64),
            np.zeros(n, dtype=np.bool_),
        )
        self._held: list[Decisions] = []
        self._held_groups: list[Decisions] = []

    def _table_of(self, limits: Limits, false_alarms_per_year: float) -> _Table:
        of_stream: list[list[int]] = [[] for _ in range(self.watched.stream_count)]
        misses, quick_ns = [], []
        for group_ix, group in enumerate(self._fates):
            for stream_ix in group.members:
                of_stream[stream_ix].append(group_ix)
            rates = NS_PER_S / self.periods_ns[list(group.members)]
            misses.append(limits.group_misses_for(float(rates.sum()), false_alarms_per_year))
            quick_ns.append(0)  # learned when beats are known
        members = [list(group.members) for group in self._fates]
        units = [list(group.units) or [0] * len(group.members) for group in self._fates]
        return _Table(
            *_packed(of_stream),
            *_packed(members),
            _packed(units)[1],
            np.array([1 + max(row) for row in units], dtype=np.int64),
            np.array(misses, dtype=np.int64),
            np.array(quick_ns, dtype=np.int64),
        )

    def feed(self, piece: Heard) -> Decisions:
        """Nothing yet: a group may explain what its members seem to be."""
        n = piece.proofs.at_ns.size
        room = room_for(2 * n + self.watched.stream_count)
        group_count = len(self._fates)
        most = int(np.diff(self._table.groups_from).max(initial=0))
        group_room = room_for(2 * n * most + 2 * group_count)
        rule = (self._silence_ns, self.periods_ns, self.watched.margin_ns)
        _learn_quick(self.watch.last_ns, self._table, rule)
        watches = (self.watch, self._group_watch)
        _follow(piece.proofs, watches, (room, group_room), self._table, rule)
        _sweep(piece.now_ns, watches, (room, group_room), self._table, rule)
        self._held.append(taken(room))
        self._held_groups.append(taken(group_room))
        return decisions_of(())

    def finish(self, now_ns: int) -> Decisions:
        """Whoever is down alone, and whoever is down with a group."""
        end_ns = now_ns + 1
        own = _spans(self._held, end_ns)
        of_group = _spans(self._held_groups, end_ns)
        hidden: dict[int, list[_Span]] = {}
        for group_ix, spans in of_group.items():
            group = self._fates[group_ix]
            for stream_ix in group.members if group.hides else ():
                hidden.setdefault(stream_ix, []).extend(spans)
            for stream_ix in () if group.hides else group.down:
                own.setdefault(stream_ix, []).extend(spans)
        for stream_ix, spans in hidden.items():
            rows = own.get(stream_ix, [])
            own[stream_ix] = [row for row in rows if not _inside(row, spans)]
        for group_ix, spans in of_group.items():
            for stream_ix in self._fates[group_ix].down if self._fates[group_ix].hides else ():
                own.setdefault(stream_ix, []).extend(spans)
        self._held, self._held_groups = [], []
        return decisions_of(
            row for stream_ix, spans in own.items() for row in _told(stream_ix, spans, now_ns)
        )

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Both watches."""
        groups = {f"group_{name}": value for name, value in self._group_watch._asdict().items()}
        return {**super().arrays(), **groups}

    def to_bytes(self) -> bytes:
        """The watches, and what is held back."""
        held = [np.stack(columns) for columns in map(_as_rows, (self._held, self._held_groups))]
        buffer = io.BytesIO()
        np.savez(buffer, own=held[0], groups=held[1], watch=np.frombuffer(super().to_bytes(), "u1"))
        return buffer.getvalue()

    def restore(self, data: bytes, now_ns: int) -> None:
        """Go on from there."""
        with np.load(io.BytesIO(data)) as stored:
            super().restore(stored["watch"].tobytes(), now_ns)
            self._held, self._held_groups = (
                [Decisions(at, stream.astype("i4"), view.astype("i1"), start, no.astype("i4"))]
                for at, stream, view, start, no in (stored["own"], stored["groups"])
            )


def _as_rows(parts: list[Decisions]) -> list[NDArray[np.int64]]:
    empty = decisions_of(())
    columns = zip(empty, *parts, strict=True)
    return [np.concatenate(column).astype(np.int64) for column in columns]


def _packed(lists: list[list[int]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    edges = np.cumsum([0, *map(len, lists)], dtype=np.int64)
    return edges, np.array([ix for row in lists for ix in row], dtype=np.int64)


_Span = tuple[int, int, int]  # said down, since when, said up


def _spans(parts: list[Decisions], end_ns: int) -> dict[int, list[_Span]]:
    """Stream or group -> its spans; one that lasts ends at ``end_ns``."""
    made: dict[int, list[_Span]] = {}
    for part in parts:
        columns = (part.at_ns, part.stream_ix, part.view, part.start_ns)
        for at_ns, ix, view, start_ns in zip(*(c.tolist() for c in columns), strict=True):
            spans = made.setdefault(ix, [])
            if view == _DOWN:
                spans.append((at_ns, start_ns, end_ns))
            else:
                spans[-1] = (*spans[-1][:2], at_ns)
    return made


def _inside(row: _Span, spans: list[_Span]) -> bool:
    """Whether a silence was noticed while a group was silent."""
    return any(start <= row[0] and row[0] <= up for _, start, up in spans)


def _told(stream_ix: int, spans: list[_Span], now_ns: int) -> list[tuple[int, int, int, int, int]]:
    """Decisions of spans that may overlap: down is down, whoever says so first."""
    rows: list[_Span] = []
    for at_ns, start_ns, up_ns in sorted(spans):
        if rows and at_ns <= rows[-1][2]:
            first, since, until = rows[-1]
            rows[-1] = (first, min(since, start_ns), max(until, up_ns))
        else:
            rows.append((at_ns, start_ns, up_ns))
    made = []
    for at_ns, start_ns, up_ns in rows:
        made.append((at_ns, stream_ix, _DOWN, start_ns, -1))
        if up_ns <= now_ns:
            made.append((up_ns, stream_ix, _UP, up_ns, -1))
    assert all(a[0] <= b[0] for a, b in pairwise(made))
    return made


_Rule = tuple[NDArray[np.int64], NDArray[np.int64], int]


@nb.njit(cache=True)
def _kth_due(group_ix: int, since_ns: int, watch: Watch, table: _Table, rule: _Rule) -> int:
    """When the beat is due whose absence tells: the k-th after ``since_ns``, or -1.

    Not counted are those of the unit that misses most: it may be down alone.
    A member that was silent already then says nothing about the group: it has its own reason.
    """
    low, high = table.members_from[group_ix], table.members_from[group_ix + 1]
    due_ns, period_of = np.empty(high - low, np.int64), np.empty(high - low, np.int64)
    unit_of = np.empty(high - low, np.int64)
    missed = np.zeros(table.unit_counts[group_ix], np.int64)
    count = 0
    for at in range(low, high):
        stream_ix = table.members[at]
        last_ns, period_ns = watch.last_ns[stream_ix], rule[1][stream_ix]
        if last_ns == _NEVER or last_ns + period_ns + rule[2] < since_ns:
            continue
        due_ns[count] = last_ns + ((since_ns - last_ns) // period_ns + 1) * period_ns
        period_of[count] = period_ns
        unit_of[count] = table.units[at]
        count += 1
    enough = table.misses[group_ix]
    most = enough * (high - low + 1) if count > 0 else 0
    for total in range(1, most + 1):
        first = 0
        for j in range(1, count):
            if due_ns[j] < due_ns[first]:
                first = j
        kth_ns: int = due_ns[first]
        due_ns[first] += period_of[first]
        missed[unit_of[first]] += 1
        if total - (missed.max() if missed.size > 1 else 0) >= enough:
            return kth_ns
    return -1


@nb.njit(cache=True)
def _learn_quick(last_ns: NDArray[np.int64], table: _Table, rule: _Rule) -> None:
    """The shortest stretch in which so many beats are ever due, for each group.

    Only saves looking closer: beats are due at the same phases in every period.
    """
    for group_ix in range(table.misses.size):
        low, high = table.members_from[group_ix], table.members_from[group_ix + 1]
        longest_ns, misses = 0, table.misses[group_ix]
        for at in range(low, high):
            longest_ns = max(longest_ns, rule[1][table.members[at]])
        due_ns = np.empty(4 * (high - low) * 2, np.int64)
        count = 0
        for at in range(low, high):
            stream_ix = table.members[at]
            period_ns = rule[1][stream_ix]
            due = last_ns[stream_ix] % period_ns
            while last_ns[stream_ix] != _NEVER and due < 2 * longest_ns and count < due_ns.size:
                due_ns[count] = due
                count += 1
                due += period_ns
        shortest_ns = 0
        if count > misses:
            due_ns[:count].sort()
            shortest_ns = (due_ns[misses - 1 : count] - due_ns[: count - misses + 1]).min()
        table.quick_ns[group_ix] = max(0, shortest_ns - rule[2]) + rule[2]


@nb.njit(cache=True)
def _check(
    group_ix: int,
    at_ns: int,
    watches: tuple[Watch, Watch],
    room: Room,
    table: _Table,
    rule: _Rule,
) -> None:
    """Say that a group is down if enough was due before ``at_ns``."""
    watch, groups = watches
    last_ns = groups.last_ns[group_ix]
    if groups.down[group_ix] or last_ns == _NEVER:
        return
    if at_ns - last_ns <= table.quick_ns[group_ix]:
        return
    due_ns = _kth_due(group_ix, last_ns, watch, table, rule)
    if due_ns >= 0 and due_ns + rule[2] < at_ns:
        say(room, due_ns + rule[2], group_ix, _DOWN, last_ns)
        groups.down[group_ix] = True


@nb.njit(cache=True)
def _follow(
    proofs: Proofs,
    watches: tuple[Watch, Watch],
    rooms: tuple[Room, Room],
    table: _Table,
    rule: _Rule,
) -> None:
    watch, groups = watches
    last_ns, deadline_ns, down = watch.last_ns, watch.deadline_ns, watch.down
    group_last_ns, group_down = groups.last_ns, groups.down
    groups_from, group_of, quick_ns, silence_ns = (
        table.groups_from,
        table.groups,
        table.quick_ns,
        rule[0],
    )
    for i in range(proofs.at_ns.size):
        stream_ix, at_ns = proofs.stream_ix[i], proofs.at_ns[i]
        for j in range(groups_from[stream_ix], groups_from[stream_ix + 1]):
            group_ix = group_of[j]
            if group_down[group_ix] or at_ns - group_last_ns[group_ix] > quick_ns[group_ix]:
                _check(group_ix, at_ns, watches, rooms[1], table, rule)
                if group_down[group_ix]:
                    say(rooms[1], at_ns, group_ix, _UP, at_ns)
                    group_down[group_ix] = False
            group_last_ns[group_ix] = at_ns
        if down[stream_ix] or deadline_ns[stream_ix] < at_ns:
            late(watch, rooms[0], stream_ix, at_ns)
        last_ns[stream_ix] = at_ns
        deadline_ns[stream_ix] = at_ns + silence_ns[stream_ix]


@nb.njit(cache=True)
def _sweep(
    now_ns: int,
    watches: tuple[Watch, Watch],
    rooms: tuple[Room, Room],
    table: _Table,
    rule: _Rule,
) -> None:
    watch, groups = watches
    for group_ix in range(groups.last_ns.size):
        _check(group_ix, now_ns, watches, rooms[1], table, rule)
    for stream_ix in range(watch.last_ns.size):
        known = watch.last_ns[stream_ix] != _NEVER
        if known and not watch.down[stream_ix] and watch.deadline_ns[stream_ix] < now_ns:
            say(rooms[0], watch.deadline_ns[stream_ix], stream_ix, _DOWN, watch.last_ns[stream_ix])
            watch.down[stream_ix] = True
