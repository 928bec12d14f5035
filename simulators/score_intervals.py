"""How far a figure may be off: 95 % intervals, by resampling incidents or from the Poisson law.

Quantiles, means and shares are of incidents: those are drawn again with replacement (Efron,
"Bootstrap methods", Annals of Statistics 7, 1979). Counts of rare alarms have an exact interval
(Garwood, Biometrika 28, 1936), which says something even when nothing happened.
"""

from collections.abc import Callable
from math import exp, lgamma, log, sqrt
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

RESAMPLES: Final = 1_000
SEED: Final = 20_020_101
LEVEL: Final = 0.95
Floats = NDArray[np.float64]


class Figure(msgspec.Struct, frozen=True):
    """A figure with its 95 % interval and the number of things it was made of."""

    value: float
    low: float
    high: float
    count: int


def resampled(values: Floats, statistic: Callable[[Floats], Floats]) -> Figure | None:
    """``statistic`` works along the last axis. None: there is nothing to make it of."""
    n = values.size
    if n == 0:
        return None
    rng = np.random.default_rng(SEED)
    made = np.empty(RESAMPLES)
    rows = max(1, min(RESAMPLES, 2_000_000 // n))
    for start in range(0, RESAMPLES, rows):
        stop = min(start + rows, RESAMPLES)
        made[start:stop] = statistic(values[rng.integers(0, n, (stop - start, n))])
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(made, [tail, 1 - tail])
    return Figure(float(statistic(values)), float(low), float(high), n)


def mean(values: Floats) -> Figure | None:
    """The mean, or a share if the values are 0 and 1."""
    return resampled(values, lambda drawn: np.asarray(drawn.mean(axis=-1)))


def share(hits: int, count: int) -> Figure | None:
    """hits / count with Wilson's interval, which is not empty at 0 and at 1."""
    if count == 0:
        return None
    z, p = 1.959964, hits / count
    middle = (p + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * (p * (1 - p) / count + z * z / (4 * count**2)) ** 0.5
    return Figure(p, max(0.0, min(p, middle - half)), min(1.0, max(p, middle + half)), count)


def quantile(values: Floats, at: float) -> Figure | None:
    """One quantile."""
    return resampled(values, lambda drawn: np.asarray(np.quantile(drawn, at, axis=-1)))


def rate(count: int, exposure: float) -> Figure | None:
    """Events per unit of exposure."""
    if exposure <= 0:
        return None
    tail = (1 - LEVEL) / 2
    low = 0.0 if count == 0 else _poisson_mean(count - 1, 1 - tail)
    return Figure(count / exposure, low / exposure, _poisson_mean(count, tail) / exposure, count)


def _poisson_mean(count: int, wanted: float) -> float:
    """The mean at which P(at most ``count``) is ``wanted``."""
    low, high = 0.0, count + 10 * sqrt(count + 4) + 10.0
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if _at_most(count, middle) > wanted else (low, middle)
    return high


def _at_most(count: int, mean_count: float) -> float:
    """P(X <= count), summed from the largest term down to where it no longer matters."""
    if mean_count <= 0:
        return 1.0
    top = min(count, int(mean_count))
    first: float = exp(top * log(mean_count) - mean_count - lgamma(top + 1))
    total, term = first, first
    for k in range(top, 0, -1):
        term *= k / mean_count
        total += term
        if term < 1e-17 * total:
            break
    term = first
    for k in range(top + 1, count + 1):
        term *= mean_count / k
        total += term
        if term < 1e-17 * total:
            break
    return min(1.0, total)
