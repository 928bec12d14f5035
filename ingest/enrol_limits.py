"""How often one address may try: five times a minute, and after ten failures not for an hour.

Addresses are forgotten when they have been quiet, and their number is bounded: beyond it the one
that was quiet longest makes room.
"""

from collections import OrderedDict, deque
from enum import Enum, auto
from typing import Final

from vocabulary.units import S_PER_MIN

TRIES_A_MINUTE: Final = 5
FAILURES_MAX: Final = 10
LOCKED_S: Final = 60 * S_PER_MIN
ADDRESSES_MAX: Final = 10_000


class Verdict(Enum):
    """What the door says to an address."""

    COME_IN = auto()
    TOO_OFTEN = auto()
    LOCKED = auto()


class _Address:
    def __init__(self) -> None:
        self.tries: deque[int] = deque(maxlen=TRIES_A_MINUTE)
        self.failures = 0
        self.locked_until_s = 0


class TryLimits:
    """Who may try now."""

    def __init__(self, tries_a_minute: int = TRIES_A_MINUTE) -> None:
        self._tries_a_minute = tries_a_minute
        self._known: OrderedDict[str, _Address] = OrderedDict()

    def _of(self, address: str) -> _Address:
        found = self._known.pop(address, None) or _Address()
        if found.tries.maxlen != self._tries_a_minute:
            found.tries = deque(found.tries, maxlen=self._tries_a_minute)
        self._known[address] = found
        while len(self._known) > ADDRESSES_MAX:
            self._known.popitem(last=False)
        return found

    def ask(self, address: str, now_s: int) -> Verdict:
        """Count one try, unless it is refused."""
        found = self._of(address)
        if now_s < found.locked_until_s:
            return Verdict.LOCKED
        full = len(found.tries) == self._tries_a_minute
        if full and 0 <= now_s - found.tries[0] < S_PER_MIN:
            return Verdict.TOO_OFTEN
        found.tries.append(now_s)
        return Verdict.COME_IN

    def failed(self, address: str, now_s: int) -> bool:
        """Count a failure; True if it locks the address."""
        found = self._of(address)
        found.failures += 1
        if found.failures < FAILURES_MAX:
            return False
        found.failures, found.locked_until_s = 0, now_s + LOCKED_S
        return True

    def succeeded(self, address: str) -> None:
        """Failures before a success are forgiven."""
        self._of(address).failures = 0

    def unlock(self, address: str) -> bool:
        """Forget an address; False if it was not known."""
        return self._known.pop(address, None) is not None
