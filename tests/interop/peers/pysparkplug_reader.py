"""Reads payloads with pysparkplug's own decoding; see the package."""

import json
import sys

from pysparkplug._metric import Metric
from pysparkplug._protobuf import Payload


def read(line: str) -> dict[str, object]:
    wire = Payload.FromString(bytes.fromhex(line))
    metrics = [Metric.from_pb(one) for one in wire.metrics]
    return {
        "seq": wire.seq if wire.HasField("seq") else None,
        "metrics": [
            [one.name, one.alias, int(one.datatype), one.value, one.timestamp] for one in metrics
        ],
    }


for text in sys.stdin:
    try:
        print(json.dumps(read(text.strip())), flush=True)
    except Exception as error:  # noqa: BLE001 - what it cannot read is what the test wants to know
        print(json.dumps({"error": type(error).__name__}), flush=True)
