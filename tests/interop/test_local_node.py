"""sparkplug-client as an access point on the local broker: asked for its birth, read, renamed."""

from collections.abc import Iterator

import pytest

from simulators.servers import Mosquitto
from tests.ingest.mqtt_peer import Peer
from tests.interop.local_desk import Desk
from tests.interop.peer_process import PeerProcess

AP = "ap-js"
SOURCE = f"""
[[source]]
ap_id = "{AP}"
topic = "spBv1.0/home/+/node-7/#"
format = "sparkplug"
metrics = [
  {{ name = "wifi/clients", path = "wifi/clients", device = "radio0" }},
  {{ name = "wifi/rx_bytes", path = "wifi/rx_bytes", device = "radio0" }},
  {{ name = "wifi/noise_dbm", path = "wifi/noise_dbm", device = "radio0" }},
]
"""


@pytest.fixture
def mosquitto() -> Iterator[Mosquitto]:
    with Mosquitto() as broker:
        yield broker


async def test_an_access_point_that_is_a_foreign_edge_node(mosquitto: Mosquitto) -> None:
    desk = Desk(mosquitto, AP, SOURCE)
    arguments = (str(mosquitto.port), "home", "node-7", "radio0")
    with (
        Peer(mosquitto.port, "tap", "spBv1.0/#") as tap,
        PeerProcess("sparkplug_client_edge.js", *arguments, PUBLISH_DEATH="yes") as node,
    ):
        tap.until(lambda heard: any("/DBIRTH/" in one.topic for one in heard))
        async with desk.running():  # it was born before we came: nothing would say what it is
            await desk.until(lambda: len(desk.values) == 3)
            node.order("data 7")
            await desk.until(lambda: desk.values["wifi/clients"] == 7)
            node.order("stop")
            await desk.until(lambda: desk.view.status == "offline")
    assert node.events.count("command") == 1
    assert desk.values == {"wifi/clients": 7, "wifi/rx_bytes": 5e9, "wifi/noise_dbm": -91.0}
    assert desk.agent.counts == {}
