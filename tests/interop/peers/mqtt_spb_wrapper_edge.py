"""An edge node made with mqtt-spb-wrapper: python mqtt_spb_wrapper_edge.py PORT GROUP NODE DEVICE.

Says what happens as lines of JSON; takes ``data N``, ``stop`` and ``crash`` on its input.
"""

import json
import os
import sys
import time

from mqtt_spb_wrapper import MqttSpbEntityDevice, MqttSpbEntityEdgeNode


def say(event: str) -> None:
    """One line of JSON."""
    sys.stdout.write(json.dumps({"event": event}) + "\n")
    sys.stdout.flush()


def put(device: MqttSpbEntityDevice, clients: int) -> None:
    """What an access point says, of one moment: values of two milliseconds are two rows."""
    now_ms = time.time_ns() // 1_000_000  # noqa: TID251 - a program of its own, as a stranger writes it
    device.data.set_value("wifi/ok", True, now_ms)
    device.data.set_value("wifi/clients", clients, now_ms)
    device.data.set_value("wifi/rx_bytes", 5_000_000_000, now_ms)
    device.data.set_value("wifi/noise_dbm", -91.0, now_ms)


def main() -> None:
    """Births, then whatever is asked. Node and device are two clients of the broker."""
    port, group, node, name = int(sys.argv[1]), *sys.argv[2:5]
    edge = MqttSpbEntityEdgeNode(group, node)
    edge.data.set_value("gateway/cpu_pct", 12.5)
    edge.on_command = lambda _payload: say("command")
    edge.connect("127.0.0.1", port, client_id=node)
    edge.publish_birth()
    device = MqttSpbEntityDevice(group, node, name)
    put(device, 0)
    device.connect("127.0.0.1", port, client_id=f"{node}-{name}")
    device.publish_birth()
    for line in sys.stdin:
        order, *rest = line.split()
        if order == "data":
            edge.data.set_value("gateway/cpu_pct", 12.5)
            edge.publish_data(send_all=True)
            put(device, int(rest[0]))
            device.publish_data(send_all=True)
        elif order == "crash":
            os._exit(1)  # no farewell: the wills speak
        else:
            device.disconnect()
            edge.disconnect()
            break
        say(order)
    say("ended")


main()
