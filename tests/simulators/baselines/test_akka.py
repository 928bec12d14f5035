"""phi over a normal distribution: mean, pause and deviations, and what is not learned."""

from math import exp, log10

import pytest

from simulators.baselines.akka import DEVIATION_MS_MIN, PAUSE_MS, PHI, PhiNormal, deviations_at
from tests.simulators.detector_cases import every, told, watched


def phi(y: float) -> float:
    e = exp(-y * (1.5976 + 0.070566 * y * y))
    return -log10(e / (1 + e))


def test_the_deviations_of_a_phi() -> None:
    assert phi(deviations_at(PHI)) == pytest.approx(PHI, abs=1e-6)
    assert phi(deviations_at(1.0)) == pytest.approx(1.0, abs=1e-6)


def test_a_steady_stream_leaves_the_least_deviation() -> None:
    """After 1000 beats the first guesses are out of the window."""
    said = told(PhiNormal(watched()), every(10.0, 15_000.0), 15_100.0)
    silence_s = 10.0 + (PAUSE_MS + deviations_at(PHI) * DEVIATION_MS_MIN) / 1_000
    ((view, at, since),) = said
    assert (view, since) == ("down", 14_990.0)
    assert at == pytest.approx(14_990.0 + silence_s, abs=1e-5)


def test_the_first_guess_is_wide() -> None:
    """Two samples a quarter of a beat to both sides: a deviation of 2.5 s."""
    ((_, at, _),) = told(PhiNormal(watched()), [0.0], 100.0)
    assert at == pytest.approx(10.0 + 3.0 + deviations_at(PHI) * 2.5, abs=1e-5)


def test_an_interval_that_ended_a_suspicion_is_not_learned() -> None:
    """Every lost beat is a false alarm for ever: the deviation stays small."""
    seconds = [s for k, s in enumerate(every(10.0, 20_000.0)) if k % 100 != 99 or k < 1_000]
    said = told(PhiNormal(watched()), seconds, 19_985.0)
    assert len([row for row in said if row[0] == "down"]) == 9
