"""Intervals: they hold the truth about as often as they say, and never nothing at zero."""

import numpy as np
import pytest

from simulators.score_intervals import mean, quantile, rate, share


def test_a_rate_of_nothing_still_has_an_upper_end() -> None:
    figure = rate(0, 10.0)
    assert figure is not None
    assert (figure.value, figure.low) == (0.0, 0.0)
    assert figure.high == pytest.approx(0.369, abs=0.001)  # 3.69 / 10, of the tables


@pytest.mark.parametrize(
    ("count", "low", "high"),
    [(1, 0.0253, 5.572), (10, 4.795, 18.39), (100, 81.36, 121.63), (5_000, 4_862.4, 5_140.6)],
)
def test_garwoods_table(count: int, low: float, high: float) -> None:
    figure = rate(count, 1.0)
    assert figure is not None
    assert (figure.low, figure.high) == pytest.approx((low, high), rel=2e-3)


def test_a_share_of_all_is_not_certain() -> None:
    figure = share(100, 100)
    assert figure is not None
    assert figure.high == 1.0
    assert figure.low == pytest.approx(0.963, abs=0.001)


def test_nothing_gives_no_figure() -> None:
    assert mean(np.empty(0)) is None
    assert quantile(np.empty(0), 0.5) is None
    assert share(0, 0) is None
    assert rate(3, 0.0) is None


def test_resampling_covers_the_truth() -> None:
    seed, hits, rounds = 3, 0, 60
    rng = np.random.default_rng(seed)
    for _ in range(rounds):
        figure = mean(rng.exponential(5.0, 80))
        assert figure is not None
        hits += figure.low <= 5.0 <= figure.high
    assert hits >= 0.85 * rounds, (seed, hits)


def test_the_same_values_give_the_same_interval() -> None:
    values = np.random.default_rng(5).random(50)
    assert quantile(values, 0.95) == quantile(values, 0.95)
