"""no_mac_leaves, through the whole gateway: whatever access points say, in every format."""

import json

import pytest

from edge import metrics_page
from edge.configuration import GatewayConfiguration, parse
from simulators.disk import SimulatedDisk
from tests.edge.one_gateway import OneGateway
from vocabulary import sparkplug_b_pb2 as pb

MAC = "02:00:5e:0a:0b:0c"
RAW = bytes.fromhex(MAC.replace(":", ""))
SPELLINGS = (MAC, MAC.upper(), MAC.replace(":", "-"), MAC.replace(":", ""), MAC.replace(":", "."))

SOURCES = """
gateway_id = "gw-one"
district = "north"
[uplink]
broker = "mqtt://127.0.0.1:1883"
[[source]]
ap_id = "ap-json"
topic = "ap/json/status"
status = { topic = "ap/json/lwt" }
metrics = [{ name = "wifi/clients", path = "length(stations)" },
           { name = "wifi/rx_bytes", path = "rx" }]
[[source]]
ap_id = "ap-plain"
format = "plain"
topic = "ap/plain"
metrics = [{ name = "wifi/clients" }]
[[source]]
ap_id = "ap-collectd"
format = "collectd"
topic = "ap/c/host"
metrics = [{ name = "wifi/noise_dbm", path = "wireless-wlan0/signal_noise" }]
[[source]]
ap_id = "ap-influx"
format = "influx"
topic = "telegraf/#"
metrics = [{ name = "wifi/rx_bytes", path = "net rx" }]
[[source]]
ap_id = "ap-node"
format = "sparkplug"
topic = "spBv1.0/home/+/n/#"
metrics = [{ name = "wifi/clients", path = "Clients" }]
"""


def node_message() -> bytes:
    """An edge node that names stations as metrics, devices and values."""
    payload = pb.Payload(timestamp=1, seq=0)
    payload.metrics.add(name="Clients", alias=1, datatype=3, int_value=2)
    payload.metrics.add(name=MAC, alias=2, datatype=12, string_value=MAC)
    payload.metrics.add(name="Raw", alias=3, datatype=17, bytes_value=RAW)
    return payload.SerializeToString()


def messages() -> list[tuple[str, bytes]]:
    station = {"mac": MAC, MAC: 1, "rssi": -60}
    return [
        ("ap/json/status", json.dumps({"stations": [station] * 3, "rx": 7}).encode()),
        ("ap/json/status", json.dumps({"stations": MAC, "rx": MAC}).encode()),
        ("ap/json/lwt", MAC.encode()),
        ("ap/plain", b"7"),
        ("ap/plain", MAC.encode()),
        ("ap/c/host/wireless-wlan0/signal_noise", b"N:-91\0"),
        ("ap/c/host/wireless-wlan0/signal_noise", MAC.encode() + b"\0"),
        (f"telegraf/{MAC}", f'net,station={MAC} rx=5i,who="{MAC}"\n{MAC} {MAC}={MAC}'.encode()),
        ("spBv1.0/home/NBIRTH/n", node_message()),
        (f"spBv1.0/home/DBIRTH/n/{MAC}", node_message()),
        (f"ap/strange/{MAC}", MAC.encode()),
        (f"ap/{MAC.replace(':', '')}", b"1"),
    ]


def configured() -> GatewayConfiguration:
    return parse(SOURCES, file="test.toml")


@pytest.mark.parametrize("order", [1, -1])
def test_no_mac_leaves(order: int) -> None:
    """Not on the uplink, not on the card, not on the page that the doctor reads."""
    disk = SimulatedDisk(seed=1)
    gateway = OneGateway(configured(), disk=disk)
    heard = gateway.connect()
    for topic, payload in messages()[::order]:
        gateway.agent.local_message(topic, payload, gateway.now, retained=False)
        gateway.agent.local_message(topic, payload, gateway.now, retained=True)
        gateway.agent.sources.dropped(topic)
        heard += gateway.say()
    gateway.wait(30)
    gateway.cut()
    heard += gateway.connect()
    gateway.wait(30)
    page = metrics_page.snapshot(gateway.agent, gateway.now, connects=2, attempts=2)
    sent = [repr(one) for one in gateway.host.heard]
    taken = {view.ap_id: view.values for view in page.sources}
    assert taken == {
        "ap-json": {"wifi/clients": 3.0, "wifi/rx_bytes": 7.0},
        "ap-plain": {"wifi/clients": 7.0},
        "ap-collectd": {"wifi/noise_dbm": -91.0},
        "ap-influx": {"wifi/rx_bytes": 5.0},
        "ap-node": {"wifi/clients": 2.0},
    }  # so that it is not silence that is found clean
    assert heard
    records = [repr(one.body) for one in gateway.generated.values()]
    assert records
    for text in (*sent, *records, repr(page)):
        assert not any(one in text for one in SPELLINGS)
        assert RAW not in text.encode("latin-1", "replace")
