"""One incident as everybody saw it: the truth over each detector's view, for a plot.

The first feeder outage of a run, for it touches many access points and no detector of single
nodes can name it; any other incident if there was none.
"""

from collections.abc import Mapping
from typing import Final

import msgspec
import numpy as np

from simulators.detectors import View
from simulators.score_tally import Account
from simulators.score_truth import SLACK_MS, Case, Facts
from simulators.truth import TrueLevel
from vocabulary.units import NS_PER_MS

BEFORE_MS: Final = 60_000
AFTER_MS: Final = 240_000
LENGTH_MS_MIN: Final = 300_000
LENGTH_MS_MAX: Final = 2_400_000
ROWS_MAX: Final = 8


class Bar(msgspec.Struct, frozen=True):
    """A view that somebody held, in seconds since the onset."""

    view: str
    start_s: float
    end_s: float


class Timeline(msgspec.Struct, frozen=True):
    """An incident: who saw what of which node."""

    level: str
    node: str
    cause: str
    nodes: tuple[str, ...]
    low_s: float
    high_s: float
    truth: dict[str, list[Bar]]
    """Node -> bars."""
    views: dict[str, dict[str, list[Bar]]]
    """Detector -> node -> bars."""


def timeline_of(facts: Facts, said: Mapping[str, Account]) -> Timeline | None:
    """The incident to show, if one is fit to be seen."""
    case_ix = _chosen(facts)
    if case_ix is None:
        return None
    case = facts.cases[case_ix]
    mine = facts.scope.case_ix == case_ix
    streams = list(dict.fromkeys(facts.scope.stream_ix[mine].tolist()))[:ROWS_MAX]
    low_ms, high_ms = case.start_ms - BEFORE_MS, case.end_ms + AFTER_MS
    names = {ix: facts.city.node_ids[ix] for ix in streams}
    truth: dict[str, list[Bar]] = {names[ix]: [] for ix in streams}
    for spans, view in ((facts.down, "down"), (facts.unseen, "unseen")):
        for ix, start_ms, end_ms in zip(*(column.tolist() for column in spans), strict=True):
            if ix in names and start_ms < high_ms and low_ms < end_ms:
                truth[names[ix]].append(_bar(view, case, start_ms, end_ms))
    views = {
        name: {names[ix]: _bars(facts, case, one, ix) for ix in streams}
        for name, one in said.items()
    }
    low_s, high_s = (low_ms - case.start_ms) / 1_000, (high_ms - case.start_ms) / 1_000
    return Timeline(
        case.level, case.node, case.cause, tuple(names.values()), low_s, high_s, truth, views
    )


def _chosen(facts: Facts) -> int | None:
    fit = [
        (case.level != TrueLevel.FEEDER, ix)
        for ix, case in enumerate(facts.cases)
        if case.counts
        and LENGTH_MS_MIN <= case.end_ms - case.start_ms <= LENGTH_MS_MAX
        and case.end_ms + SLACK_MS < facts.duration_ms
    ]
    return min(fit)[1] if fit else None


def _bar(view: str, case: Case, start_ms: int, end_ms: int) -> Bar:
    return Bar(view, (start_ms - case.start_ms) / 1_000, (end_ms - case.start_ms) / 1_000)


def _bars(facts: Facts, case: Case, said: Account, stream_ix: int) -> list[Bar]:
    """What was shown of a stream around the incident, by the time it was shown."""
    rows = said.decisions.stream_ix == stream_ix
    at_ms = (said.decisions.at_ns[rows] - facts.start_ns) // NS_PER_MS
    view = said.decisions.view[rows]
    until_ms = np.append(at_ms[1:], facts.duration_ms)[: at_ms.size]
    low_ms, high_ms = case.start_ms - BEFORE_MS, case.end_ms + AFTER_MS
    return [
        _bar(View(what).name.lower(), case, max(start_ms, low_ms), min(end_ms, high_ms))
        for start_ms, end_ms, what in zip(
            at_ms.tolist(), until_ms.tolist(), view.tolist(), strict=True
        )
        if what != View.UP and start_ms < high_ms and low_ms < end_ms
    ]
