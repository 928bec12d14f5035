"""Checks that a host asked for: who is to be checked, and by what.

The seam for active checks. ``Node Control/Check Now`` names a device (or nobody, for the gateway
itself); the request waits here until the shell takes it, and what the check found is stored as
readings of that device like any others. Today's check is whether an address answers; a better one
is another ``Check`` given to the shell.
"""

from collections import Counter, deque
from collections.abc import Mapping
from typing import Final

from vocabulary.payload import Value

WAITING_MAX: Final = 8
"""A host that asks faster than checks can be made is told nothing: the newest is dropped."""
NAMES: Final = ("check/loss_pct", "check/rtt_ms")
"""What the check of an address finds."""


def split(address: str) -> tuple[str, int] | None:
    """``HOST:PORT`` taken apart; None if it is none."""
    host, colon, port = address.rpartition(":")
    if not (colon and host and port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
        return None
    return host.strip("[]"), int(port)


def found(times_ms: list[float | None]) -> list[tuple[str, Value]]:
    """The answers of some probes as readings: how many were lost, and the fastest."""
    answered = [one for one in times_ms if one is not None]
    loss_pct = 100.0 * (len(times_ms) - len(answered)) / len(times_ms)
    made: list[tuple[str, Value]] = [("check/loss_pct", loss_pct)]
    if answered:
        made.append(("check/rtt_ms", min(answered)))
    return made


class CheckDesk:
    """Requests on their way from the uplink to whoever makes checks."""

    def __init__(self, addresses: Mapping[str, str], *, node: str) -> None:
        self._addresses = dict(addresses)
        self._node = node
        self._waiting: deque[str] = deque()
        self.counts: Counter[str] = Counter()

    def ask(self, device: str) -> None:
        """A host wants to know about a device."""
        known = device == self._node or device in self._addresses
        if not known:
            self.counts["check_unknown"] += 1
        elif device in self._waiting:
            self.counts["check_merged"] += 1
        elif len(self._waiting) >= WAITING_MAX:
            self.counts["check_too_many"] += 1
        else:
            self.counts["check_asked"] += 1
            self._waiting.append(device)

    @property
    def is_wanted(self) -> bool:
        """Whether a check is to be made."""
        return bool(self._waiting)

    def take(self) -> str | None:
        """The next device to check; None if there is none."""
        return self._waiting.popleft() if self._waiting else None

    def address(self, device: str) -> str:
        """Where a device answers; empty if nobody said so."""
        return self._addresses.get(device, "")
