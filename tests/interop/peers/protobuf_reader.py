"""Reads payloads with google.protobuf and the message module that pysparkplug brings.

Hexadecimal lines in, lines of JSON out. Neither the schema nor the runtime is Lamplighter's.
"""

import json
import sys

from pysparkplug import _protobuf


def told(wire: bytes) -> dict[str, object]:
    """Everything a payload holds, as plain values."""
    payload = _protobuf.Payload.FromString(wire)
    rows = []
    for one in payload.metrics:
        field = one.WhichOneof("value")
        rows.append(
            {
                "name": one.name if one.HasField("name") else None,
                "alias": one.alias if one.HasField("alias") else None,
                "datatype": one.datatype if one.HasField("datatype") else None,
                "timestamp": one.timestamp if one.HasField("timestamp") else None,
                "is_null": one.is_null,
                "is_historical": one.is_historical,
                "field": field,
                "value": getattr(one, field) if field else None,
            }
        )
    return {
        "timestamp": payload.timestamp if payload.HasField("timestamp") else None,
        "seq": payload.seq if payload.HasField("seq") else None,
        "metrics": rows,
    }


for line in sys.stdin:
    sys.stdout.write(json.dumps(told(bytes.fromhex(line.strip()))) + "\n")
    sys.stdout.flush()
