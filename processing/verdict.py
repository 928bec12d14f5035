"""The final rule: what a set of beats says about one access point, whatever order they came in.

Beats are proofs of life or failures at event times. A stretch of live silence, seen while the
gateway was observed, stands for the beats it lacks as long as no record near them turns up.

* A run of failures, ``misses_down`` or more with no proof of life between, is DOWN, from midway
  between the last proof and the first failure to midway between the last failure and the next
  proof. Shorter runs are blips and count as up.
* Where two neighbours are further apart than ``hole_ms``, the time between them is unobserved.
* Everything else is up.
"""

from enum import IntEnum
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from processing.intervals import IntervalState
from processing.settings import Settings

_NO_LATER: Final = 2**62


class Live(IntEnum):
    """How the stretch ends, as seen now."""

    CLOSED = 0
    """With a proof of life."""
    SUSPECT = 1
    DOWN = 2
    BLIND = 3


class Piece(NamedTuple):
    """Part of the time line; ``end_ms`` is None for the part that lasts."""

    start_ms: int
    end_ms: int | None
    state: IntervalState


class Silence(NamedTuple):
    """``missed`` beats after ``since_ms`` never came, though the gateway was heard."""

    since_ms: int
    missed: int


class _Run(NamedTuple):
    """Neighbouring beats of one kind, no hole among them."""

    up: bool
    first_ms: int
    last_ms: int
    beat_count: int


def encoded(ts_ms: int, ok: bool) -> int:
    """A beat as one number that sorts by time."""
    return ts_ms << 1 | int(ok)


def pieces(
    beats: NDArray[np.int64], silences: list[Silence], settings: Settings, live: Live
) -> list[Piece]:
    """The time line from the first beat on. ``beats``: any order, doubles welcome, shape (n,)."""
    runs = _runs(_sorted_beats(beats), settings)
    runs = _with_silences(runs, silences, settings)
    runs = _judged(runs, settings, live)
    return _cut(runs, settings, live)


def _sorted_beats(beats: NDArray[np.int64]) -> NDArray[np.int64]:
    """Each time once; a proof of life outweighs a failure of the same millisecond."""
    codes = np.unique(beats)
    return codes[np.append(codes[1:] >> 1 != codes[:-1] >> 1, True)] if codes.size else codes


def _runs(codes: NDArray[np.int64], settings: Settings) -> list[_Run]:
    if not codes.size:
        return []
    ts_ms, up = codes >> 1, (codes & 1).astype(np.bool_)
    breaks = (up[1:] != up[:-1]) | (np.diff(ts_ms) > settings.hole_ms)
    starts = np.concatenate(([0], np.flatnonzero(breaks) + 1, [codes.size]))
    return [
        _Run(
            bool(up[lo]),
            int(ts_ms[lo]),
            int(ts_ms[hi - 1]),
            0 if up[lo] else _count(ts_ms[lo:hi], settings),
        )
        for lo, hi in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True)
    ]


def _count(ts_ms: NDArray[np.int64], settings: Settings) -> int:
    """How many beats these failures are: half a beat apart at least, lost ones between counted."""
    by_span = (int(ts_ms[-1] - ts_ms[0]) + settings.beat_ms // 2) // settings.beat_ms + 1
    if by_span >= settings.misses_down or ts_ms.size < settings.misses_down:
        return by_span
    count, last_ms = 0, -_NO_LATER
    for at_ms in ts_ms.tolist():
        if at_ms - last_ms >= settings.beat_ms // 2:
            count, last_ms = count + 1, at_ms
    return max(by_span, count)


def _with_silences(runs: list[_Run], silences: list[Silence], settings: Settings) -> list[_Run]:
    """Put failures where a beat was due in a live silence and no record is near."""
    if not silences or not runs:
        return runs
    near_ms, filled = settings.beat_ms * 3 // 4, []
    for run, after in zip(runs, [*runs[1:], None], strict=True):
        filled.append(run)
        hi_ms = _NO_LATER if after is None else after.first_ms - near_ms
        lo_ms = run.last_ms + near_ms
        marks = [_marks(silence, lo_ms, hi_ms, settings.beat_ms) for silence in silences]
        filled += sorted((mark for mark in marks if mark), key=lambda mark: mark.first_ms)
    joined: list[_Run] = []
    for run in filled:
        last = joined[-1] if joined else None
        if last and last.up == run.up and run.first_ms - last.last_ms <= settings.hole_ms:
            joined[-1] = _joined(last, run, settings)
        else:
            joined.append(run)
    return joined


def _joined(a: _Run, b: _Run, settings: Settings) -> _Run:
    end_ms = max(a.last_ms, b.last_ms)
    by_span = (end_ms - a.first_ms + settings.beat_ms // 2) // settings.beat_ms + 1
    return _Run(a.up, a.first_ms, end_ms, max(a.beat_count, b.beat_count, by_span))


def _marks(silence: Silence, lo_ms: int, hi_ms: int, beat_ms: int) -> _Run | None:
    """The missed beats of one silence between two bounds."""
    first = max(1, -((silence.since_ms - lo_ms) // beat_ms))
    last = min(silence.missed, (hi_ms - silence.since_ms) // beat_ms)
    if first > last:
        return None
    since_ms = silence.since_ms
    return _Run(False, since_ms + first * beat_ms, since_ms + last * beat_ms, last - first + 1)


def _judged(runs: list[_Run], settings: Settings, live: Live) -> list[_Run]:
    """Failures that were no outage become part of being up."""
    judged: list[_Run] = []
    at = 0
    while at < len(runs):
        end = at
        while end < len(runs) and runs[end].up == runs[at].up:
            end += 1
        group = runs[at:end]
        outage = any(run.beat_count >= settings.misses_down for run in group)
        outage |= live is Live.DOWN and end == len(runs)
        up = group[0].up or not outage
        judged += [run._replace(up=up) for run in group]
        at = end
    return judged


def _cut(runs: list[_Run], settings: Settings, live: Live) -> list[Piece]:
    found: list[Piece] = []

    def add(start_ms: int, end_ms: int | None, state: IntervalState) -> None:
        if found and found[-1].state is state:
            found[-1] = found[-1]._replace(end_ms=end_ms)
        elif end_ms is None or end_ms > start_ms:
            found.append(Piece(start_ms, end_ms, state))

    start_ms = runs[0].first_ms if runs else 0
    for run, after in zip(runs, [*runs[1:], None], strict=True):
        state = IntervalState.OBSERVED_UP if run.up else IntervalState.DOWN
        if after is None:
            lasts = live is Live.DOWN and not run.up
            add(start_ms, None if lasts else run.last_ms, state)
            if live is Live.BLIND:
                add(run.last_ms, None, IntervalState.UNOBSERVED)
        elif after.first_ms - run.last_ms > settings.hole_ms:
            add(start_ms, run.last_ms, state)
            add(run.last_ms, after.first_ms, IntervalState.UNOBSERVED)
            start_ms = after.first_ms
        else:
            middle_ms = (run.last_ms + after.first_ms) // 2
            add(start_ms, middle_ms, state)
            start_ms = middle_ms
    return found
