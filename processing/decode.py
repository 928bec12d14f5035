"""Sparkplug payloads -> columns, many at a time: the fast way for data messages.

What ``vocabulary.payload.decode`` accepts is accepted here and means the same; what it refuses
costs itself alone. Names, text and ``uuid`` stay references into the joined bytes, for ordinary
data has none; texts are not checked to be UTF-8. Of a name, an alias and a datatype nothing is
believed yet: ``bind.py`` does that.

    joined = join(payloads)
    decoded = decode(joined)
"""

from collections.abc import Sequence
from enum import IntEnum
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from processing import decode_kernel as kernel
from processing.decode_kernel import MetricColumns, PayloadColumns
from vocabulary.payload import METRICS_MAX, PAYLOAD_BYTES_MAX, Unfit

JOINED_BYTES_MAX: Final = (1 << 32) - 1 - kernel.PADDING_BYTES
"""References hold 32 bits of position."""
BYTES_PER_METRIC: Final = 6
"""Room is made for metrics of this size; smaller ones cost a second run."""

_PADDING: Final = bytes(kernel.PADDING_BYTES)
_METRIC_TYPES: Final = ("u8", "u8", "u8", "f8", "u8", "u4", "i4", "u1", "u1")
_PAYLOAD_TYPES: Final = ("u8", "u8", "u8", "u8", "i8", "i8", "i8", "u1", "u1")
_LIMITS: Final = np.array([PAYLOAD_BYTES_MAX, METRICS_MAX], dtype=np.int64)


class Fault(IntEnum):
    """Why a payload was refused."""

    NONE = kernel.FINE
    TRUNCATED = kernel.TRUNCATED
    VARINT = kernel.VARINT
    TAG = kernel.TAG
    GROUP = kernel.GROUP
    DEPTH = kernel.DEPTH
    LENGTH = kernel.LENGTH
    FULL = kernel.FULL
    TOO_LONG = kernel.TOO_LONG
    TOO_MANY_METRICS = kernel.TOO_MANY_METRICS

    @property
    def unfit(self) -> Unfit:
        """The reason under which it is counted."""
        assert self not in (Fault.NONE, Fault.FULL)
        if self is Fault.TOO_LONG:
            return Unfit.TOO_LONG
        if self is Fault.TOO_MANY_METRICS:
            return Unfit.TOO_MANY_METRICS
        return Unfit.NOT_PROTOBUF


class Joined(NamedTuple):
    """n payloads in one buffer."""

    data: NDArray[np.uint8]  # then PADDING_BYTES
    offsets: NDArray[np.int64]  # (n + 1,) ascending, from 0


class Decoded(NamedTuple):
    """What n payloads hold."""

    metrics: MetricColumns
    payloads: PayloadColumns


def join(payloads: Sequence[bytes]) -> Joined:
    """Put payloads behind one another."""
    offsets = np.zeros(len(payloads) + 1, dtype=np.int64)
    np.cumsum(np.fromiter(map(len, payloads), np.int64, len(payloads)), out=offsets[1:])
    return Joined(np.frombuffer(b"".join([*payloads, _PADDING]), np.uint8), offsets)


def decode(joined: Joined, *, room: int | None = None) -> Decoded:
    """Decode every payload; ``room`` metrics fit at once, more cost a second run."""
    data, offsets = joined
    assert data.dtype == np.uint8
    assert data.flags.c_contiguous
    assert kernel.PADDING_BYTES <= data.size <= JOINED_BYTES_MAX + kernel.PADDING_BYTES
    assert offsets.size >= 1
    assert offsets[0] >= 0
    assert np.all(offsets[1:] >= offsets[:-1])
    assert offsets[-1] <= data.size - kernel.PADDING_BYTES
    made = _decode(joined, data.size // BYTES_PER_METRIC if room is None else room)
    if np.any(made.payloads.error == kernel.FULL):
        made = _decode(joined, int(made.payloads.metric_count.sum()))
    return made


def _decode(joined: Joined, room: int) -> Decoded:
    n = joined.offsets.size - 1
    metrics = MetricColumns(*(np.empty(room, dtype=one) for one in _METRIC_TYPES))
    payloads = PayloadColumns(*(np.empty(n, dtype=one) for one in _PAYLOAD_TYPES))
    scratch = np.zeros(1, dtype=np.uint32)
    made = kernel.decode_payloads(
        joined.data,
        joined.offsets,
        _LIMITS,
        metrics,
        metrics.value.view(np.uint64),
        payloads,
        np.zeros(kernel.DEPTH_MAX, dtype=np.uint64),
        scratch,
        scratch.view(np.float32),
    )
    return Decoded(MetricColumns._make(column[:made] for column in metrics), payloads)


def text_of(joined: Joined, reference: int) -> str | None:
    """The text a reference points at; None if it is not UTF-8."""
    start, size_bytes = reference >> 32, reference & 0xFFFFFFFF
    assert start + size_bytes <= joined.offsets[-1]
    try:
        return joined.data[start : start + size_bytes].tobytes().decode()
    except UnicodeDecodeError:
        return None
