"""Predicted against counted false alarms, where a closed form predicts them.

It checks three things at once: the detectors, the harness, and that the simulator loses beats as
the scenario says.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from simulators.loss_process import Limits
from simulators.score import OURS, Score
from simulators.score_intervals import Figure, rate
from simulators.score_metrics import YEAR_MS

_CLOSED: Final[dict[str, Callable[[Limits], float]]] = {
    OURS: lambda limits: limits.false_alarms_per_year(3),
    "3-miss": lambda limits: limits.false_alarms_per_year(3),
    "5-miss": lambda limits: limits.false_alarms_per_year(5),
    "chen-nfd-e": lambda limits: limits.false_alarms_per_year(3),
    "kapacitor-deadman": lambda limits: limits.window_false_alarms_per_year(3),
}
"""Our detector counts three missed beats in a row, until it learns better."""


class Point(msgspec.Struct, frozen=True):
    """One detector on one scenario."""

    scenario: str
    detector: str
    predicted: float
    observed: Figure

    @property
    def within(self) -> bool:
        """Whether the interval holds the prediction."""
        return self.observed.low <= self.predicted <= self.observed.high


def calibration(score: Score) -> list[Point]:
    """Every pair that there is."""
    made = []
    for scenario in score.scenarios():
        process = score.processes.get(scenario)
        for row in score.of(scenario):
            predict = _CLOSED.get(row.detector)
            observed = rate(row.false_ap_alarms, row.healthy_ap_ms / YEAR_MS)
            if process is not None and predict is not None and observed is not None:
                made.append(Point(scenario, row.detector, predict(Limits(process)), observed))
    return made
