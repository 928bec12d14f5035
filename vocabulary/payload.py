"""Sparkplug B payload <-> values: narrow in what we emit, wide in what we accept.

Bytes go through ``google.protobuf``. Integers travel as two's complement in unsigned fields, so
their sign depends on the datatype, which data messages leave out: a decoded metric therefore
keeps its raw value and the field it came in, and ``interpret`` reads it once the type is known
(Eclipse Sparkplug 3.0, section 6.4.16).
"""

from enum import IntEnum, StrEnum
from typing import Final

import msgspec
from google.protobuf.message import DecodeError

from vocabulary import compression
from vocabulary import sparkplug_b_pb2 as pb
from vocabulary.errors import PeerFault

PAYLOAD_BYTES_MAX: Final = 1 << 20
METRICS_MAX: Final = 65_535
NAME_CHARS_MAX: Final = 1_024
_U64: Final = (1 << 64) - 1

Value = bool | int | float | str


class Datatype(IntEnum):
    """Sparkplug datatypes that carry one value (section 6.4.16)."""

    INT8 = 1
    INT16 = 2
    INT32 = 3
    INT64 = 4
    UINT8 = 5
    UINT16 = 6
    UINT32 = 7
    UINT64 = 8
    FLOAT = 9
    DOUBLE = 10
    BOOLEAN = 11
    STRING = 12
    DATETIME = 13
    TEXT = 14


UNKEPT: Final = {
    15: "uuid",
    16: "dataset",
    17: "bytes",
    18: "file",
    19: "template",
    20: "propertyset",
    21: "propertyset",
    **dict.fromkeys(range(22, 35), "array"),
}
"""Sparkplug datatypes that are no single number, truth or text, and their names in counts."""

EMITTED: Final = frozenset(
    {
        Datatype.INT32,
        Datatype.INT64,
        Datatype.FLOAT,
        Datatype.DOUBLE,
        Datatype.BOOLEAN,
        Datatype.STRING,
        Datatype.DATETIME,
    }
)
"""What we send. Libraries disagree about the bytes of the others, so we never do."""

_BITS: Final[dict[int, int]] = {
    Datatype.INT8: 8,
    Datatype.INT16: 16,
    Datatype.INT32: 32,
    Datatype.INT64: 64,
    Datatype.UINT8: 8,
    Datatype.UINT16: 16,
    Datatype.UINT32: 32,
    Datatype.UINT64: 64,
    Datatype.DATETIME: 64,
}
_SIGNED: Final = {Datatype.INT8, Datatype.INT16, Datatype.INT32, Datatype.INT64}
_KEPT: Final = frozenset(map(int, Datatype))
_INTEGER_FIELDS: Final = ("int_value", "long_value")
_VALUE_FIELDS: Final = (
    "int_value",
    "long_value",
    "float_value",
    "double_value",
    "boolean_value",
    "string_value",
)


class Unfit(StrEnum):
    """Why bytes are no payload, as it is counted."""

    TOO_LONG = "too_long"
    NOT_PROTOBUF = "not_protobuf"
    TOO_MANY_METRICS = "too_many_metrics"
    NOT_INFLATABLE = "not_inflatable"
    INFLATED_TOO_LONG = "inflated_too_long"


class PayloadMalformed(PeerFault):
    """Bytes that are not a Sparkplug payload, or exceed its limits."""

    remedy = "Look at what publishes on this topic; its messages are counted and not stored."

    def __init__(self, reason: Unfit, size_bytes: int) -> None:
        super().__init__(reason, size_bytes)
        self.reason, self.size_bytes = reason, size_bytes

    def __str__(self) -> str:
        return f"payload of {self.size_bytes} bytes refused: {self.reason}"


class Metric(msgspec.Struct, frozen=True):
    """One metric of a payload.

    ``name`` or ``alias`` or both; ``timestamp_ms`` UTC milliseconds. A decoded metric holds its
    raw value and ``field``; one that we emit holds its value and datatype.
    """

    name: str | None = None
    alias: int | None = None
    timestamp_ms: int | None = None
    datatype: int | None = None
    value: Value | None = None
    is_null: bool = False
    is_historical: bool = False
    field: str = ""


class Payload(msgspec.Struct, frozen=True):
    """One message body. ``seq`` is None in a death."""

    metrics: tuple[Metric, ...]
    timestamp_ms: int | None = None
    seq: int | None = None
    uuid: str = ""


def put_value(wire: pb.Payload.Metric, datatype: int, value: Value) -> None:
    """Write a value of ours into the field its datatype asks for."""
    bits = _BITS.get(datatype)
    if bits is not None:
        assert isinstance(value, int)
        if bits == 64:
            wire.long_value = value & _U64
        else:
            wire.int_value = value & 0xFFFFFFFF
    elif datatype == Datatype.BOOLEAN:
        wire.boolean_value = bool(value)
    elif datatype == Datatype.DOUBLE:
        wire.double_value = float(value)
    elif datatype == Datatype.FLOAT:
        wire.float_value = float(value)
    else:
        wire.string_value = str(value)


def fill_metric(wire: pb.Payload.Metric, metric: Metric, *, announce: bool) -> None:
    """Write one metric of ours into a protobuf metric.

    With ``announce`` (births) the datatype travels too; data messages leave it out.
    """
    assert metric.datatype in EMITTED, metric.datatype
    if metric.name is not None:
        wire.name = metric.name
    if metric.alias is not None:
        wire.alias = metric.alias
    if metric.timestamp_ms is not None:
        wire.timestamp = metric.timestamp_ms
    if announce:
        wire.datatype = metric.datatype
    if metric.is_historical:
        wire.is_historical = True
    if metric.value is None:
        wire.is_null = True
    else:
        put_value(wire, metric.datatype, metric.value)


def encode(payload: Payload, *, announce: bool = False) -> bytes:
    """Bytes of a payload of ours; every metric must carry an emitted datatype."""
    wire = pb.Payload()
    if payload.timestamp_ms is not None:
        wire.timestamp = payload.timestamp_ms
    if payload.seq is not None:
        wire.seq = payload.seq
    for metric in payload.metrics:
        fill_metric(wire.metrics.add(), metric, announce=announce)
    return wire.SerializeToString()


def _text(found: object) -> str | None:
    """Text of a field; None for bytes that are not UTF-8, which protobuf hands over as bytes."""
    return found if isinstance(found, str) else None


def _metric_from(wire: pb.Payload.Metric) -> Metric:
    field = wire.WhichOneof("value") or ""
    value = getattr(wire, field) if field in _VALUE_FIELDS else None
    return Metric(
        name=_text(wire.name) if wire.HasField("name") else None,
        alias=wire.alias if wire.HasField("alias") else None,
        timestamp_ms=wire.timestamp if wire.HasField("timestamp") else None,
        datatype=wire.datatype if wire.HasField("datatype") else None,
        value=None if isinstance(value, bytes) else value,
        is_null=wire.is_null,
        is_historical=wire.is_historical,
        field=field,
    )


def parse_message(wire: bytes) -> pb.Payload:
    """Bytes to the bare protobuf message, within the limits.

    Raises:
        PayloadMalformed: not protobuf, too long, or too many metrics.
    """
    if len(wire) > PAYLOAD_BYTES_MAX:
        raise PayloadMalformed(Unfit.TOO_LONG, len(wire))
    message = pb.Payload()
    try:
        message.ParseFromString(wire)
    except (DecodeError, RecursionError):
        raise PayloadMalformed(Unfit.NOT_PROTOBUF, len(wire)) from None
    if len(message.metrics) > METRICS_MAX:
        raise PayloadMalformed(Unfit.TOO_MANY_METRICS, len(wire))
    return message


def decode(wire: bytes, *, opened: bool = True) -> Payload:
    """Bytes from any edge node to a payload with raw values; a compressed one is opened, once.

    Unless ``opened``, what is compressed is left as it came.

    Text that is not UTF-8 counts as absent: its metric is lost, its neighbours are not.

    Raises:
        PayloadMalformed: not protobuf, too long or too many metrics, or no compressed payload
            where it says so.
    """
    message = parse_message(wire)
    if message.uuid != compression.UUID or not opened:
        return _payload_from(message)
    inner = _payload_from(parse_message(_inflated(message, len(wire))))
    return msgspec.structs.replace(
        inner,
        seq=message.seq if inner.seq is None and message.HasField("seq") else inner.seq,
        uuid=compression.UUID,
    )


def _inflated(message: pb.Payload, size_bytes: int) -> bytes:
    named = (one.string_value for one in message.metrics if one.name == compression.ALGORITHM)
    algorithm = _text(next(named, "")) or compression.DEFLATE
    inflated = compression.inflate(message.body, algorithm, bytes_max=PAYLOAD_BYTES_MAX)
    if inflated is None:
        raise PayloadMalformed(Unfit.NOT_INFLATABLE, size_bytes)
    if len(inflated) > PAYLOAD_BYTES_MAX:
        raise PayloadMalformed(Unfit.INFLATED_TOO_LONG, size_bytes)
    return inflated


def _payload_from(message: pb.Payload) -> Payload:
    return Payload(
        metrics=tuple(_metric_from(metric) for metric in message.metrics),
        timestamp_ms=message.timestamp if message.HasField("timestamp") else None,
        seq=message.seq if message.HasField("seq") else None,
        uuid=_text(message.uuid) or "",
    )


def refusal(metric: Metric, datatype: int) -> str | None:
    """Why ``interpret`` gives nothing although a value came; None if none did."""
    if metric.is_null or not metric.field:
        return None
    if datatype in UNKEPT:
        return f"datatype_{UNKEPT[datatype]}"
    return "value_of_another_field" if datatype in _KEPT else "datatype_unknown"


def interpret(metric: Metric, datatype: int) -> Value | None:
    """The value a metric means once its datatype is known; None if it has none.

    Integers are masked to their width and sign-extended, whichever field and however padded they
    came: 251 and 4294967291 are both -5 as Int8. A field that cannot hold the datatype gives None.
    """
    raw = metric.value
    if raw is None or metric.is_null:
        return None
    if datatype == Datatype.BOOLEAN:
        return bool(raw) if not isinstance(raw, str) else None
    if datatype in _BITS:
        if metric.field and metric.field not in (*_INTEGER_FIELDS, "boolean_value"):
            return None
        bits = _BITS[datatype]
        number = int(raw) & ((1 << bits) - 1)
        is_negative = datatype in _SIGNED and number >> (bits - 1)
        return number - (1 << bits) if is_negative else number
    if datatype in (Datatype.FLOAT, Datatype.DOUBLE):
        return float(raw) if not isinstance(raw, str) else None
    if datatype in (Datatype.STRING, Datatype.TEXT):
        return raw if isinstance(raw, str) else None
    return None
