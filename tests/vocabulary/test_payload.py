"""Our codec against google.protobuf as judge: what we write it reads, what it writes we read."""

import gzip
import struct
import zlib
from contextlib import suppress
from typing import Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vocabulary import sparkplug_b_pb2 as pb
from vocabulary.payload import (
    EMITTED,
    METRICS_MAX,
    PAYLOAD_BYTES_MAX,
    Datatype,
    Metric,
    Payload,
    PayloadMalformed,
    Unfit,
    Value,
    decode,
    encode,
    interpret,
    parse_message,
)

U64: Final = st.integers(0, 2**64 - 1)
TEXT: Final = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
VALUE_OF: Final[dict[Datatype, st.SearchStrategy[Value]]] = {
    Datatype.INT32: st.integers(-(2**31), 2**31 - 1),
    Datatype.INT64: st.integers(-(2**63), 2**63 - 1),
    Datatype.FLOAT: st.floats(width=32, allow_nan=False),
    Datatype.DOUBLE: st.floats(allow_nan=False),
    Datatype.BOOLEAN: st.booleans(),
    Datatype.STRING: TEXT,
    Datatype.DATETIME: U64,
}


@st.composite
def metrics(draw: st.DrawFn) -> Metric:
    datatype = draw(st.sampled_from(sorted(EMITTED)))
    return Metric(
        name=draw(st.none() | TEXT),
        alias=draw(st.none() | U64),
        timestamp_ms=draw(st.none() | U64),
        datatype=datatype,
        value=draw(st.none() | VALUE_OF[Datatype(datatype)]),
        is_historical=draw(st.booleans()),
    )


payloads = st.builds(
    Payload,
    metrics=st.lists(metrics(), max_size=5).map(tuple),
    timestamp_ms=st.none() | U64,
    seq=st.none() | st.integers(0, 255),
)


def test_every_emitted_type_is_tried() -> None:
    assert set(VALUE_OF) == EMITTED


@given(payloads, st.booleans())
def test_what_we_write_comes_back(payload: Payload, announce: bool) -> None:
    back = decode(encode(payload, announce=announce))
    assert (back.timestamp_ms, back.seq, back.uuid) == (payload.timestamp_ms, payload.seq, "")
    assert len(back.metrics) == len(payload.metrics)
    for was, now in zip(payload.metrics, back.metrics, strict=True):
        assert was.datatype is not None
        assert (now.name, now.alias, now.timestamp_ms) == (was.name, was.alias, was.timestamp_ms)
        assert now.datatype == (was.datatype if announce else None)
        assert now.is_null == (was.value is None)
        assert now.is_historical == was.is_historical
        assert interpret(now, was.datatype) == was.value


@given(payloads)
def test_the_judge_reads_what_we_write(payload: Payload) -> None:
    read = pb.Payload.FromString(encode(payload, announce=True))
    assert read.HasField("seq") == (payload.seq is not None)
    for was, now in zip(payload.metrics, read.metrics, strict=True):
        assert now.datatype == was.datatype
        assert now.is_null == (was.value is None)
        if was.datatype == Datatype.INT32 and was.value is not None:
            assert struct.unpack("<i", struct.pack("<I", now.int_value))[0] == was.value
        if was.datatype == Datatype.INT64 and was.value is not None:
            assert struct.unpack("<q", struct.pack("<Q", now.long_value))[0] == was.value


def read_or_refuse(wire: bytes) -> None:
    """Whatever the bytes are: a payload of typed values, or the one error."""
    with suppress(PayloadMalformed):
        for metric in decode(wire).metrics:
            assert metric.name is None or isinstance(metric.name, str)
            for datatype in (*Datatype, 0, 15, 99):
                interpret(metric, datatype)


@given(st.binary(max_size=300))
def test_no_bytes_hurt(wire: bytes) -> None:
    read_or_refuse(wire)


@given(payloads, st.data())
def test_a_damaged_payload_is_refused_or_read(payload: Payload, data: st.DataObject) -> None:
    wire = bytearray(encode(payload, announce=True))
    for _ in range(data.draw(st.integers(1, 3))):
        if wire:
            ix = data.draw(st.integers(0, len(wire) - 1))
            wire[ix] ^= 1 << data.draw(st.integers(0, 7))
    read_or_refuse(bytes(wire))


def foreign(**fields: object) -> Metric:
    """A metric as another implementation may write it."""
    message = pb.Payload()
    one = message.metrics.add()
    for name, value in fields.items():
        setattr(one, name, value)
    return decode(message.SerializeToString()).metrics[0]


@pytest.mark.parametrize(
    ("fields", "datatype", "meant"),
    [
        ({"int_value": 251}, Datatype.INT8, -5),
        ({"int_value": 4_294_967_291}, Datatype.INT8, -5),
        ({"long_value": 2**64 - 5}, Datatype.INT8, -5),
        ({"int_value": 251}, Datatype.UINT8, 251),
        ({"int_value": 2**32 - 1}, Datatype.INT32, -1),
        ({"int_value": 2**32 - 1}, Datatype.UINT32, 2**32 - 1),
        ({"int_value": 7}, Datatype.INT64, 7),
        ({"long_value": 2**63}, Datatype.INT64, -(2**63)),
        ({"long_value": 2**63}, Datatype.UINT64, 2**63),
        ({"boolean_value": True}, Datatype.INT32, 1),
        ({"int_value": 1}, Datatype.BOOLEAN, True),
        ({"int_value": 3}, Datatype.DOUBLE, 3.0),
        ({"float_value": 1.5}, Datatype.DOUBLE, 1.5),
        ({"string_value": "x"}, Datatype.TEXT, "x"),
        ({"float_value": 1.5}, Datatype.INT32, None),
        ({"string_value": "1"}, Datatype.INT32, None),
        ({"string_value": "1"}, Datatype.BOOLEAN, None),
        ({"string_value": "1"}, Datatype.DOUBLE, None),
        ({"int_value": 1}, Datatype.STRING, None),
        ({"bytes_value": b"x"}, Datatype.STRING, None),
        ({"int_value": 1, "is_null": True}, Datatype.INT32, None),
        ({"int_value": 1}, 99, None),
        ({}, Datatype.INT32, None),
    ],
)
def test_a_value_means_what_its_type_says(
    fields: dict[str, object], datatype: int, meant: Value | None
) -> None:
    value = interpret(foreign(**fields), datatype)
    assert value == meant
    assert type(value) is type(meant)


def test_strangers_fields_are_skipped() -> None:
    field_9_and_17 = b"\x4a\x02\x08\x01\x8a\x01\x01\x00"
    metric = b"\x0a\x01x" + field_9_and_17 + b"\x50\x07"
    wire = b"\x12" + bytes([len(metric)]) + metric + b"\xa2\x06\x03abc"
    (read,) = decode(wire).metrics
    assert (read.name, interpret(read, Datatype.INT32)) == ("x", 7)


@pytest.mark.parametrize(
    ("wire", "reason"),
    [
        (b"\xff\xff\xff", Unfit.NOT_PROTOBUF),
        (b"\x0b" * 500, Unfit.NOT_PROTOBUF),
        (b"\x00" * (PAYLOAD_BYTES_MAX + 1), Unfit.TOO_LONG),
        (b"\x12\x00" * (METRICS_MAX + 1), Unfit.TOO_MANY_METRICS),
    ],
)
def test_what_is_no_payload_is_refused_by_reason(wire: bytes, reason: Unfit) -> None:
    with pytest.raises(PayloadMalformed) as caught:
        parse_message(wire)
    assert caught.value.reason is reason
    assert caught.value.size_bytes == len(wire)
    assert str(len(wire)) in str(caught.value)


def test_text_that_is_none_costs_its_metric_and_no_neighbour() -> None:
    bad_name = b"\x12\x06\x0a\x02\xff\xfe\x50\x01"
    bad_value = b"\x12\x07\x0a\x01s\x7a\x02\xff\xfe"
    good = b"\x12\x05\x0a\x01x\x50\x07"
    first, second, third = decode(bad_name + bad_value + good + b"\x22\x01\xff").metrics
    assert first.name is None
    assert interpret(second, Datatype.STRING) is None
    assert (third.name, interpret(third, Datatype.INT32)) == ("x", 7)


def test_a_type_that_we_do_not_emit_is_our_mistake() -> None:
    with pytest.raises(AssertionError):
        encode(Payload((Metric(name="x", datatype=Datatype.UINT8, value=1),)))


@pytest.mark.parametrize("algorithm", ["DEFLATE", "GZIP", ""])
def test_a_compressed_payload_is_opened(algorithm: str) -> None:
    inner = encode(Payload((Metric("wifi/clients", 5, 7, Datatype.INT32, 9),), 8, 3))
    outer = pb.Payload(uuid="SPBV1.0_COMPRESSED")
    outer.body = gzip.compress(inner) if algorithm == "GZIP" else zlib.compress(inner)
    if algorithm:
        outer.metrics.add(name="algorithm", datatype=12, string_value=algorithm)
    found = decode(outer.SerializeToString())
    assert found == msgspec.structs.replace(decode(inner), uuid="SPBV1.0_COMPRESSED")
    bare = encode(Payload((), 8))
    outer.body, outer.seq = (gzip if algorithm == "GZIP" else zlib).compress(bare), 9
    assert decode(outer.SerializeToString()).seq == 9


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"no such thing", Unfit.NOT_INFLATABLE),
        (zlib.compress(bytes(2 << 20)), Unfit.INFLATED_TOO_LONG),
        (zlib.compress(b"\xff"), Unfit.NOT_PROTOBUF),
    ],
)
def test_what_only_says_that_it_is_compressed_is_refused(body: bytes, reason: Unfit) -> None:
    outer = pb.Payload(uuid="SPBV1.0_COMPRESSED", body=body)
    with pytest.raises(PayloadMalformed) as refused:
        decode(outer.SerializeToString())
    assert refused.value.reason is reason


def test_what_is_compressed_twice_is_opened_once() -> None:
    inner = pb.Payload(uuid="SPBV1.0_COMPRESSED", body=zlib.compress(b"")).SerializeToString()
    outer = pb.Payload(uuid="SPBV1.0_COMPRESSED", body=zlib.compress(inner), seq=1)
    assert decode(outer.SerializeToString()).metrics == ()
