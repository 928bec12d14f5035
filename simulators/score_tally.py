"""What one detector did in one run, in sums and rows that add up over runs.

A tally holds no rates and no quantiles: those are made of the sum of all runs (``score_metrics``).
"""

from typing import Final, NamedTuple, Self

import msgspec
import numpy as np

from simulators.detectors import Claim, Decisions, Ledger, UsageTotals
from simulators.score_judge import NO_CASE, Alarms, Blame, alarms_of, recorded
from simulators.score_spans import (
    Ints,
    Spans,
    inside,
    length_ms,
    minus,
    only,
    spans_of,
    union,
)
from simulators.score_truth import Case, Facts
from simulators.truth import TrueLevel, TruthLedger
from vocabulary.units import NS_PER_MS

LATER_NS: Final = 30_000 * NS_PER_MS
"""When a cause is asked for a second time."""


class Found(msgspec.Struct, frozen=True):
    """What became of one true incident."""

    level: str
    cause: str
    length_ms: int
    onset_seen: bool
    delay_ms: int | None
    """From its onset to the first alarm that belongs to it; None: none did."""
    told: bool
    """One did, or its node was called down already and still."""
    alarms: int
    right: bool | None
    """The cause was right when declared; None: the detector names none."""
    right_later: bool | None
    in_ledger: bool
    """The record has downtime there."""
    down_ms: int | None
    """Of an access point that was in sight all the while: how long it did not work."""
    recorded_ms: int
    """How much downtime the record has there."""


class Tally(msgspec.Struct):
    """Sums of one detector over runs of one scenario."""

    detector: str
    scenario: str
    runs: int = 0
    reading_count: int = 0
    cost_ns: int = 0
    ap_ms: int = 0
    healthy_ap_ms: int = 0
    healthy_gateway_ms: int = 0
    false_ap_alarms: int = 0
    false_gateway_alarms: int = 0
    false_ap_ms: int = 0
    """How long access points were called down without cause."""
    true_incidents_told: int = 0
    false_incidents_told: int = 0
    child_false_down: int = 0
    """Access points called down while up and out of sight."""
    unseen_ms: int = 0
    true_down_ms: int = 0
    recorded_down_ms: int = 0
    availability_error_ms: int = 0
    """Sum over access points of how far the recorded downtime is off."""
    true_device_ms: int = 0
    device_error_ms: int = 0
    true_bytes: int = 0
    error_bytes: int = 0
    has_usage: bool = False
    found: list[Found] = []

    def add(self, other: Self) -> None:
        """Both together."""
        assert (self.detector, self.scenario) == (other.detector, other.scenario)
        self.found = [*self.found, *other.found]
        self.has_usage |= other.has_usage
        for name in _SUMS:
            setattr(self, name, getattr(self, name) + getattr(other, name))


_SUMS: Final = tuple(field.name for field in msgspec.structs.fields(Tally) if field.type is int)


class Account(NamedTuple):
    """All that a detector had to say about one run."""

    decisions: Decisions  # by stream and time
    claims: list[Claim]
    ledger: Ledger | None
    usage: UsageTotals | None
    names_causes: bool
    cost_ns: int
    reading_count: int


def tally_of(names: tuple[str, str], facts: Facts, truth: TruthLedger, said: Account) -> Tally:
    """Judge it. ``names``: the detector's and the scenario's."""
    alarms = alarms_of(facts, said.decisions, said.claims)
    down, unseen = recorded(facts, said.decisions, said.ledger)
    ap_count = facts.city.ap_count
    healthy_ms = facts.healthy_ms()
    tally = Tally(
        *names,
        runs=1,
        reading_count=said.reading_count,
        cost_ns=said.cost_ns,
        ap_ms=ap_count * facts.duration_ms,
        healthy_ap_ms=int(healthy_ms[:ap_count].sum()),
        healthy_gateway_ms=int(healthy_ms[ap_count:].sum()),
        unseen_ms=length_ms(only(minus(unseen, facts.muted), ap_count)),
        found=_found(facts, said, alarms, down),
    )
    _count_false(tally, facts, alarms)
    _count_downtime(tally, facts, down)
    _count_usage(tally, facts, truth, said.usage)
    return tally


def _count_false(tally: Tally, facts: Facts, alarms: Alarms) -> None:
    """Alarms about what was healthy, and children blamed for their parents."""
    ap_count = facts.city.ap_count
    of_ap = alarms.stream_ix < ap_count
    false = ~inside(facts.excused, alarms.stream_ix, alarms.at_ms)
    tally.false_ap_alarms = int((false & of_ap).sum())
    tally.false_gateway_alarms = int((false & ~of_ap).sum())
    wrong = spans_of(
        zip(
            alarms.stream_ix[of_ap].tolist(),
            alarms.at_ms[of_ap].tolist(),
            alarms.until_ms[of_ap].tolist(),
            strict=True,
        )
    )
    tally.false_ap_ms = length_ms(minus(wrong, only(facts.excused, ap_count)))
    hidden = inside(facts.unseen, alarms.stream_ix, alarms.at_ms)
    own = inside(facts.down, alarms.stream_ix, alarms.at_ms)
    muted = inside(facts.muted, alarms.stream_ix, alarms.at_ms)
    tally.child_false_down = int((of_ap & hidden & ~own & ~muted).sum())
    platform = np.array([case.platform for case in facts.cases] or [False])
    ours = (alarms.case_ix != NO_CASE) & platform[alarms.case_ix]
    counts = np.array([case.counts for case in facts.cases] or [False])
    true = (alarms.case_ix != NO_CASE) & counts[alarms.case_ix]
    told_true = np.unique(alarms.incident[true])
    told_false = np.setdiff1d(np.unique(alarms.incident[false | ours]), told_true)
    tally.true_incidents_told = int(told_true.size)
    tally.false_incidents_told = int(told_false.size)


def _found(facts: Facts, said: Account, alarms: Alarms, down: Spans) -> list[Found]:
    blame = Blame(said.claims)
    order = np.argsort(alarms.case_ix, kind="stable")  # by case, then by time
    edges = np.searchsorted(alarms.case_ix[order], np.arange(len(facts.cases) + 1))
    books, true_books = _by_stream(down), _by_stream(facts.down)
    called_books = _by_stream(union(alarms.stream_ix, alarms.at_ms, alarms.until_ms))
    made = []
    for case_ix, case in enumerate(facts.cases):
        if not case.counts:
            continue
        mine = order[edges[case_ix] : edges[case_ix + 1]]
        first = int(mine[0]) if mine.size else None
        right = right_later = None
        if first is not None and said.names_causes:
            right = _is_right(facts, case_ix, alarms, (blame, first), 0)
            right_later = _is_right(facts, case_ix, alarms, (blame, first), LATER_NS)
        kept_ms = _kept_ms(facts, case, case_ix, books)
        made.append(
            Found(
                level=case.level,
                cause=case.cause,
                length_ms=case.end_ms - case.start_ms,
                onset_seen=case.onset_seen,
                delay_ms=None if first is None else int(alarms.at_ms[first]) - case.start_ms,
                told=first is not None
                or _touching_ms(case, called_books.get(case.stream_ix, [])) > 0,
                alarms=int(np.unique(alarms.incident[mine]).size),
                right=right,
                right_later=right_later,
                in_ledger=kept_ms > 0,
                down_ms=_down_ms(case, true_books),
                recorded_ms=kept_ms,
            )
        )
    return made


def _is_right(
    facts: Facts, case_ix: int, alarms: Alarms, which: tuple[Blame, int], later_ns: int
) -> bool:
    """Whether level and node are those of the truth. Without a claim the node itself is blamed."""
    case, (blame, at) = facts.cases[case_ix], which
    at_ns = int(alarms.at_ms[at] + 1) * NS_PER_MS + facts.start_ns + later_ns
    claim = blame.at(int(alarms.incident[at]), at_ns)
    if claim is None:
        return int(alarms.stream_ix[at]) == case.stream_ix
    if claim.level != case.level:
        return False
    if case.level == TrueLevel.BACKHAUL:  # the inventory names gateways; the level says the rest
        mine = facts.scope.case_ix == case_ix
        gateways = facts.scope.stream_ix[mine & (facts.scope.stream_ix >= facts.city.ap_count)]
        behind = {facts.city.node_ids[ix] for ix in gateways.tolist()}
        return bool(claim.nodes & (behind | {case.node}))
    return case.node in claim.nodes


def _by_stream(down: Spans) -> dict[int, list[tuple[int, int]]]:
    made: dict[int, list[tuple[int, int]]] = {}
    for ix, start_ms, end_ms in zip(*(column.tolist() for column in down), strict=True):
        made.setdefault(ix, []).append((start_ms, end_ms))
    return made


def _kept_ms(
    facts: Facts, case: Case, case_ix: int, books: dict[int, list[tuple[int, int]]]
) -> int:
    """Downtime in the record that touches the case: of its own stream, else of the longest."""
    streams: Ints = facts.scope.stream_ix[facts.scope.case_ix == case_ix]
    own = [case.stream_ix] if case.stream_ix >= 0 else streams.tolist()
    return max((_touching_ms(case, books.get(stream_ix, [])) for stream_ix in own), default=0)


def _touching_ms(case: Case, spans: list[tuple[int, int]]) -> int:
    """How long those are together that touch the case."""
    return sum(
        end_ms - start_ms
        for start_ms, end_ms in spans
        if start_ms < case.end_ms and case.start_ms < end_ms
    )


def _down_ms(case: Case, books: dict[int, list[tuple[int, int]]]) -> int | None:
    if case.level != TrueLevel.AP or not case.in_sight:
        return None
    return _touching_ms(case, books.get(case.stream_ix, []))


def _count_downtime(tally: Tally, facts: Facts, down: Spans) -> None:
    true_ms, kept_ms = facts.countable_ms(facts.down), facts.countable_ms(down)
    tally.true_down_ms = int(true_ms.sum())
    tally.recorded_down_ms = int(kept_ms.sum())
    tally.availability_error_ms = int(np.abs(kept_ms - true_ms).sum())


def _count_usage(tally: Tally, facts: Facts, truth: TruthLedger, usage: UsageTotals | None) -> None:
    if usage is None or not truth.usage:
        return
    tally.has_usage = True
    for node, true in truth.usage.items():
        ix = facts.city.ix_of[node]
        true_bytes = true.rx_bytes + true.tx_bytes
        bytes_ = int(usage.rx_bytes[ix]) + int(usage.tx_bytes[ix])
        tally.true_device_ms += true.device_ms
        tally.true_bytes += true_bytes
        tally.device_error_ms += int(usage.device_ms[ix]) - true.device_ms
        tally.error_bytes += bytes_ - true_bytes
