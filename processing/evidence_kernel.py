"""How unlikely a silence is of something healthy, from what silences were like so far, in nats.

``-ln S``, where S is the share of healthy silences that last as long. Counting comes first: where
enough were seen, the share seen is taken; beyond, the tail goes on as it was heading, and never
faster than a prior that fades with experience. ``evidence.py`` explains the numbers, and
``tests/processing/naive_evidence.py`` computes the same from lists.
"""

from typing import Final

import numba as nb
import numpy as np
from numpy.typing import NDArray

from processing.records import (
    CLASS_BINS,
    K_GAPS,
    K_GATEWAY_NS,
    K_MISSES,
    K_PROBE_LOST,
    K_PROBE_SENT,
    K_STALLS,
    MISS_BINS,
    PROBES_MAX,
    STALL_BINS,
)
from vocabulary.units import NS_PER_S

_MISS_BINS: Final = MISS_BINS
_CLASS_BINS: Final = CLASS_BINS
_STALL_BINS: Final = STALL_BINS
_PROBES_MAX: Final = PROBES_MAX
_S: Final = NS_PER_S
YEAR_S: Final = 31_557_600.0

# beats missed in a row by an access point that works
FIRST_MISS: Final = 0.01  # prior: one beat in a hundred is lost
NEXT_MISS: Final = 0.1  # and then the next one in ten
CITY_WEIGHT: Final = 1_000.0  # gaps that the prior is worth, for the city
OWN_WEIGHT: Final = 200.0  # gaps that the city is worth, for one access point
OWN_GAPS_MIN: Final = 500.0  # with fewer it is like the city
EVENTS_MIN: Final = 20.0  # a share made of fewer is no share yet
OWN_EVENTS_MIN: Final = 5.0

# probes in a row without an answer from an access point that works
LOST_PROBE: Final = 0.03  # prior, and floor for places not reached often
LOST_PROBE_WEIGHT: Final = 3.0
STALL_SHARE: Final = 0.04  # prior: so many of the first silences are a link that stalls
STALL_MEAN_S: Final = 2.0
SLOWING: Final = 0.3  # a link that has stalled for long ends its stall more and more seldom

# whole gateways that stall: none of their messages for longer than a second
STALLS_PER_YEAR: Final = 1_227.0  # prior, of more than a second: one in seven hours
STALL_STEEPNESS: Final = 8.0  # of twice the length 2^8 times fewer
STALL_WEIGHT_YEARS: Final = 0.25
STALL_EVENTS_MIN: Final = 3.0


@nb.njit(cache=True)
def miss_bin(missed: int) -> int:
    """Where a gap of so many missed beats is counted for one access point."""
    if missed <= 3:
        return missed - 1
    if missed <= 5:
        return 3
    return 4 if missed < 12 else 5


@nb.njit(cache=True)
def _counted(known: NDArray[np.float64], missed: int) -> float:
    """S(k) where it was counted, with the prior mixed in."""
    seen = 0.0
    for k in range(missed, _CLASS_BINS + 1):
        seen += known[K_MISSES + k - 1]
    prior = FIRST_MISS * NEXT_MISS ** (missed - 1)
    return float(min(1.0, (seen + CITY_WEIGHT * prior) / (known[K_GAPS] + CITY_WEIGHT)))


@nb.njit(cache=True)
def city_share(known: NDArray[np.float64], missed: int) -> float:
    """S(k) of the city: the share of gaps in which at least so many beats are missed."""
    if missed < 1:
        return 1.0
    at, above = 1, 0.0
    for k in range(_CLASS_BINS, 0, -1):  # the largest k that was seen often enough
        above += known[K_MISSES + k - 1]
        if above >= EVENTS_MIN:
            at = k
            break
    if missed <= at:
        return _counted(known, missed)
    last = _counted(known, at)
    if at < 2:
        return last * NEXT_MISS ** (missed - at)
    # a power law through the last two points
    slope = np.log(_counted(known, at - 1) / last) / np.log(at / (at - 1))
    return float(last * (missed / at) ** -max(slope, 1.0))


@nb.njit(cache=True)
def silence_nats(
    known: NDArray[np.float64], misses: NDArray[np.uint16], gaps: float, missed: int
) -> float:
    """-ln S(k) of one access point, which has closed ``gaps`` gaps."""
    if missed < 1:
        return 0.0
    shared = city_share(known, missed)
    if gaps < OWN_GAPS_MIN:
        return float(-np.log(shared))
    at, above = 1, 0.0
    for b in range(_MISS_BINS - 1, -1, -1):  # the largest k up to here that it had often enough
        above += misses[b]
        at = b + 1 if b < 4 else 6 * (b - 3)
        if above >= OWN_EVENTS_MIN and at <= missed:
            break
    own = (above + OWN_WEIGHT * city_share(known, at)) / (gaps + OWN_WEIGHT)
    return float(-np.log(min(1.0, own * shared / city_share(known, at))))


@nb.njit(cache=True)
def lost_probe(known: NDArray[np.float64], schedule_ms: NDArray[np.int64], place: int) -> float:
    """P(the probe in this place finds no answer | those before found none, all is well)."""
    prior = LOST_PROBE
    # where stalls were seen, they go on: the last place seen often tells how fast they end
    for at in range(place - 1, 0, -1):
        if known[K_PROBE_SENT + at] >= EVENTS_MIN and known[K_PROBE_LOST + at] >= 1.0:
            mean_ms = (schedule_ms[at] - schedule_ms[at - 1]) / -np.log(
                min(0.999, known[K_PROBE_LOST + at] / known[K_PROBE_SENT + at])
            )
            passed = (schedule_ms[place] + 500.0) / (schedule_ms[at] + 500.0)
            gap_ms = schedule_ms[place] - schedule_ms[place - 1]
            prior = max(prior, np.exp(-gap_ms / mean_ms * passed**-SLOWING))
            break
    weight = LOST_PROBE_WEIGHT
    return float(
        (known[K_PROBE_LOST + place] + weight * prior) / (known[K_PROBE_SENT + place] + weight)
    )


@nb.njit(cache=True)
def probe_nats(known: NDArray[np.float64], schedule_ms: NDArray[np.int64], failed: int) -> float:
    """-ln R(j): the evidence of so many probes in a row without an answer."""
    if failed < 1:
        return 0.0
    failed = min(failed, schedule_ms.size)
    share = 1.0
    for place in range(failed):
        share *= lost_probe(known, schedule_ms, place)
    stalled = STALL_SHARE / (1.0 + known[K_PROBE_SENT])
    waited_s = (schedule_ms[failed - 1] + 500.0) / 1_000.0
    share += stalled * np.exp(-waited_s / STALL_MEAN_S)
    return float(-np.log(min(1.0, share)))


@nb.njit(cache=True)
def learn_probes(known: NDArray[np.float64], failed: int, ended: bool) -> None:
    """A suspicion that was none: so many probes in vain, then (``ended``) one with an answer."""
    last = min(failed, _PROBES_MAX)
    for place in range(last):
        known[K_PROBE_SENT + place] += 1.0
        known[K_PROBE_LOST + place] += 1.0
    if ended and last < _PROBES_MAX:
        known[K_PROBE_SENT + last] += 1.0


@nb.njit(cache=True)
def stall_bin(silence_ns: int) -> int:
    """Where a silence of a whole gateway is counted, or -1."""
    if silence_ns < _S // 2:
        return -1
    return min(_STALL_BINS - 1, int(3.0 * np.log2(2.0 * silence_ns / _S)))


@nb.njit(cache=True)
def stalls_per_year(known: NDArray[np.float64], silence_ns: int) -> float:
    """How often a gateway that works is silent for so long, in a year."""
    silence_s = silence_ns / _S
    years = known[K_GATEWAY_NS] / _S / YEAR_S
    weight = STALL_WEIGHT_YEARS
    usual = STALLS_PER_YEAR * max(silence_s, 1.0) ** -STALL_STEEPNESS
    here, seen = stall_bin(silence_ns), 0.0
    rate = weight * usual / (years + weight)
    for b in range(_STALL_BINS - 1, -1, -1):
        seen += known[K_STALLS + b]
        if seen < STALL_EVENTS_MIN:
            continue
        if b >= here:
            return float(rate + seen_from(known, here) / (years + weight))
        edge_s = 0.5 * 2.0 ** (b / 3.0)
        return float(rate + seen / (years + weight) * (silence_s / edge_s) ** -STALL_STEEPNESS)
    return float(rate + seen_from(known, here) / (years + weight))


@nb.njit(cache=True)
def seen_from(known: NDArray[np.float64], low: int) -> float:
    """How many stalls were seen in this bin and above."""
    total = 0.0
    for b in range(max(low, 0), _STALL_BINS):
        total += known[K_STALLS + b]
    return total
