"""phi over an exponential distribution: 18.4 mean intervals, long ones not learned."""

import pytest

from simulators.baselines.cassandra import SILENCE_MEANS, PhiExponential
from tests.simulators.detector_cases import every, told, watched


def test_it_is_eighteen_means_and_a_half() -> None:
    assert pytest.approx(18.42, abs=0.01) == SILENCE_MEANS
    said = told(PhiExponential(watched()), every(10.0, 15_000.0), 16_000.0)
    ((view, at, since),) = said
    assert (view, since) == ("down", 14_990.0)
    assert at == pytest.approx(14_990.0 + 10.0 * SILENCE_MEANS, abs=1e-5)


def test_the_window_begins_with_two_periods() -> None:
    ((_, at, _),) = told(PhiExponential(watched()), [0.0], 1_000.0)
    assert at == pytest.approx(20.0 * SILENCE_MEANS, abs=1e-5)


def test_an_interval_above_two_periods_is_not_learned() -> None:
    seconds = [*every(10.0, 15_000.0), 15_100.0]
    ((_, at, _),) = told(PhiExponential(watched()), seconds, 16_000.0)
    assert at == pytest.approx(15_100.0 + 10.0 * SILENCE_MEANS, abs=1e-5)
