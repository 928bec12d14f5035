"""An edge node made with pysparkplug: python pysparkplug_edge.py PORT GROUP NODE DEVICE.

Says what happens as lines of JSON; takes ``data N``, ``stop`` and ``crash`` on its input.
"""

import json
import os
import sys

from pysparkplug import Client, DataType, Device, EdgeNode, Metric, get_current_timestamp


def say(event: str) -> None:
    """One line of JSON."""
    sys.stdout.write(json.dumps({"event": event}) + "\n")
    sys.stdout.flush()


def metric(name: str, datatype: DataType, value: object, now_ms: int | None = None) -> Metric:
    """A metric of now, or of the moment that its message shares."""
    return Metric(now_ms or get_current_timestamp(), name, datatype, value=value)


def device_metrics(clients: int) -> list[Metric]:
    """What an access point says, of one moment: values of two milliseconds are two rows."""
    now_ms = get_current_timestamp()
    return [
        metric("wifi/ok", DataType.BOOLEAN, True, now_ms),
        metric("wifi/clients", DataType.INT32, clients, now_ms),
        metric("wifi/rx_bytes", DataType.UINT64, 5_000_000_000, now_ms),
        metric("wifi/noise_dbm", DataType.INT8, -91, now_ms),
    ]


def main() -> None:
    """Births, then whatever is asked."""
    port, group, node, device = int(sys.argv[1]), *sys.argv[2:5]
    cpu = metric("gateway/cpu_pct", DataType.DOUBLE, 12.5)
    edge = EdgeNode(group, node, [cpu], Client(node), lambda _edge, _command: say("command"))
    edge.register(Device(device, device_metrics(0)))
    edge.connect("127.0.0.1", port=port)
    for line in sys.stdin:
        order, *rest = line.split()
        if order == "data":
            edge.update([metric("gateway/cpu_pct", DataType.DOUBLE, 12.5)])
            edge.update_device(device, device_metrics(int(rest[0])))
        elif order == "crash":
            os._exit(1)  # no farewell: the will speaks
        else:
            edge.disconnect()
            break
        say(order)
    say("ended")


main()
