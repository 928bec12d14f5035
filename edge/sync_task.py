"""Syncs the spool in a thread of their own: a slow card delays durability and nothing else.

The loop goes on sampling and publishing while the card works. What piles up meanwhile is bounded
by the spool: beyond four groups it waits for the card itself (``edge.spool.SYNC_PATIENCE``).
"""

import asyncio
from collections.abc import Callable
from typing import Final

from edge.clock import Clock
from edge.spool import Spool, SyncJob
from vocabulary.units import NS_PER_S

SLOW_NS: Final = NS_PER_S
"""A card that takes longer for a group is called slow; a sound one takes some hundredths."""


class SyncTask:
    """At most one sync at a time. ``done`` is called in the loop after each."""

    def __init__(self, spool: Spool, clock: Clock, done: Callable[[], None]) -> None:
        self._spool, self._clock, self._done = spool, clock, done
        self._running: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Start the sync that is due, if there is one and none is under way."""
        if self._running is not None:
            if not self._running.done():
                return
            self._running.result()  # a fault of ours is not for a thread to keep
        job = self._spool.sync_job(self._clock.now())
        if job is not None:
            self._running = asyncio.ensure_future(self._sync(job))

    async def _sync(self, job: SyncJob) -> None:
        fault: OSError | None = None
        began_ns = self._clock.mono_ns()
        try:
            await asyncio.to_thread(job.run)
        except OSError as error:
            fault = error
        took_ns = self._clock.mono_ns() - began_ns
        self._spool.stats.last_sync_ns = took_ns
        self._spool.stats.slow_syncs += took_ns > SLOW_NS
        self._spool.sync_done(job, fault, self._clock.now())
        self._done()

    async def settled(self) -> None:
        """Wait for the sync under way."""
        if self._running is not None:
            await self._running
