"""How beats of a healthy access point get lost, and what follows from it without simulating.

The design's table of limits, as functions: false alarms and delays of k missed beats, and the
best that any detector can do which hears nothing but beats. Losses are a chain of hidden states
looked at once a beat (Kemeny and Snell, "Finite Markov Chains", 1960): ``P`` moves it on, and in
each state a beat is lost with some chance.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

YEAR_S: Final = 31_557_600.0
MISSES_MAX: Final = 400


class LossProcess(NamedTuple):
    """Independent losses, or losses that persist, and bursts on top in which all is lost."""

    loss: float = 0.0
    persistence: float = 0.0
    """P(lost | the last one was lost), if greater than ``loss``."""
    burst_per_s: float = 0.0
    burst_mean_s: float = 2.0

    def chain(self, beat_s: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(P, chance of loss in each state), states: losing or not, times in a burst or not."""
        keep = max(self.persistence, self.loss)
        enter = self.loss * (1 - keep) / (1 - self.loss)
        losing = np.array([[1 - enter, enter], [1 - keep, keep]])
        end_per_s = 1 / self.burst_mean_s
        total_per_s = self.burst_per_s + end_per_s
        share = self.burst_per_s / total_per_s
        fade = np.exp(-total_per_s * beat_s)
        stationary = np.array([[1 - share, share], [1 - share, share]])
        burst = stationary + fade * (np.eye(2) - stationary)
        return np.kron(losing, burst), np.array([0.0, 1.0, 1.0, 1.0])


class Limits(NamedTuple):
    """What a loss process means for beats every ``beat_s`` with a margin."""

    process: LossProcess
    beat_s: float = 10.0
    margin_s: float = 0.5

    def runs_per_beat(self, misses: int) -> float:
        """P(a beat arrives and at least the next ``misses`` are lost)."""
        move, lost = self.process.chain(self.beat_s)
        state = _stationary(move) * (1 - lost)
        for _ in range(misses):
            state = (state @ move) * lost
        return float(state.sum())

    def lost_in_a_row(self, beats: int) -> float:
        """P(these very beats are all lost)."""
        move, lost = self.process.chain(self.beat_s)
        state = _stationary(move) * lost
        for _ in range(beats - 1):
            state = (state @ move) * lost
        return float(state.sum())

    def false_alarms_per_year(self, misses: int) -> float:
        """Of one access point, down after so many missed beats."""
        return YEAR_S / self.beat_s * self.runs_per_beat(misses)

    def window_false_alarms_per_year(self, beats: int) -> float:
        """Of one access point, down when a window of so many beats is empty."""
        starts = self.lost_in_a_row(beats) - self.lost_in_a_row(2 * beats)
        return YEAR_S / (self.beat_s * beats) * starts

    def delay_mean_s(self, misses: float) -> float:
        """From the failure, anywhere within a beat, to the decision.

        (k - 1/2) T + m, less the time by which beats lost before the failure were ahead of it.
        """
        ahead = sum(self.lost_in_a_row(j) for j in range(1, max(1, int(misses))))
        return (misses - 0.5 - ahead) * self.beat_s + self.margin_s

    def delay_max_s(self, misses: float) -> float:
        """k T + m."""
        return misses * self.beat_s + self.margin_s

    def misses_for(self, false_alarms_per_year: float) -> int:
        """The fewest missed beats that keep to this rate."""
        for misses in range(1, MISSES_MAX):
            if self.false_alarms_per_year(misses) <= false_alarms_per_year:
                return misses
        return MISSES_MAX

    def best_delay_mean_s(self, false_alarms_per_year: float) -> float:
        """The least mean delay at that rate of any detector that hears only this stream.

        After a beat, the number of missed ones is all there is to know, so the best test counts
        them; between two whole numbers it tosses a coin (Neyman and Pearson).
        """
        upper = self.misses_for(false_alarms_per_year)
        if upper == 1:
            return self.delay_mean_s(1)
        few = self.false_alarms_per_year(upper)
        many = self.false_alarms_per_year(upper - 1)
        share = (false_alarms_per_year - few) / (many - few)
        return share * self.delay_mean_s(upper - 1) + (1 - share) * self.delay_mean_s(upper)

    def group_misses_for(self, streams_per_s: float, false_alarms_per_year: float) -> int:
        """Beats missed in a row in a merged stream of independent members that keep to a rate."""
        lost = self.lost_in_a_row(1)
        beats = YEAR_S * streams_per_s
        for misses in range(1, MISSES_MAX):
            if beats * (1 - lost) * lost**misses <= false_alarms_per_year:
                return misses
        return MISSES_MAX

    def group_delay_mean_s(self, streams_per_s: float, false_alarms_per_year: float) -> float:
        """h / (rate ln 1/p) + m, with h = ln(beats a year / allowed rate)."""
        lost = self.lost_in_a_row(1)
        threshold = np.log(YEAR_S * streams_per_s / false_alarms_per_year)
        return float(threshold / (streams_per_s * np.log(1 / lost))) + self.margin_s


def _stationary(move: NDArray[np.float64]) -> NDArray[np.float64]:
    """The chain's long-run shares of its states."""
    n = move.shape[0]
    equations = np.vstack([move.T - np.eye(n), np.ones(n)])
    right = np.append(np.zeros(n), 1.0)
    return np.asarray(np.linalg.lstsq(equations, right, rcond=None)[0])
