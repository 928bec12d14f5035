"""Patience with each gateway, and quarantine for one that uses it up.

A sound gateway's data costs next to nothing and is not counted here. What is costly (births, and
data that must be taken apart in the slow way) is charged by its bytes, and what is refused as a
whole costs as much as a large payload. Patience comes back at a steady rate. When it is gone the
gateway is in quarantine: its messages are dropped unread, counted, and shown. Nothing of them is
committed, so a gateway that was only ill keeps its readings and brings them again.
"""

from typing import Final, NamedTuple

from vocabulary.units import NS_PER_S

PATIENCE_BYTES: Final = 8 << 20
"""Several rebirths of the largest node, and some forty payloads that are none."""
PATIENCE_BYTES_PER_S: Final = 256 << 10
BIRTH_BYTES: Final = 8 << 10
"""A birth costs at least so much: a thousand a second are too many in a second."""
SLOW_BYTES: Final = 256
REFUSED_BYTES: Final = 192 << 10
PAUSE_NS: Final = 60 * NS_PER_S
PAUSE_NS_MAX: Final = 3_600 * NS_PER_S
FORGIVEN_NS: Final = 24 * 3_600 * NS_PER_S
"""After so long without a new one the next quarantine is a short one again."""


class Sentence(NamedTuple):
    """One quarantine; ``number`` counts those of the gateway that were not forgiven."""

    until_ns: int
    number: int


class _Patience:
    __slots__ = ("at_ns", "left_bytes")

    def __init__(self, at_ns: int) -> None:
        self.left_bytes, self.at_ns = float(PATIENCE_BYTES), at_ns


class Offenders:
    """Who is in quarantine, and how near to it the others are. Gateways of the inventory only."""

    def __init__(self) -> None:
        self._patience: dict[str, _Patience] = {}
        self._sentences: dict[str, Sentence] = {}
        self._held: dict[str, int] = {}

    def charge(self, gateway: str, cost_bytes: int, now_ns: int) -> bool:
        """Spend patience; gives whether that was the last of it, and quarantine begins."""
        one = self._patience.get(gateway)
        if one is None:
            one = self._patience[gateway] = _Patience(now_ns)
        passed_ns = max(0, now_ns - one.at_ns)
        regained = passed_ns * PATIENCE_BYTES_PER_S / NS_PER_S
        one.left_bytes = min(PATIENCE_BYTES, one.left_bytes + regained) - cost_bytes
        one.at_ns = max(one.at_ns, now_ns)
        if one.left_bytes >= 0:
            return False
        one.left_bytes = PATIENCE_BYTES / 2
        last = self._sentences.get(gateway)
        number = 1
        if last is not None and now_ns - last.until_ns < FORGIVEN_NS:
            number = last.number + 1
        pause_ns = min(PAUSE_NS << min(number - 1, 16), PAUSE_NS_MAX)
        self._sentences[gateway] = Sentence(now_ns + pause_ns, number)
        self._held[gateway] = now_ns + pause_ns
        return True

    def is_held(self, gateway: str, now_ns: int) -> bool:
        """Whether the gateway is in quarantine."""
        until_ns = self._held.get(gateway)
        if until_ns is None:
            return False
        if now_ns >= until_ns:
            del self._held[gateway]
            return False
        return True

    def sentence(self, gateway: str, now_ns: int) -> Sentence | None:
        """The quarantine that a gateway is in."""
        last = self._sentences.get(gateway)
        return last if last is not None and now_ns < last.until_ns else None

    def held_count(self, now_ns: int) -> int:
        """How many gateways are in quarantine."""
        return sum(now_ns < until_ns for until_ns in self._held.values())
