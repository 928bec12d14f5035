"""Which devices are there: access points and boards come and go, and each time it is said once.

A device that left is announced with a DDEATH, and what its records still say follows as history.
When it is back its DBIRTH goes out before its next reading. A device that the configuration no
longer has is born, and dies at once, only for as long as records of it may be waiting: somebody
has to say what their aliases mean.
"""

from collections.abc import Iterable


class Presence:
    """The devices of one gateway; the gateway itself is always there."""

    def __init__(self, configured: Iterable[str]) -> None:
        self._configured = frozenset(configured)
        self._gone: set[str] = set()
        self._changes: dict[str, None] = {}  # at most one per device

    def is_configured(self, device: str) -> bool:
        """Whether the gateway is told to read it."""
        return device in self._configured

    def is_there(self, device: str) -> bool:
        """Whether its readings are of the present."""
        return device in self._configured and device not in self._gone

    def left(self, device: str) -> bool:
        """It is silent or unplugged; gives whether that is news."""
        if device in self._gone:
            return False
        self._gone.add(device)
        self._changes[device] = None
        return True

    def back(self, device: str) -> bool:
        """It was heard; gives whether that is news."""
        if device not in self._gone:
            return False
        self._gone.discard(device)
        self._changes[device] = None
        return True

    def take_changes(self) -> list[str]:
        """The devices of which something is to be said."""
        changes, self._changes = list(self._changes), {}
        return changes
