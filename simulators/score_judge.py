"""Judging one detector on one run: whose alarm is it, is it true, when, and what did it record?

An alarm belongs to the case whose scope holds its stream at its time. If there are several, an
outage of the very node comes first, and then the one that began last. Several alarms may belong
to one case; the detector's own incident numbers say which of its DOWNs people were told of as one.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

import numba as nb
import numpy as np
from numpy.typing import NDArray

from simulators.detectors import NO_INCIDENT, Claim, Decisions, Ledger, View
from simulators.score_spans import WIDTH_MS, Ints, Spans, union
from simulators.score_truth import Facts, Scope
from vocabulary.units import NS_PER_MS

NO_CASE: Final = -1
_WIDTH: Final = WIDTH_MS


class Alarms(NamedTuple):
    """n times that a detector said DOWN, in order of time; every column has shape (n,)."""

    at_ms: Ints
    until_ms: Ints  # when it said something else
    stream_ix: Ints
    incident: Ints  # each number is what people hear of as one
    case_ix: Ints  # or NO_CASE


def alarms_of(facts: Facts, decisions: Decisions, claims: list[Claim]) -> Alarms:
    """What was said, sorted out. ``decisions`` are by stream and time."""
    at_ms = (decisions.at_ns - facts.start_ns) // NS_PER_MS
    stream_ix = decisions.stream_ix.astype(np.int64)
    down = decisions.view == View.DOWN
    same = np.append(stream_ix[1:] == stream_ix[:-1], False) if down.size else down
    until_ms = np.where(same, np.append(at_ms[1:], 0), facts.duration_ms)[: down.size]
    again = np.append(False, down[:-1] & same[:-1])[: down.size]  # DOWN said twice is one alarm
    keep = down & ~again & (at_ms < facts.duration_ms)
    until_ms = _through(until_ms, down, again)
    numbers = _told(decisions.incident.astype(np.int64), claims)
    # of alarms at one time, that of a gateway comes first: it says more
    order = np.lexsort((-stream_ix[keep], at_ms[keep]))
    at_ms, until_ms, stream_ix, numbers = (
        column[keep][order] for column in (at_ms, until_ms, stream_ix, numbers)
    )
    case_ix = cases_at(facts.scope, stream_ix, at_ms)
    return Alarms(at_ms, np.minimum(until_ms, facts.duration_ms), stream_ix, numbers, case_ix)


def _through(until_ms: Ints, down: NDArray[np.bool_], again: NDArray[np.bool_]) -> Ints:
    """A repeated DOWN lengthens the one before."""
    made = until_ms.copy()
    for ix in np.flatnonzero(again & down)[::-1]:
        made[ix - 1] = made[ix]
    return made


def _told(incident: Ints, claims: list[Claim]) -> Ints:
    """Incident numbers with merged ones followed; a DOWN without a number is its own."""
    count = 1 + max(int(incident.max(initial=-1)), max((c.into for c in claims), default=-1))
    final = np.arange(count, dtype=np.int64)
    into = {claim.incident: claim.into for claim in claims if claim.into != NO_INCIDENT}
    for number in into:
        end = number
        while end in into:
            end = into[end]
        if number < count:
            final[number] = end
    lone = incident == NO_INCIDENT
    made = final[np.where(lone, 0, incident)] if count else incident.copy()
    made[lone] = count + np.arange(int(lone.sum()))
    return np.asarray(made)


def cases_at(scope: Scope, stream_ix: Ints, at_ms: Ints) -> Ints:
    """The case to which each alarm belongs, or NO_CASE."""
    starts = scope.stream_ix * WIDTH_MS + scope.start_ms
    ends = scope.stream_ix * WIDTH_MS + scope.end_ms
    keys = stream_ix * WIDTH_MS + at_ms
    own = scope.own
    first = _cases_at(starts[own], ends[own], scope.case_ix[own], keys)
    return np.where(first != NO_CASE, first, _cases_at(starts, ends, scope.case_ix, keys))


@nb.njit(cache=True)
def _cases_at(starts: Ints, ends: Ints, case_ix: Ints, keys: Ints) -> Ints:
    furthest = np.empty_like(ends)  # no stretch up to here ends later
    for i in range(ends.size):
        furthest[i] = ends[i] if i == 0 else max(ends[i], furthest[i - 1])
    made = np.full(keys.size, -1, np.int64)
    for i in range(keys.size):
        at = np.searchsorted(starts, keys[i], side="right") - 1
        while at >= 0 and furthest[at] > keys[i]:
            if ends[at] > keys[i]:
                made[i] = case_ix[at]
                break
            at -= 1
    return made


def recorded(facts: Facts, decisions: Decisions, ledger: Ledger | None) -> tuple[Spans, Spans]:
    """(down, unseen) as the detector's own record has it, within the run."""
    if ledger is not None:
        return _of_ledger(facts, ledger.down), _of_ledger(facts, ledger.unseen)
    start_ms = np.clip(
        (decisions.start_ns - facts.start_ns) // NS_PER_MS, 0, facts.duration_ms
    ).astype(np.int64)
    stream_ix = decisions.stream_ix.astype(np.int64)
    same = np.append(stream_ix[1:] == stream_ix[:-1], False)[: stream_ix.size]
    end_ms = np.where(same, np.append(start_ms[1:], 0)[: same.size], facts.duration_ms)

    def of(view: View) -> Spans:
        keep = decisions.view == view
        return union(stream_ix[keep], start_ms[keep], end_ms[keep])

    return of(View.DOWN), of(View.UNSEEN)


def _of_ledger(facts: Facts, rows: Mapping[int, list[tuple[int, int]]]) -> Spans:
    flat = [(ix, start, end) for ix, spans in rows.items() for start, end in spans]
    columns = np.array(flat, dtype=np.int64).reshape(-1, 3).T
    starts, ends = (
        np.clip((column - facts.start_ns) // NS_PER_MS, 0, facts.duration_ms)
        for column in columns[1:]
    )
    return union(columns[0], starts, ends)


class Blame:
    """Whom a detector blamed for each of its incidents, and since when it did."""

    def __init__(self, claims: list[Claim]) -> None:
        self._of: dict[int, list[Claim]] = {}
        for claim in claims:
            self._of.setdefault(claim.incident, []).append(claim)

    def at(self, incident: int, at_ns: int) -> Claim | None:
        """The last word until then, through incidents merged into others."""
        known = [claim for claim in self._of.get(incident, ()) if claim.at_ns <= at_ns]
        if not known:
            return None
        last = known[-1]
        return last if last.into == NO_INCIDENT else self.at(last.into, at_ns)
