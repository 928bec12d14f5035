"""Evidence computed the slow way, from whole distributions, without an array of what is known."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from processing import evidence_kernel as kernel
from processing.records import CLASS_BINS, STALL_BINS


class Seen(NamedTuple):
    """What was seen of a city: gaps by beats missed (from one on), all gaps, probes, stalls."""

    misses: Sequence[int]
    gaps: int
    sent: Sequence[int]
    lost: Sequence[int]
    stalls: Sequence[int]
    gateway_years: float


def city_share(seen: Seen, missed: int) -> float:
    """S(k): counted as far as twenty events reach, then a power law."""

    def at_least(k: int) -> int:
        return sum(seen.misses[k - 1 :])

    def counted(k: int) -> float:
        prior = kernel.FIRST_MISS * kernel.NEXT_MISS ** (k - 1)
        weight = kernel.CITY_WEIGHT
        return min(1.0, (at_least(k) + weight * prior) / (seen.gaps + weight))

    if missed < 1:
        return 1.0
    often = [k for k in range(1, CLASS_BINS + 1) if at_least(k) >= kernel.EVENTS_MIN]
    last = max(often, default=1)
    if missed <= last:
        return counted(missed)
    if last == 1:
        return counted(1) * kernel.NEXT_MISS ** (missed - 1)
    slope = math.log(counted(last - 1) / counted(last)) / math.log(last / (last - 1))
    return float(counted(last) / (missed / last) ** max(1.0, slope))


def probe_nats(seen: Seen, schedule_ms: Sequence[int], failed: int) -> float:
    """-ln of a product of single failures, and of a stall that nobody has seen yet."""
    if failed < 1:
        return 0.0
    chances = [_lost(seen, schedule_ms, place) for place in range(failed)]
    stall = kernel.STALL_SHARE / (1 + seen.sent[0])
    waited_s = (schedule_ms[failed - 1] + 500) / 1_000
    share = math.prod(chances) + stall * math.exp(-waited_s / kernel.STALL_MEAN_S)
    return -math.log(min(1.0, share))


def _lost(seen: Seen, schedule_ms: Sequence[int], place: int) -> float:
    known = [
        at for at in range(1, place) if seen.sent[at] >= kernel.EVENTS_MIN and seen.lost[at] >= 1
    ]
    prior = kernel.LOST_PROBE
    if known:
        at = known[-1]
        rate = -math.log(min(0.999, seen.lost[at] / seen.sent[at]))
        per_ms = rate / (schedule_ms[at] - schedule_ms[at - 1])
        slower = ((schedule_ms[place] + 500) / (schedule_ms[at] + 500)) ** -kernel.SLOWING
        gap_ms = schedule_ms[place] - schedule_ms[place - 1]
        prior = max(prior, math.exp(-gap_ms * per_ms * slower))
    weight = kernel.LOST_PROBE_WEIGHT
    return (seen.lost[place] + weight * prior) / (seen.sent[place] + weight)


def stalls_per_year(seen: Seen, silence_s: float) -> float:
    """Prior and counts by exposure; beyond the last bin with three, the prior's steepness."""
    weight = kernel.STALL_WEIGHT_YEARS
    usual = kernel.STALLS_PER_YEAR * max(silence_s, 1.0) ** -kernel.STALL_STEEPNESS
    years = seen.gateway_years + weight
    edges = [0.5 * 2.0 ** (b / 3) for b in range(STALL_BINS)]
    here = max((b for b in range(STALL_BINS) if edges[b] <= silence_s + 1e-9), default=0)
    often = [b for b in range(STALL_BINS) if sum(seen.stalls[b:]) >= kernel.STALL_EVENTS_MIN]
    last = max(often, default=here)
    if last >= here:
        return float(weight * usual / years + sum(seen.stalls[here:]) / years)
    tail = sum(seen.stalls[last:]) / years * (silence_s / edges[last]) ** -kernel.STALL_STEEPNESS
    return float(weight * usual / years + tail)
