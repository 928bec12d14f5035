"""Stretches of time of many streams at once: union, length, and which instants lie inside.

Times are whole milliseconds since the run began. A stream and a time make one number, so that one
sorted array serves all streams.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

WIDTH_MS: Final = 2**41
"""More than any run lasts; a stream's times are kept within it."""
Ints = NDArray[np.int64]


class Spans(NamedTuple):
    """n stretches ``[start, end)``, sorted by stream and start, apart from each other."""

    stream_ix: Ints
    start_ms: Ints
    end_ms: Ints


def union(stream_ix: Ints, start_ms: Ints, end_ms: Ints) -> Spans:
    """Sort, drop the empty ones, join those that touch."""
    keep = end_ms > start_ms
    stream_ix, start_ms, end_ms = stream_ix[keep], start_ms[keep], end_ms[keep]
    assert np.all((start_ms >= 0) & (end_ms < WIDTH_MS))
    if not stream_ix.size:
        return Spans(stream_ix, start_ms, end_ms)
    starts, ends = stream_ix * WIDTH_MS + start_ms, stream_ix * WIDTH_MS + end_ms
    order = np.argsort(starts, kind="stable")
    starts, ends = starts[order], np.maximum.accumulate(ends[order])
    first = np.append(True, starts[1:] > ends[:-1])
    last = np.append(first[1:], True)
    return _split(starts[first], ends[last])


def _split(starts: Ints, ends: Ints) -> Spans:
    stream_ix = starts // WIDTH_MS
    return Spans(stream_ix, starts - stream_ix * WIDTH_MS, ends - stream_ix * WIDTH_MS)


def spans_of(rows: Iterable[tuple[int, int, int]]) -> Spans:
    """(stream, start, end) rows, in any order."""
    columns = np.array(list(rows), dtype=np.int64).reshape(-1, 3).T
    return union(columns[0], columns[1], columns[2])


def both(first: Spans, second: Spans) -> Spans:
    """What lies in either."""
    return union(*(np.concatenate(pair) for pair in zip(first, second, strict=True)))


def clipped(spans: Spans, end_ms: int) -> Spans:
    """What lies before the end of the run."""
    return union(spans.stream_ix, spans.start_ms, np.minimum(spans.end_ms, end_ms))


def widened(spans: Spans, by_ms: int) -> Spans:
    """Each stretch longer at both ends."""
    return union(spans.stream_ix, np.maximum(spans.start_ms - by_ms, 0), spans.end_ms + by_ms)


def inside(spans: Spans, stream_ix: Ints, at_ms: Ints) -> NDArray[np.bool_]:
    """Which of these instants lie in a stretch of their stream."""
    if not spans.stream_ix.size:
        return np.zeros(at_ms.shape, dtype=np.bool_)
    starts = spans.stream_ix * WIDTH_MS + spans.start_ms
    key = stream_ix * WIDTH_MS + at_ms
    ix = np.searchsorted(starts, key, side="right") - 1
    ends = spans.stream_ix[ix] * WIDTH_MS + spans.end_ms[ix]
    return np.asarray((ix >= 0) & (key < ends))


def length_ms(spans: Spans) -> int:
    """Of all together."""
    return int((spans.end_ms - spans.start_ms).sum())


def lengths_ms(spans: Spans, stream_count: int) -> Ints:
    """Of each stream, shape (streams,)."""
    made = np.zeros(stream_count, dtype=np.int64)
    np.add.at(made, spans.stream_ix, spans.end_ms - spans.start_ms)
    return made


def shared_ms(first: Spans, second: Spans) -> int:
    """How long both hold."""
    return length_ms(first) + length_ms(second) - length_ms(both(first, second))


def minus(spans: Spans, away: Spans) -> Spans:
    """What lies in the first and not in the second."""
    everything = both(spans, away)
    # of the union, the gaps of ``away`` are what only ``spans`` holds
    starts = np.concatenate((_keys(everything)[0], _keys(away)[1]))
    ends = np.concatenate((_keys(everything)[1], _keys(away)[0]))
    starts.sort()
    ends.sort()
    keep = ends > starts
    return _split(starts[keep], ends[keep])


def only(spans: Spans, below_stream: int) -> Spans:
    """Those of the first streams."""
    keep = spans.stream_ix < below_stream
    return Spans(*(column[keep] for column in spans))


def _keys(spans: Spans) -> tuple[Ints, Ints]:
    base = spans.stream_ix * WIDTH_MS
    return base + spans.start_ms, base + spans.end_ms
