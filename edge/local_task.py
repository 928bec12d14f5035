"""The local broker's shell: access points' messages in, for as long as the gateway runs."""

import asyncio
from collections.abc import Callable

from edge.agent import Agent
from edge.clock import Clock
from edge.errors import LinkLost
from edge.mqtt_link import Connect, MqttLink
from edge.reconnect import ReconnectPolicy
from edge.uplink_task import Changed
from vocabulary.units import NS_PER_S


class LocalTask:
    """Subscribes to the configured topics and hands each message to the agent."""

    def __init__(
        self,
        agent: Agent,
        clock: Clock,
        connect: Connect,
        policy: ReconnectPolicy,
        changed: Changed,
        news: Callable[[], None],
    ) -> None:
        self._agent, self._clock, self._connect = agent, clock, connect
        self._policy, self._changed, self._news = policy, changed, news
        self._last_reason = ""

    async def run(self) -> None:
        """Listen until cancelled."""
        while True:
            delay_s = await self._session()
            until_ns = self._clock.mono_ns() + round(delay_s * NS_PER_S)
            await asyncio.sleep(self._clock.seconds_until(until_ns))

    async def _say(self, link: MqttLink) -> None:
        for command in self._agent.sources.commands(self._clock.now()):
            await link.publish(command)

    async def _session(self) -> float:
        try:
            async with self._connect(None) as link:
                await link.subscribe([(topic, 1) for topic in self._agent.local_filters])
                self._policy.connected(self._clock.mono_ns())
                self._policy.committed()  # nobody acknowledges here: lasting is enough
                self._last_reason = ""
                self._changed("local_broker_up", "")
                self._agent.sources.connected()
                await self._say(link)
                async for message in link.messages():
                    self._agent.local_message(
                        message.topic, message.payload, self._clock.now(), retained=message.retain
                    )
                    self._news()
                    await self._say(link)
        except LinkLost as error:
            if self._last_reason != error.reason:
                self._changed("local_broker_lost", error.reason)
            self._last_reason = error.reason
        return self._policy.lost(self._clock.mono_ns())
