"""A node and a device on pysparkplug; see the package."""

import sys
import time

import pysparkplug as psp

GROUP, NODE, DEVICE = "district-1", "gw-1", "ap-1"


def metric(name: str, datatype: psp.DataType, value: object) -> psp.Metric:
    return psp.Metric(psp.get_current_timestamp(), name, datatype, value=value)


def node_metrics(number: int) -> list[psp.Metric]:
    return [metric("gateway/cpu_pct", psp.DataType.DOUBLE, float(number))]


def device_metrics(number: int) -> list[psp.Metric]:
    return [
        metric("wifi/ok", psp.DataType.BOOLEAN, True),
        metric("wifi/clients", psp.DataType.INT32, number),
        metric("wifi/rx_bytes", psp.DataType.UINT64, 1_000 * number),
        metric("wifi/uptime_s", psp.DataType.UINT32, 4_000_000_000 + number),
        metric("check/rtt_ms", psp.DataType.FLOAT, number / 4),
    ]


def main() -> None:
    edge = psp.EdgeNode(GROUP, NODE, node_metrics(0), psp.Client(client_id="peer-edge"))
    edge.register(psp.Device(DEVICE, device_metrics(0)))
    edge.connect("127.0.0.1", port=int(sys.argv[1]))
    while not edge._connected:  # connect() returns before the broker has answered
        time.sleep(0.01)
    print("born", flush=True)
    for line in sys.stdin:
        order, _, number = line.strip().partition(" ")
        if order == "data":
            edge.update(node_metrics(int(number)))
            edge.update_device(DEVICE, device_metrics(int(number)))
        elif order == "stop":
            edge.disconnect()
        time.sleep(0.002)  # two readings of one metric never share a millisecond
        print(order, flush=True)


main()
