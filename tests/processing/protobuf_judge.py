"""What ``google.protobuf`` makes of payloads, as the columns that the kernel should have made."""

import struct
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np
from google.protobuf.message import DecodeError

from processing import decode_kernel as kernel
from processing.decode import Decoded, Joined, join
from vocabulary import sparkplug_b_pb2 as pb

Decode = Callable[[Joined], Decoded]

_VALUES: Final = {
    "int_value": kernel.INT,
    "long_value": kernel.LONG,
    "float_value": kernel.FLOAT,
    "double_value": kernel.DOUBLE,
    "boolean_value": kernel.BOOLEAN,
    "string_value": kernel.STRING,
    "bytes_value": kernel.BYTES,
}
_TEXT_FIELDS: Final = (kernel.STRING, kernel.BYTES)


class MetricFound(NamedTuple):
    """One metric; what is absent is None."""

    name: bytes | None
    alias: int | None
    timestamp_ms: int | None
    datatype: int | None
    is_historical: bool
    is_null: bool
    field: int
    value: int | bytes | None
    """Reals as their bits, so that every NaN equals itself."""


class PayloadFound(NamedTuple):
    """One payload."""

    timestamp_ms: int | None
    seq: int | None
    uuid: bytes | None
    body: bytes | None
    metrics: tuple[MetricFound, ...]


def _bytes(text: str | bytes | None) -> bytes | None:
    return text.encode() if isinstance(text, str) else text


def _value(field: int, found: object) -> int | bytes | None:
    if isinstance(found, float):  # a float's bits are those of the double it widens to
        return int(struct.unpack("<Q", struct.pack("<d", found))[0]) if found == found else -1
    if isinstance(found, str | bytes):
        return _bytes(found)
    return None if field == kernel.NO_VALUE else int(found)  # type: ignore[call-overload]


def _metric(wire: pb.Payload.Metric) -> MetricFound:
    fields = {descriptor.name: value for descriptor, value in wire.ListFields()}
    one_of = next((name for name in fields if name in _VALUES), "")
    field = _VALUES.get(one_of, kernel.NO_VALUE)
    return MetricFound(
        _bytes(fields.get("name")),
        fields.get("alias"),
        fields.get("timestamp"),
        fields.get("datatype"),
        fields.get("is_historical", False),
        fields.get("is_null", False),
        field,
        _value(field, fields.get(one_of)),
    )


def judged(wire: bytes) -> PayloadFound | None:
    """What protobuf reads; None if it refuses."""
    try:
        message = pb.Payload.FromString(wire)
    except DecodeError:
        return None
    fields = {descriptor.name: value for descriptor, value in message.ListFields()}
    return PayloadFound(
        fields.get("timestamp"),
        fields.get("seq"),
        _bytes(fields.get("uuid")),
        fields.get("body"),
        tuple(map(_metric, message.metrics)),
    )


def found(payloads: Sequence[bytes], decode: Decode) -> list[PayloadFound | None]:
    """What a decoder of ours reads, in the judge's words."""
    joined = join(payloads)
    decoded = decode(joined)
    data = joined.data.tobytes()

    def text(reference: int) -> bytes:
        start = reference >> 32
        return data[start : start + (reference & 0xFFFFFFFF)]

    def metric(row: tuple[int, ...], number: float) -> MetricFound:
        alias, timestamp_ms, bits, _value_of, name, datatype, _ix, field, flags = row
        value: int | bytes | None = bits
        if field in _TEXT_FIELDS:
            value = text(bits)
        elif field in (kernel.FLOAT, kernel.DOUBLE):
            value = _value(field, number)
        return MetricFound(
            text(name) if flags & kernel.HAS_NAME else None,
            alias if flags & kernel.HAS_ALIAS else None,
            timestamp_ms if flags & kernel.HAS_TIMESTAMP else None,
            datatype if flags & kernel.HAS_DATATYPE else None,
            bool(flags & kernel.IS_HISTORICAL),
            bool(flags & kernel.IS_NULL),
            field,
            None if field == kernel.NO_VALUE else value,
        )

    numbers = decoded.metrics.value.tolist()
    rows = zip(*(column.tolist() for column in decoded.metrics), strict=True)
    metrics = [metric(row, number) for row, number in zip(rows, numbers, strict=True)]
    assert int(decoded.payloads.metric_count.sum()) == len(metrics), "metrics of no payload"
    made: list[PayloadFound | None] = []
    for row in zip(*(column.tolist() for column in decoded.payloads), strict=True):
        timestamp_ms, seq, uuid, body, first, count, _error_at, flags, error = row
        if error:
            made.append(None)
            continue
        made.append(
            PayloadFound(
                timestamp_ms if flags & kernel.HAS_PAYLOAD_TIMESTAMP else None,
                seq if flags & kernel.HAS_SEQ else None,
                text(uuid) if flags & kernel.HAS_UUID else None,
                text(body) if flags & kernel.HAS_BODY else None,
                tuple(metrics[first : first + count]),
            )
        )
    return made


def numbers_agree(decoded: Decoded) -> bool:
    """Whether ``value`` says of every metric what ``bits`` says."""
    bits, field, value = decoded.metrics.bits, decoded.metrics.field, decoded.metrics.value
    wanted = np.where(np.isin(field, _TEXT_FIELDS), 0.0, bits.astype(np.float64))
    wanted = np.where(field == kernel.DOUBLE, bits.view(np.float64), wanted)
    with np.errstate(invalid="ignore"):  # of a signalling NaN numpy warns
        widened = bits.astype(np.uint32).view(np.float32).astype(np.float64)
    wanted = np.where(field == kernel.FLOAT, widened, wanted)
    return bool(np.all((wanted == value) | (np.isnan(wanted) & np.isnan(value))))


def first_difference(payloads: Sequence[bytes], decode: Decode) -> str:
    """What the judge and a decoder of ours see differently; empty if nothing."""
    for wire, ours in zip(payloads, found(payloads, decode), strict=True):
        theirs = judged(wire)
        if ours != theirs:
            return f"payload {wire.hex()}: ours {ours}, protobuf's {theirs}"
    return ""
