"""Streams of proofs of life written down by hand, and what a detector said to them."""

from collections.abc import Iterable, Sequence

from processing.columns import NO_CUES, Reading, readings_of
from simulators.detectors import Decisions, Detector, View, Watched, heard, joined
from tests.simulators.beat_world import HEARTBEAT, OK, START_NS, Plan, ns, watched_of
from vocabulary.units import NS_PER_MS, NS_PER_S

ONE = Plan(gateways=1, aps_per_gateway=1, gateways_per_backhaul=1)
"""One access point, stream 0, behind one gateway, stream 1."""
Said = tuple[str, float, float]
"""(view, emission, since when), in seconds since the start."""


def watched() -> Watched:
    return watched_of(ONE)


def reading(second: float, stream_ix: int = 0, *, ok: bool = True, boot: int = 1) -> Reading:
    at_ns = ns(second)
    code = OK if stream_ix == 0 else HEARTBEAT
    return Reading(at_ns, at_ns, stream_ix, code, float(ok), int(ok), boot, at_ns // NS_PER_MS)


def told(
    detector: Detector,
    seconds: Iterable[float],
    until: float,
    *,
    stream_ix: int = 0,
    cuts: Sequence[float] = (),
) -> list[Said]:
    """What it says of one stream that was heard at these times, fed in pieces."""
    rows = [reading(second, stream_ix) for second in seconds]
    parts = []
    low = -1.0
    for high in [*sorted(cuts), until]:
        piece = [row for row in rows if ns(low) <= row.arrival_ns < ns(high)]
        low = high
        told_now = heard(watched(), readings_of(piece), NO_CUES, ns(high))
        parts.append(detector.feed(told_now))
    parts.append(detector.finish(ns(until)))
    return said_of(joined(parts), stream_ix)


def said_of(decisions: Decisions, stream_ix: int = 0) -> list[Said]:
    """The rows of one stream."""
    return [
        (View(view).name.lower(), _second(at_ns), _second(start_ns))
        for at_ns, ix, view, start_ns in zip(
            decisions.at_ns.tolist(),
            decisions.stream_ix.tolist(),
            decisions.view.tolist(),
            decisions.start_ns.tolist(),
            strict=True,
        )
        if ix == stream_ix
    ]


def _second(at_ns: int) -> float:
    return round((at_ns - START_NS) / NS_PER_S, 6)


def every(period: float, until: float, *, start: float = 0.0) -> list[float]:
    """Beats on time."""
    count = int((until - start) / period) + 1
    return [start + k * period for k in range(count) if start + k * period < until]
