"""How many gateways knock at once when the broker comes back: the reconnect policy, a thousandfold.

Only the policy runs, on virtual time: no sockets. Everybody loses the broker in the same instant,
and every attempt before its return fails.
"""

import random
from collections import deque
from heapq import heapify, heapreplace
from typing import NamedTuple

from edge.configuration import Reconnect
from edge.reconnect import ReconnectPolicy
from vocabulary.units import NS_PER_S


class Storm(NamedTuple):
    """The busiest second of one broker outage."""

    outage_s: float
    connects_per_s_peak: int
    attempts_per_s_peak: int
    all_back_s: float
    """From the broker's return to the last gateway's connection."""


class _Peak:
    """The most events within any one second."""

    def __init__(self) -> None:
        self._recent: deque[float] = deque()
        self.most = 0

    def add(self, at_s: float) -> None:
        self._recent.append(at_s)
        while at_s - self._recent[0] >= 1.0:
            self._recent.popleft()
        self.most = max(self.most, len(self._recent))


def storm(
    outage_s: float, *, gateways: int = 1_000, seed: int = 1, settings: Reconnect | None = None
) -> Storm:
    """One outage of ``outage_s`` seconds, seen by so many gateways."""
    policies = [
        ReconnectPolicy(settings or Reconnect(), random.Random(f"{seed}/{ix}"))
        for ix in range(gateways)
    ]
    for policy in policies:  # a long calm connection ends for all in one instant
        policy.connected(-1_000 * NS_PER_S)
        policy.committed()
    waiting = [(policy.lost(0), ix) for ix, policy in enumerate(policies)]
    heapify(waiting)
    attempts, connects = _Peak(), _Peak()
    back_s = outage_s
    for _ in range(gateways * 1_000):
        at_s, ix = waiting[0]
        if at_s == float("inf"):
            break
        attempts.add(at_s)
        if at_s < outage_s:
            next_s = at_s + policies[ix].lost(round(at_s * NS_PER_S))
            heapreplace(waiting, (next_s, ix))
        else:
            connects.add(at_s)
            back_s = at_s
            heapreplace(waiting, (float("inf"), ix))
    return Storm(outage_s, connects.most, attempts.most, back_s - outage_s)
