"""A node and a device on mqtt-spb-wrapper, each with a connection of its own; see the package."""

import sys
import time

from mqtt_spb_wrapper import MqttSpbEntityDevice, MqttSpbEntityEdgeNode

GROUP, NODE, DEVICE = "district-1", "gw-1", "ap-1"


def fill(node: MqttSpbEntityEdgeNode, device: MqttSpbEntityDevice, number: int) -> None:
    node.data.set_value("gateway/cpu_pct", float(number))
    device.data.set_value("wifi/ok", True)
    device.data.set_value("wifi/clients", number)
    device.data.set_value("wifi/rx_bytes", 1_000 * number)
    device.data.set_value("check/rtt_ms", number / 4)


def main() -> None:
    node = MqttSpbEntityEdgeNode(GROUP, NODE)
    device = MqttSpbEntityDevice(GROUP, NODE, DEVICE)
    fill(node, device, 0)
    for entity in (node, device):
        assert entity.connect("127.0.0.1", int(sys.argv[1]))
        entity.publish_birth()
    print("born", flush=True)
    for line in sys.stdin:
        order, _, number = line.strip().partition(" ")
        if order == "data":
            fill(node, device, int(number))
            node.publish_data()
            device.publish_data()
        elif order == "stop":
            device.disconnect()
            node.disconnect()
        time.sleep(0.002)  # two readings of one metric never share a millisecond
        print(order, flush=True)


main()
