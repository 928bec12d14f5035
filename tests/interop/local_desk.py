"""A gateway's agent and its local task on a real broker, to be watched by a test."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from edge.agent import Agent
from edge.clock import SystemClock
from edge.configuration import Reconnect, broker_address
from edge.local_task import LocalTask
from edge.mqtt_link import aiomqtt_connector
from edge.reconnect import ReconnectPolicy
from edge.source_state import SourceView
from edge.spool_record import Record
from simulators.servers import Mosquitto
from tests.edge.one_gateway import OneGateway, settings
from vocabulary import sparkplug_b_pb2 as pb

WAIT_S = 30
HASTY = Reconnect(first_max_s=0.02, own_link_max_s=0.02, base_s=0.01, max_s=0.02, stable_s=0.01)


class Desk:
    """A gateway, one access point of which is looked at."""

    def __init__(self, broker: Mosquitto, ap_id: str, source: str) -> None:
        self.ap_id = ap_id
        self.agent: Agent = OneGateway(settings(rest=source)).agent
        self._news, self._up = asyncio.Event(), asyncio.Event()
        connect = aiomqtt_connector(
            broker_address(broker.url), client_id=f"gw-of-{ap_id}", keepalive_s=10
        )
        policy = ReconnectPolicy(HASTY, random.Random(1))
        self.task = LocalTask(
            self.agent, SystemClock(), connect, policy, self._changed, self._news.set
        )

    def _changed(self, event: str, reason: str) -> None:
        assert (event, reason) == ("local_broker_up", "")
        self._up.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Listen, and return once subscribed."""
        task = asyncio.create_task(self.task.run())
        try:
            async with asyncio.timeout(WAIT_S):
                await self._up.wait()
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def until(self, happened: Callable[[], bool]) -> None:
        """Wait for news until it has happened."""
        async with asyncio.timeout(WAIT_S):
            while not happened():
                self._news.clear()
                await self._news.wait()

    @property
    def view(self) -> SourceView:
        """What the doctor would show."""
        (view,) = [one for one in self.agent.sources.views(0) if one.ap_id == self.ap_id]
        return view

    @property
    def values(self) -> dict[str, float]:
        """The last value of each metric."""
        return self.view.values

    def records(self) -> list[pb.Payload]:
        """What stands in the spool."""
        spool = self.agent.spool
        found = [spool.read(offset) for offset in range(spool.next_offset)]
        return [pb.Payload.FromString(one.body) for one in found if isinstance(one, Record)]
