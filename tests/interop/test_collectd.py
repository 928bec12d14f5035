"""Debian's collectd with its mqtt plugin, a real Mosquitto, our gateway: its counters are ours."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from edge.agent import Agent
from edge.clock import SystemClock
from edge.configuration import Reconnect, broker_address
from edge.local_task import LocalTask
from edge.mqtt_link import aiomqtt_connector
from edge.reconnect import ReconnectPolicy
from edge.spool_record import Record
from simulators.servers import Mosquitto
from tests.edge.one_gateway import OneGateway, settings
from tests.interop.collectd_server import Collectd
from vocabulary import sparkplug_b_pb2 as pb

WAIT_S = 30
HASTY = Reconnect(first_max_s=0.02, own_link_max_s=0.02, base_s=0.01, max_s=0.02, stable_s=0.01)
AP = "ap-collectd"
SOURCE = f"""
[[source]]
ap_id = "{AP}"
topic = "ap/{AP}/collectd/{AP}"
format = "collectd"
metrics = [
  {{ name = "wifi/rx_bytes", path = "interface-lo/if_octets", value = 0 }},
  {{ name = "wifi/tx_bytes", path = "interface-lo/if_octets", value = 1 }},
  {{ name = "wifi/noise_dbm", path = "wireless-wlan0/signal_noise" }},
]
"""


class Desk:
    """A gateway whose only access point runs collectd."""

    def __init__(self, broker: Mosquitto) -> None:
        self.agent: Agent = OneGateway(settings(rest=SOURCE)).agent
        self._news, self._up = asyncio.Event(), asyncio.Event()
        connect = aiomqtt_connector(
            broker_address(broker.url), client_id="gw-collectd", keepalive_s=10
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
    def values(self) -> dict[str, float]:
        """What the doctor would show."""
        (view,) = [one for one in self.agent.sources.views(0) if one.ap_id == AP]
        return view.values

    def records(self) -> list[pb.Payload]:
        """What stands in the spool."""
        spool = self.agent.spool
        found = [spool.read(offset) for offset in range(spool.next_offset)]
        return [pb.Payload.FromString(one.body) for one in found if isinstance(one, Record)]


@pytest.fixture
def mosquitto() -> Iterator[Mosquitto]:
    with Mosquitto() as broker:
        yield broker


def loopback_bytes() -> int:
    """What the kernel says of the same counter."""
    return int(Path("/sys/class/net/lo/statistics/rx_bytes").read_text("ascii"))


async def test_interface_and_wireless_counters_arrive(mosquitto: Mosquitto) -> None:
    before = loopback_bytes()
    desk = Desk(mosquitto)
    async with desk.running():
        with Collectd(mosquitto, AP, f"ap/{AP}/collectd", store_rates=False) as collectd:
            collectd.put("wireless-wlan0/signal_noise", "-92")
            await desk.until(lambda: len(desk.values) == 3)
            collectd.put("wireless-wlan0/signal_noise", "U")
            await desk.until(lambda: desk.agent.counts["ap_value_null"] == 1)
    assert set(desk.values) == {"wifi/rx_bytes", "wifi/tx_bytes", "wifi/noise_dbm"}
    assert before <= desk.values["wifi/rx_bytes"] <= loopback_bytes()
    assert desk.values["wifi/noise_dbm"] == -92.0
    assert set(desk.agent.counts) <= {"ap_value_null", "ap_topic_unknown"}
    times = [metric.timestamp for body in desk.records() for metric in body.metrics]
    assert times  # collectd's own, taken because they are near ours


async def test_rates_are_refused_and_said_to_be_rates(mosquitto: Mosquitto) -> None:
    """With StoreRates at its default no rate becomes a counter."""
    desk = Desk(mosquitto)
    async with desk.running():
        with Collectd(mosquitto, AP, f"ap/{AP}/collectd", store_rates=True):
            await desk.until(
                lambda: desk.agent.counts["ap_counter_is_a_rate"] >= 4 or bool(desk.values)
            )
    assert desk.values == {}
    assert desk.records() == []
