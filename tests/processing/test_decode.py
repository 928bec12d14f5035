"""The polite function: the same payloads as ``vocabulary.payload.decode``, many at a time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processing import decode_kernel as kernel
from processing.decode import Decoded, Fault, Joined, decode, join, text_of
from tests.processing.payload_cases import Cases, held
from vocabulary import payload as vocabulary_payload
from vocabulary.payload import (
    METRICS_MAX,
    PAYLOAD_BYTES_MAX,
    Datatype,
    Metric,
    Payload,
    PayloadMalformed,
    Unfit,
    Value,
    encode,
)

pytestmark = pytest.mark.filterwarnings("ignore:invalid value encountered in cast")
FIELD_NAMES = {
    kernel.NO_VALUE: "",
    kernel.INT: "int_value",
    kernel.LONG: "long_value",
    kernel.FLOAT: "float_value",
    kernel.DOUBLE: "double_value",
    kernel.BOOLEAN: "boolean_value",
    kernel.STRING: "string_value",
    kernel.BYTES: "bytes_value",
}


def value_of(joined: Joined, decoded: Decoded, row: int) -> Value | None:
    metrics = decoded.metrics
    field, bits = int(metrics.field[row]), int(metrics.bits[row])
    if field in (kernel.INT, kernel.LONG):
        return bits
    if field in (kernel.FLOAT, kernel.DOUBLE):
        return float(metrics.value[row])
    if field == kernel.BOOLEAN:
        return bool(bits)
    return text_of(joined, bits) if field == kernel.STRING else None


def metric_at(joined: Joined, decoded: Decoded, row: int) -> Metric:
    metrics = decoded.metrics
    flags = int(metrics.flags[row])
    return Metric(
        name=text_of(joined, int(metrics.name[row])) if flags & kernel.HAS_NAME else None,
        alias=int(metrics.alias[row]) if flags & kernel.HAS_ALIAS else None,
        timestamp_ms=int(metrics.timestamp_ms[row]) if flags & kernel.HAS_TIMESTAMP else None,
        datatype=int(metrics.datatype[row]) if flags & kernel.HAS_DATATYPE else None,
        value=value_of(joined, decoded, row),
        is_null=bool(flags & kernel.IS_NULL),
        is_historical=bool(flags & kernel.IS_HISTORICAL),
        field=FIELD_NAMES[int(metrics.field[row])],
    )


def payload_at(joined: Joined, decoded: Decoded, ix: int) -> Payload | Unfit:
    payloads = decoded.payloads
    if payloads.error[ix]:
        return Fault(int(payloads.error[ix])).unfit
    first, flags = int(payloads.metric_first[ix]), int(payloads.flags[ix])
    rows = range(first, first + int(payloads.metric_count[ix]))
    uuid = text_of(joined, int(payloads.uuid[ix])) if flags & kernel.HAS_UUID else None
    has_ts = flags & kernel.HAS_PAYLOAD_TIMESTAMP
    return Payload(
        tuple(metric_at(joined, decoded, row) for row in rows),
        timestamp_ms=int(payloads.timestamp_ms[ix]) if has_ts else None,
        seq=int(payloads.seq[ix]) if flags & kernel.HAS_SEQ else None,
        uuid=uuid or "",
    )


def meant(wire: bytes) -> Payload | Unfit:
    try:
        return vocabulary_payload.decode(wire)
    except PayloadMalformed as error:
        return error.reason


def read(payloads: list[bytes], *, room: int | None = None) -> list[Payload | Unfit]:
    joined = join(payloads)
    decoded = decode(joined, room=room)
    return [payload_at(joined, decoded, ix) for ix in range(len(payloads))]


def alike(one: Payload | Unfit, other: Payload | Unfit) -> bool:
    return repr(one) == repr(other)  # where NaN equals itself


@given(st.integers(0, 2**32), st.integers(0, 12), st.none() | st.integers(0, 9))
def test_it_reads_what_the_vocabulary_reads(seed: int, count: int, room: int | None) -> None:
    payloads = Cases(seed).take(count)
    for wire, ours in zip(payloads, read(payloads, room=room), strict=True):
        assert alike(ours, meant(wire)), wire.hex()


@given(st.lists(st.binary(max_size=60), max_size=8))
def test_no_bytes_hurt(payloads: list[bytes]) -> None:
    for wire, ours in zip(payloads, read(payloads), strict=True):
        assert alike(ours, meant(wire)), wire.hex()


def ordinary(count: int) -> bytes:
    metrics = (
        Metric(alias=ix, timestamp_ms=1_800_000_000_000 + ix, datatype=Datatype.INT64, value=-ix)
        for ix in range(1, count + 1)
    )
    return encode(Payload(tuple(metrics), timestamp_ms=7, seq=8))


def test_no_payload_at_all() -> None:
    decoded = decode(join([]))
    assert decoded.metrics.alias.size == decoded.payloads.seq.size == 0


def test_a_bad_payload_costs_itself_alone() -> None:
    good = ordinary(3)
    for bad in (good[:-1], good + b"\x0e", good + b"\x0b", good + b"\x12\x7f"):
        decoded = decode(join([good, bad, good]))
        assert (decoded.payloads.error != kernel.FINE).tolist() == [False, True, False]
        assert decoded.payloads.metric_count.tolist() == [3, 0, 3]
        assert decoded.metrics.payload_ix.tolist() == [0, 0, 0, 2, 2, 2]
        assert decoded.metrics.alias.tolist() == [1, 2, 3, 1, 2, 3]


def test_too_little_room_costs_nothing() -> None:
    payloads = [ordinary(3), b"\x12", b"\x12\x00" * 40, ordinary(2)]
    joined = join(payloads)
    whole = decode(joined)
    for room in (0, 1, 3, 44, 45):
        again = decode(joined, room=room)
        assert again.payloads.error.tolist() == [0, kernel.TRUNCATED, 0, 0]
        for one, other in zip((*whole.metrics,), (*again.metrics,), strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("wire", "fault"),
    [
        (b"", Fault.NONE),
        (b"\x08", Fault.TRUNCATED),
        (b"\x08\x80", Fault.TRUNCATED),
        (b"\x09\x00", Fault.TRUNCATED),
        (b"\x08" + b"\x80" * 10 + b"\x00", Fault.VARINT),
        (b"\x00\x00", Fault.TAG),
        (b"\x0e\x00", Fault.TAG),
        (b"\x88\x80\x80\x80\x80\x00\x00", Fault.TAG),
        (b"\x0c", Fault.GROUP),
        (b"\x0b", Fault.GROUP),
        (b"\x0b\x14", Fault.GROUP),
        (b"\x0b" * 101 + b"\x0c" * 101, Fault.DEPTH),
        (b"\x0b" * 100 + b"\x0c" * 100, Fault.NONE),
        (b"\x22\x01", Fault.LENGTH),
        (b"\x12\x02\x0a\x01x", Fault.LENGTH),
        (b"\x22\xff\xff\xff\xff\x0f", Fault.LENGTH),
        (bytes(PAYLOAD_BYTES_MAX + 1), Fault.TOO_LONG),
        (b"\x12\x00" * METRICS_MAX, Fault.NONE),
        (b"\x12\x00" * (METRICS_MAX + 1), Fault.TOO_MANY_METRICS),
        (b"\x12\x00" * (METRICS_MAX + 1) + b"\x00", Fault.TAG),
    ],
)
def test_a_refused_payload_says_why_and_where(wire: bytes, fault: Fault) -> None:
    payloads = decode(join([wire])).payloads
    assert Fault(int(payloads.error[0])) is fault
    assert 0 <= payloads.error_at[0] <= len(wire)
    if fault is not Fault.NONE:
        assert meant(wire) == fault.unfit


def test_the_limits_are_those_of_the_slow_way() -> None:
    long = held(4, bytes(PAYLOAD_BYTES_MAX - 4))
    assert len(long) == PAYLOAD_BYTES_MAX
    assert isinstance(read([long])[0], Payload)
    assert read([long + b"\x18"])[0] is Unfit.TOO_LONG


@pytest.mark.parametrize(
    "joined",
    [
        Joined(np.zeros(50, np.uint8), np.array([0, 11])),
        Joined(np.zeros(50, np.uint8), np.array([0, 5, 4])),
        Joined(np.zeros(50, np.uint8), np.array([-1, 5])),
        Joined(np.zeros(50, np.uint8), np.array([], dtype=np.int64)),
        Joined(np.zeros(10, np.uint8), np.array([0])),
        Joined(np.zeros(100, np.uint8)[::2], np.array([0, 5])),
    ],
)
def test_what_the_kernel_trusts_is_looked_at_first(joined: Joined) -> None:
    with pytest.raises(AssertionError):
        decode(joined)


def test_text_that_is_none_is_none() -> None:
    joined = join([b"ab\xff"])
    assert text_of(joined, 2) == "ab"
    assert text_of(joined, 1 << 32 | 2) is None
    with pytest.raises(AssertionError):
        text_of(joined, 1 << 32 | 3)
