"""Debian's collectd with its mqtt plugin, a real Mosquitto, our gateway: its counters are ours."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.servers import Mosquitto
from tests.interop.collectd_server import Collectd
from tests.interop.local_desk import Desk

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


@pytest.fixture
def mosquitto() -> Iterator[Mosquitto]:
    with Mosquitto() as broker:
        yield broker


def loopback_bytes() -> int:
    """What the kernel says of the same counter."""
    return int(Path("/sys/class/net/lo/statistics/rx_bytes").read_text("ascii"))


async def test_interface_and_wireless_counters_arrive(mosquitto: Mosquitto) -> None:
    before = loopback_bytes()
    desk = Desk(mosquitto, AP, SOURCE)
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
    desk = Desk(mosquitto, AP, SOURCE)
    async with desk.running():
        with Collectd(mosquitto, AP, f"ap/{AP}/collectd", store_rates=True):
            await desk.until(
                lambda: desk.agent.counts["ap_counter_is_a_rate"] >= 4 or bool(desk.values)
            )
    assert desk.values == {}
    assert desk.records() == []
