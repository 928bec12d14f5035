"""Reads messages with pysparkplug's own message classes: ``TOPIC HEX`` lines in, JSON out.

Births are remembered and handed to the decoding of data, exactly as its client does.
"""

import json
import sys
from types import SimpleNamespace

from pysparkplug import Client, Metric


def shown(metric: Metric) -> dict[str, object]:
    """One metric as plain values."""
    return {
        "name": metric.name,
        "alias": metric.alias,
        "datatype": int(metric.datatype),
        "timestamp": metric.timestamp,
        "value": metric.value
        if isinstance(metric.value, int | float | str | None)
        else str(metric.value),
        "is_null": metric.is_null,
        "is_historical": metric.is_historical,
    }


def main() -> None:
    """One answer a line; what cannot be read is named by its exception."""
    client = Client("reader")
    for line in sys.stdin:
        topic, wire = line.split()
        arrived = SimpleNamespace(topic=topic, payload=bytes.fromhex(wire), qos=0, retain=False)
        told: dict[str, object]
        try:
            payload = client._handle_message(arrived).payload
        except Exception as error:  # noqa: BLE001 - whichever it is, its name is the answer
            told = {"error": type(error).__name__}
        else:
            metrics = getattr(payload, "metrics", ())
            death = getattr(payload, "bd_seq_metric", None)
            told = {
                "kind": type(payload).__name__,
                "timestamp": payload.timestamp,
                "seq": getattr(payload, "seq", None),
                "metrics": [shown(one) for one in (*metrics, *([death] if death else []))],
            }
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


main()
