"""When to try the broker again: full jitter, so that a whole city never knocks at once.

After an outage of any length a thousand gateways spread over a minute. The delay grows until a
connection has proved itself, by lasting and by bringing one commit; a broker that accepts and
then kicks therefore meets ever longer pauses.
"""

import random
from typing import Final

from edge.configuration import Reconnect
from vocabulary.units import NS_PER_S

DOUBLINGS_MAX: Final = 16


class ReconnectPolicy:
    """Draws the delays; ``rng`` is given so that a run can be repeated."""

    def __init__(self, settings: Reconnect, rng: random.Random) -> None:
        self._settings = settings
        self._rng = rng
        self._failures = 0
        self._connected_ns: int | None = None
        self._committed = False

    def first_delay_s(self) -> float:
        """Before the first attempt after boot or after a loss."""
        return self._rng.uniform(0, self._settings.first_max_s)

    def own_link_delay_s(self) -> float:
        """When our own link just came back, so that nobody else is waiting with us."""
        return self._rng.uniform(0, self._settings.own_link_max_s)

    def connected(self, mono_ns: int) -> None:
        """The broker accepted us."""
        self._connected_ns = mono_ns
        self._committed = False

    def committed(self) -> None:
        """The host said that it has our data: the whole path works."""
        self._committed = True

    def lost(self, mono_ns: int) -> float:
        """The connection broke or an attempt failed; gives the seconds to wait."""
        since_ns, self._connected_ns = self._connected_ns, None
        stable_ns = self._settings.stable_s * NS_PER_S
        if since_ns is not None and self._committed and mono_ns - since_ns >= stable_ns:
            self._failures = 0
        self._failures = min(self._failures + 1, DOUBLINGS_MAX)
        if self._failures == 1:
            return self.first_delay_s()
        bound_s = min(self._settings.max_s, self._settings.base_s * 2**self._failures)
        return self._rng.uniform(0, bound_s)
