"""The truth of a run, laid out for judging: what counts, what is excused, what belongs to whom.

* An incident counts if it lasts a minute or more, is not announced and is not our own platform's.
* Excused is every stretch in which a stream was down, out of sight or in maintenance, and
  ``SLACK_MS`` after it: an alarm there is not one about something healthy.
* Stalls of telemetry, degradation and a broker's absence excuse nothing: residents had service.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from processing.city import City
from simulators.score_spans import (
    Ints,
    Spans,
    both,
    clipped,
    lengths_ms,
    minus,
    only,
    spans_of,
    widened,
)
from simulators.truth import OUTAGE_NS_MIN, TrueIncident, TrueLevel, TrueState, TruthLedger
from vocabulary.units import NS_PER_MS

SLACK_MS: Final = 60_000
OUTAGE_MS_MIN: Final = OUTAGE_NS_MIN // NS_PER_MS
_PLATFORM: Final = frozenset({TrueLevel.BROKER, TrueLevel.AREA})
_BY_NATURE: Final = frozenset({TrueLevel.BACKHAUL})
_SILENT: Final = frozenset(
    {TrueState.DOWN, TrueState.UNOBSERVABLE, TrueState.MAINTENANCE, TrueState.FLAPPING}
)


class Case(NamedTuple):
    """One true incident, in ms since the run began."""

    level: str
    node: str
    cause: str
    start_ms: int
    end_ms: int
    stream_ix: int
    """Of an access point or a gateway, else -1."""
    counts: bool
    """It has to be found."""
    onset_seen: bool
    """When it began, somebody could have seen it."""
    platform: bool
    in_sight: bool
    """All the while."""


class Scope(NamedTuple):
    """n stretches in which an alarm on a stream belongs to a case, sorted by stream and start."""

    stream_ix: Ints
    start_ms: Ints
    end_ms: Ints
    case_ix: Ints
    own: NDArray[np.bool_]
    """The case is an outage of this very stream."""


class Facts(NamedTuple):
    """The truth as judges need it."""

    city: City
    duration_ms: int
    start_ns: int
    cases: list[Case]
    scope: Scope
    down: Spans
    unseen: Spans
    muted: Spans
    excused: Spans

    @property
    def stream_count(self) -> int:
        """Access points and gateways."""
        return self.city.ap_count + self.city.gateway_count

    def healthy_ms(self) -> Ints:
        """How long each stream was up, in sight and unannounced, shape (streams,)."""
        return self.duration_ms - lengths_ms(self.excused, self.stream_count)

    def countable_ms(self, down: Spans) -> Ints:
        """Own downtime of each access point where it is accounted for, shape (A,).

        Not in maintenance, and not while or about when nobody could see it: that is counted as
        what it is, a child blamed for its parent.
        """
        away = both(self.muted, widened(self.unseen, SLACK_MS))
        aps = only(minus(down, away), self.city.ap_count)
        return lengths_ms(aps, self.city.ap_count)


def facts_of(city: City, truth: TruthLedger) -> Facts:
    """Lay it out."""
    view = _Layout(city, truth)
    down, unseen = view.spans(TrueState.DOWN), view.spans(TrueState.UNOBSERVABLE)
    never = [(city.ix_of[node], 0, view.duration_ms) for node in truth.never_reporting]
    muted = spans_of([*view.rows(frozenset({TrueState.MAINTENANCE})), *never])
    silent = [(ix, start, end + SLACK_MS) for ix, start, end in view.rows(_SILENT)]
    excused = clipped(spans_of([*silent, *never]), view.duration_ms)
    cases = [view.case(row, unseen) for row in truth.incidents()]
    return Facts(
        city,
        view.duration_ms,
        truth.start_ns,
        cases,
        view.scope(cases),
        down,
        unseen,
        muted,
        excused,
    )


class _Layout:
    """Node names to streams, nanoseconds to milliseconds."""

    def __init__(self, city: City, truth: TruthLedger) -> None:
        self.city, self.truth = city, truth
        self.duration_ms = (truth.end_ns - truth.start_ns) // NS_PER_MS

    def stream_ix(self, node: str, level: str) -> int:
        if level == TrueLevel.GATEWAY and node in self.city.gateway_ix_of:
            return self.city.gateway_node_ix(self.city.gateway_ix_of[node])
        ix = self.city.ix_of.get(node, -1) if level == TrueLevel.AP else -1
        return ix if ix < self.city.ap_count else -1

    def ms(self, at_ns: int) -> int:
        return int(np.clip((at_ns - self.truth.start_ns) // NS_PER_MS, 0, self.duration_ms))

    def rows(self, states: frozenset[TrueState]) -> Iterator[tuple[int, int, int]]:
        for row in self.truth.intervals:
            ix = self.stream_ix(row.node, row.level)
            if row.state in states and ix >= 0:
                yield ix, self.ms(row.start_ns), self.ms(row.end_ns)

    def spans(self, state: TrueState) -> Spans:
        return spans_of(self.rows(frozenset({state})))

    def case(self, row: TrueIncident, unseen: Spans) -> Case:
        stream_ix = self.stream_ix(row.node, row.level)
        start_ms, end_ms = self.ms(row.start_ns), self.ms(row.end_ns)
        down = self._down_with(row) if stream_ix < 0 else [stream_ix]
        visible = minus(spans_of((ix, start_ms, end_ms) for ix in down), unseen)
        seen_ms = int((visible.end_ms - visible.start_ms).max(initial=0))
        at_onset = visible.start_ms == start_ms
        by_nature = row.level in _BY_NATURE  # it is seen by what it hides
        muted = any(
            start <= row.start_ns < end
            for node in (row.node, *row.affected[:1])
            for start, end in self.truth.maintenance(node)
        )
        platform = row.level in _PLATFORM
        long_ms = end_ms - start_ms if by_nature else seen_ms
        return Case(
            row.level.value,
            row.node,
            row.cause,
            start_ms,
            end_ms,
            stream_ix,
            counts=long_ms >= OUTAGE_MS_MIN and not muted and not platform,
            onset_seen=by_nature or bool(at_onset.any()),
            platform=platform,
            in_sight=seen_ms == end_ms - start_ms,
        )

    def _down_with(self, row: TrueIncident) -> list[int]:
        """The streams that a cause without one of its own takes down."""
        rows = self.truth.by_cause.get(row.node, ())
        down = {
            self.stream_ix(other.node, other.level)
            for other in rows
            if other.state == TrueState.DOWN and other.start_ns == row.start_ns
        }
        return sorted(down - {-1})

    def scope(self, cases: list[Case]) -> Scope:
        """What each case did to streams: to its own node and to those it touched."""
        rows: list[tuple[int, int, int, int]] = []
        for case_ix, case in enumerate(cases):
            for row in self.truth.by_cause.get(case.node, ()):
                ix = self.stream_ix(row.node, row.level)
                start_ms, end_ms = self.ms(row.start_ns), self.ms(row.end_ns)
                apart = end_ms <= case.start_ms or case.end_ms <= start_ms
                if ix >= 0 and row.state in _SILENT and not apart:
                    rows.append((ix, start_ms, end_ms + SLACK_MS, case_ix))
        table = np.array(sorted(set(rows)), dtype=np.int64).reshape(-1, 4)
        on_ix, from_ms, to_ms, of_ix = (table[:, column] for column in range(4))
        own_ix = np.array([case.stream_ix for case in cases], dtype=np.int64)
        return Scope(on_ix, from_ms, to_ms, of_ix, own_ix[of_ix] == on_ix)
