"""How often rebirths may be asked for: a broken node must not make a storm.

Per node one request per 10 s, doubling to 10 min while it goes on asking for one; all nodes
together at most ``CITY_PER_S`` a second. Every pause is a little longer than it must be, for each
node by another share, or a city that fell silent together would be asked together ever after.
"""

import zlib
from typing import Final

from vocabulary.units import NS_PER_S

NODE_NS: Final = 10 * NS_PER_S
NODE_NS_MAX: Final = 600 * NS_PER_S
CITY_PER_S: Final = 50
JITTER_MAX: Final = 0.25
"""So much longer a pause may be."""


class RebirthBudget:
    """Says whether a request may go out now."""

    def __init__(self) -> None:
        self._next_ns: dict[str, int] = {}
        self._pause_ns: dict[str, int] = {}
        self._city_room = float(CITY_PER_S)
        self._city_ns: int | None = None

    def may_ask(self, gateway: str, now_ns: int) -> bool:
        """Whether a rebirth request to ``gateway`` may be sent; counts it if so."""
        if now_ns < self._next_ns.get(gateway, now_ns):
            return False
        if self._city_ns is not None:
            passed_s = max(0, now_ns - self._city_ns) / NS_PER_S
            self._city_room = min(CITY_PER_S, self._city_room + passed_s * CITY_PER_S)
        self._city_ns = now_ns
        if self._city_room < 1:
            return False
        self._city_room -= 1
        last_ns = self._next_ns.get(gateway)
        pause_ns = self._pause_ns.get(gateway, NODE_NS)
        calm = last_ns is None or now_ns - last_ns > NODE_NS_MAX
        self._pause_ns[gateway] = NODE_NS * 2 if calm else min(2 * pause_ns, NODE_NS_MAX)
        self._next_ns[gateway] = now_ns + _jittered(gateway, NODE_NS if calm else pause_ns)
        return True


def _jittered(gateway: str, pause_ns: int) -> int:
    """A share of its own for each node and length, the same in every run."""
    share = zlib.crc32(f"{gateway} {pause_ns}".encode()) / 2**32
    return round(pause_ns * (1 + share * JITTER_MAX))
