"""The uplink's shell: connect, carry what the session says, begin again."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final

from edge.agent import Agent
from edge.clock import Clock
from edge.errors import LinkLost
from edge.mqtt_link import Connect, MqttLink
from edge.reconnect import ReconnectPolicy
from edge.uplink_session import Phase
from vocabulary.units import NS_PER_S

CLOSED: Final = "the broker closed the connection"
HOST_AWAY: Final = "the host is not on this broker"
LOSSES_NS: Final = 600 * NS_PER_S
LOSSES_MAX: Final = 100
LEAVE_S_MAX: Final = 2.0
"""What is still due when we leave gets so long; the spool keeps the rest."""

Changed = Callable[[str, str], None]
"""Called with (event, reason) when the link's state changes, not at every attempt."""


class UplinkTask:
    """Keeps one gateway connected for as long as it runs."""

    def __init__(
        self,
        agent: Agent,
        clock: Clock,
        connect: Connect,
        policy: ReconnectPolicy,
        changed: Changed,
        more: Sequence[Connect] = (),
    ) -> None:
        self._agent, self._clock = agent, clock
        self._brokers = (connect, *more)
        self._broker_ix = 0
        self._policy, self._changed = policy, changed
        self._news = asyncio.Event()
        self._stop = asyncio.Event()
        self._own_link_back = asyncio.Event()
        self._last_reason = ""
        self._lost_ns: deque[int] = deque(maxlen=LOSSES_MAX)
        self.connects = 0
        self.attempts = 0

    def losses(self, mono_ns: int) -> int:
        """How often a connection that stood was lost within ten minutes."""
        return sum(mono_ns - lost_ns < LOSSES_NS for lost_ns in self._lost_ns)

    def news(self) -> None:
        """Something may have become due: a record, a tick."""
        self._news.set()

    def own_link_back(self) -> None:
        """Our own cable or radio came back: nobody else waits with us, so a short delay will do."""
        self._own_link_back.set()

    def stop(self) -> None:
        """Say farewell and end."""
        self._stop.set()
        self._news.set()
        self._own_link_back.set()

    async def run(self) -> None:
        """Connect and converse until ``stop``."""
        delay_s = self._policy.first_delay_s()
        while not self._stop.is_set():
            await self._pause(delay_s)
            if self._stop.is_set():
                return
            delay_s = await self._session()

    async def _pause(self, delay_s: float) -> None:
        """Wait before the next attempt; our own link coming back cuts the wait short."""
        if not self._stop.is_set() and await self._waits(self._own_link_back, delay_s):
            self._own_link_back.clear()
            await self._waits(self._stop, min(delay_s, self._policy.own_link_delay_s()))

    async def _waits(self, event: asyncio.Event, delay_s: float) -> bool:
        until_ns = self._clock.mono_ns() + round(delay_s * NS_PER_S)
        try:
            async with asyncio.timeout(self._clock.seconds_until(until_ns)):
                return await event.wait()
        except TimeoutError:
            return False

    async def _session(self) -> float:
        uplink = self._agent.uplink
        self.attempts += 1
        try:
            async with self._brokers[self._broker_ix](uplink.will(self._clock.now())) as link:
                await link.subscribe(uplink.filters)
                now = self._clock.now()
                uplink.connected(now, broker=self._broker_ix)
                self._policy.connected(now.mono_ns)
                self.connects += 1
                self._last_reason = ""
                self._changed("uplink_up", "")
                await self._converse(link)
        except LinkLost as error:
            if uplink.phase is not Phase.DOWN:
                self._lost_ns.append(self._clock.mono_ns())
            uplink.attempt_failed(socket_opened=error.socket_opened)
            if uplink.phase is Phase.DOWN:
                self._walk()
            if self._last_reason != error.reason:
                self._changed("uplink_lost", error.reason)
            self._last_reason = error.reason
        finally:
            if uplink.phase is not Phase.DOWN:  # what came back while we were connected is old news
                self._own_link_back.clear()
            uplink.lost()
        return self._policy.lost(self._clock.mono_ns())

    def _walk(self) -> None:
        """This broker has nothing for us: the next attempt is at the next one of the list."""
        self._broker_ix = (self._broker_ix + 1) % len(self._brokers)

    async def _converse(self, link: MqttLink) -> None:
        try:
            await self._until_stopped(link)
        except LinkLost:
            raise
        except BaseException:  # cancelled, or a fault of ours: nobody else would say it
            with suppress(LinkLost, TimeoutError):
                async with asyncio.timeout(LEAVE_S_MAX):
                    await self._leave(link)
            raise
        if self._agent.uplink.leaves(self._clock.now()):
            self._walk()
            self._changed("uplink_lost", HOST_AWAY)
        await self._leave(link)

    async def _leave(self, link: MqttLink) -> None:
        """Closing sends DISCONNECT, which silences the will: so the farewell goes first."""
        farewell = self._agent.uplink.farewell(self._clock.now())
        if farewell is not None:
            await link.publish(farewell)

    async def _until_stopped(self, link: MqttLink) -> None:
        listener = asyncio.ensure_future(self._listen(link))
        try:
            while not self._stop.is_set():
                await self._publish_due(link)
                if listener.done():
                    listener.result()
                if self._agent.uplink.leaves(self._clock.now()):
                    return
                await self._wait_for_news(listener)
            with suppress(TimeoutError):
                async with asyncio.timeout(LEAVE_S_MAX):
                    await self._publish_all(link)
        finally:
            listener.cancel()
            await asyncio.gather(listener, return_exceptions=True)

    async def _listen(self, link: MqttLink) -> None:
        async for message in link.messages():
            valid = self._agent.uplink.receive(message.topic, message.payload, self._clock.now())
            if valid:
                self._policy.committed()
            self._news.set()
        raise LinkLost(CLOSED, socket_opened=True)

    async def _publish_due(self, link: MqttLink) -> None:
        self._news.clear()
        while not self._stop.is_set() and await self._publish_next(link):
            pass

    async def _publish_all(self, link: MqttLink) -> None:
        while await self._publish_next(link):
            pass

    async def _publish_next(self, link: MqttLink) -> bool:
        outgoing = self._agent.uplink.next(self._clock.now())
        if outgoing is None:
            return False
        await link.publish(outgoing)
        self._agent.uplink.sent(outgoing)
        return True

    async def _wait_for_news(self, listener: "asyncio.Future[None]") -> None:
        wake_ns = self._agent.uplink.wake_ns(self._clock.now())
        wait_s = None if wake_ns is None else self._clock.seconds_until(wake_ns)
        news = asyncio.ensure_future(self._news.wait())
        both: set[asyncio.Future[Any]] = {news, listener}
        await asyncio.wait(both, timeout=wait_s, return_when=asyncio.FIRST_COMPLETED)
        news.cancel()
