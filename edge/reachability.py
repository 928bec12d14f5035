"""Whether an address answers: the smallest active check, a connection opened and closed.

A refused connection is an answer too: somebody is there to refuse it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from edge.check_desk import found, split
from edge.clock import Clock
from vocabulary.payload import Value
from vocabulary.units import NS_PER_MS

PROBES: Final = 3
PROBE_S_MAX: Final = 2.0

Check = Callable[[str], Awaitable[list[tuple[str, Value]]]]
"""An address -> what was found, in words of the catalogue."""


class Reachability:
    """Opens connections."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def check(self, address: str) -> list[tuple[str, Value]]:
        """Try a few times, one after another."""
        return found([await self._probe(address) for _ in range(PROBES)])

    async def _probe(self, address: str) -> float | None:
        place = split(address)
        assert place is not None  # the configuration was checked
        begun_ns = self._clock.mono_ns()
        try:
            async with asyncio.timeout(PROBE_S_MAX):
                _reader, writer = await asyncio.open_connection(*place)
        except ConnectionRefusedError:
            return self._since_ms(begun_ns)
        except (OSError, TimeoutError):
            return None
        took_ms = self._since_ms(begun_ns)
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        return took_ms

    def _since_ms(self, begun_ns: int) -> float:
        return round((self._clock.mono_ns() - begun_ns) / NS_PER_MS, 3)
