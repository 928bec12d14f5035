"""The Sparkplug kernel: joined payload bytes to columns; ``decode.py`` says what, and guards it.

One flat function on purpose: a helper that takes an array, even an inlined one, leaves reference
counting in the loop, and split into tidy helpers this runs eight times slower.

It has two lanes. The fast lane takes a metric as our gateways and most libraries write it (alias,
timestamp, small datatype, flags, one number, in the order of their field numbers). Whatever is
otherwise is read again from its first byte by the general lane, which takes everything that
protobuf takes and refuses what it refuses. The fast lane may look past the end of a metric, for
``PADDING_BYTES`` follow the last payload, and it believes nothing it read unless it stopped
exactly at that end.

Unsigned 64-bit numbers never meet signed ones here: numba would make floats of both.
"""

from typing import Final, NamedTuple

import numba as nb
import numpy as np
from numpy.typing import NDArray

PADDING_BYTES: Final = 40
DEPTH_MAX: Final = 100

# positions in the limits
BYTES_MAX, METRICS_MAX, LIMIT_COUNT = range(3)

# bits of MetricColumns.flags
HAS_ALIAS: Final = 1
HAS_TIMESTAMP: Final = 2
HAS_DATATYPE: Final = 4
HAS_NAME: Final = 8
IS_HISTORICAL: Final = 16
IS_NULL: Final = 32

# bits of PayloadColumns.flags
HAS_PAYLOAD_TIMESTAMP: Final = 1
HAS_SEQ: Final = 2
HAS_UUID: Final = 4
HAS_BODY: Final = 8

# PayloadColumns.error
FINE: Final = 0
TRUNCATED: Final = 1
VARINT: Final = 2
TAG: Final = 3
GROUP: Final = 4
DEPTH: Final = 5
LENGTH: Final = 6
FULL: Final = 7
TOO_LONG: Final = 8
TOO_MANY_METRICS: Final = 9

# MetricColumns.field
NO_VALUE: Final = 0
INT: Final = 10
LONG: Final = 11
FLOAT: Final = 12
DOUBLE: Final = 13
BOOLEAN: Final = 14
STRING: Final = 15
BYTES: Final = 16

_PAYLOAD, _METRIC, _METADATA = range(3)
_U = np.uint64
_0, _1, _2, _4, _7, _8, _14, _15, _16 = (_U(n) for n in (0, 1, 2, 4, 7, 8, 14, 15, 16))
_24, _32, _40, _48, _56, _127, _128 = (_U(n) for n in (24, 32, 40, 48, 56, 127, 128))
_U32: Final = _U(0xFFFFFFFF)
_TOPS: Final = _U(0x8080808080808080)
_TOPS_OF_SIX: Final = _U(0x0000808080808080)
_TOP_OF_SIXTH: Final = _U(0x0000800000000000)
_ONES: Final = _U(0x0101010101010101)
# a varint's groups of seven bits move together in three steps: 8 of 7, 4 of 14, 2 of 28 bits
_EVEN_7, _ODD_7 = _U(0x007F007F007F007F), _U(0x7F007F007F007F00)
_EVEN_14, _ODD_14 = _U(0x00003FFF00003FFF), _U(0x3FFF00003FFF0000)
_EVEN_28, _ODD_28 = _U(0x000000000FFFFFFF), _U(0x0FFFFFFF00000000)


class MetricColumns(NamedTuple):
    """m metrics; every column has shape (m,). A reference is ``start << 32 | bytes``."""

    alias: NDArray[np.uint64]
    timestamp_ms: NDArray[np.uint64]
    bits: NDArray[np.uint64]  # as it came: an integer, the bits of a real, or a reference
    value: NDArray[np.float64]  # the same as a number: integers as unsigned, text as 0
    name: NDArray[np.uint64]  # reference
    datatype: NDArray[np.uint32]
    payload_ix: NDArray[np.int32]
    field: NDArray[np.uint8]  # INT .. BYTES, or NO_VALUE
    flags: NDArray[np.uint8]


class PayloadColumns(NamedTuple):
    """n payloads; every column has shape (n,). A refused one has no metric and an error."""

    timestamp_ms: NDArray[np.uint64]
    seq: NDArray[np.uint64]
    uuid: NDArray[np.uint64]  # reference
    body: NDArray[np.uint64]  # reference
    metric_first: NDArray[np.int64]  # where its metrics begin
    metric_count: NDArray[np.int64]  # with error FULL: how many there would be
    error_at: NDArray[np.int64]  # byte within the payload
    flags: NDArray[np.uint8]
    error: NDArray[np.uint8]


@nb.njit(nogil=True, cache=True)
def decode_payloads(  # noqa: C901 - flat on purpose, see above
    data: NDArray[np.uint8],  # payloads joined, then PADDING_BYTES of anything
    offsets: NDArray[np.int64],  # (n + 1,) ascending in [0, data.size - PADDING_BYTES]
    limits: NDArray[np.int64],  # (LIMIT_COUNT,)
    metrics: MetricColumns,  # (room,)
    value_bits: NDArray[np.uint64],  # (room,) metrics.value seen as integers
    payloads: PayloadColumns,  # (n,)
    groups: NDArray[np.uint64],  # (DEPTH_MAX,) scratch
    float_bits: NDArray[np.uint32],  # (1,) scratch
    float_value: NDArray[np.float32],  # (1,) the same scratch as a number
) -> int:
    alias_of, timestamp_of = metrics.alias, metrics.timestamp_ms
    bits_of, value_of, name_of = metrics.bits, metrics.value, metrics.name
    datatype_of, payload_of = metrics.datatype, metrics.payload_ix
    field_of, flags_of = metrics.field, metrics.flags
    room = alias_of.size
    row = 0
    for ix in range(offsets.size - 1):
        start, payload_end = offsets[ix], offsets[ix + 1]
        first = row
        error, count = FINE, 0
        if payload_end - start > limits[BYTES_MAX]:
            error = TOO_LONG
        payload_flags = 0
        payload_ms, seq, uuid, body = _0, _0, _0, _0
        alias, timestamp_ms, bits, name, datatype = _0, _0, _0, _0, _0
        field, flags = NO_VALUE, 0
        pos, end, metric_end = start, payload_end, payload_end
        kind, depth = _PAYLOAD, 0
        while error == FINE:
            metric_ended = False
            if pos == end:
                if depth > 0:
                    error = GROUP
                    break
                if kind == _PAYLOAD:
                    break
                if kind == _METADATA:
                    kind, end = _METRIC, metric_end
                    continue
                kind, end = _PAYLOAD, payload_end
                metric_ended = True
            elif kind == _PAYLOAD and data[_U(pos)] == 0x12 and depth == 0:
                # ---- the fast lane
                size = int(data[_U(pos + 1)])
                at = pos + 2
                stop = at + size
                if size < 128 and stop <= end and data[_U(at)] == 0x10:
                    flags, field, bits, name = HAS_ALIAS, NO_VALUE, _0, _0
                    timestamp_ms, datatype = _0, _0
                    alias = _U(data[_U(at + 1)])
                    at += 2
                    if alias >= _128:
                        alias = (alias & _127) | (_U(data[_U(at)]) << _7)
                        at += 1
                        if data[_U(at - 1)] >= 128:
                            stop = -1
                    if data[_U(at)] == 0x18:
                        word = (
                            _U(data[_U(at + 1)])
                            | (_U(data[_U(at + 2)]) << _8)
                            | (_U(data[_U(at + 3)]) << _16)
                            | (_U(data[_U(at + 4)]) << _24)
                            | (_U(data[_U(at + 5)]) << _32)
                            | (_U(data[_U(at + 6)]) << _40)
                        )
                        if ~word & _TOPS_OF_SIX != _TOP_OF_SIXTH:  # not between 1971 and 2109
                            stop = -1
                        word = (word & _EVEN_7) | ((word & _ODD_7) >> _1)
                        word = (word & _EVEN_14) | ((word & _ODD_14) >> _2)
                        timestamp_ms = (word & _EVEN_28) | ((word & _ODD_28) >> _4)
                        at += 7
                        flags |= HAS_TIMESTAMP
                    if data[_U(at)] == 0x20:
                        datatype = _U(data[_U(at + 1)])
                        if datatype >= _128:
                            stop = -1
                        at += 2
                        flags |= HAS_DATATYPE
                    if data[_U(at)] == 0x28 and data[_U(at + 1)] == 1:
                        at += 2
                        flags |= IS_HISTORICAL
                    if data[_U(at)] == 0x38 and data[_U(at + 1)] == 1:
                        at += 2
                        flags |= IS_NULL
                    if at != stop:
                        head = int(data[_U(at)])
                        word = (
                            _U(data[_U(at + 1)])
                            | (_U(data[_U(at + 2)]) << _8)
                            | (_U(data[_U(at + 3)]) << _16)
                            | (_U(data[_U(at + 4)]) << _24)
                            | (_U(data[_U(at + 5)]) << _32)
                            | (_U(data[_U(at + 6)]) << _40)
                            | (_U(data[_U(at + 7)]) << _48)
                            | (_U(data[_U(at + 8)]) << _56)
                        )
                        if head == 0x69:
                            field, bits = DOUBLE, word
                            at += 9
                        elif head == 0x50 or head == 0x58 or head == 0x70:
                            field = head >> 3
                            if word & _128 == _0:
                                bits = word & _127
                                at += 2
                            else:
                                tops = ~word & _TOPS
                                if tops == _0:  # more than eight bytes
                                    stop, tops = -1, _128
                                below = tops ^ (tops - _1)  # ones up to the last byte's top
                                ones = below & _ONES
                                ones += ones >> _32
                                ones += ones >> _16
                                ones += ones >> _8
                                at += 1 + int(ones & _15)
                                word &= below
                                word = (word & _EVEN_7) | ((word & _ODD_7) >> _1)
                                word = (word & _EVEN_14) | ((word & _ODD_14) >> _2)
                                bits = (word & _EVEN_28) | ((word & _ODD_28) >> _4)
                            if field == INT:
                                bits &= _U32
                            elif field == BOOLEAN:
                                bits = _U(bits != _0)
                        elif head == 0x65:
                            field, bits = FLOAT, word & _U32
                            at += 5
                        else:
                            stop = -1
                    if at == stop:
                        pos = stop
                        metric_ended = True
            if not metric_ended:
                # ---- the general lane: one field
                tag_at = pos
                tag, shift, byte = _0, _0, 128
                while byte >= 128 and pos < end and shift < 35:
                    byte = int(data[_U(pos)])
                    pos += 1
                    tag |= _U(byte & 127) << shift
                    shift += _7
                if byte >= 128 or tag > _U32:
                    error = TAG if shift >= 35 else TRUNCATED
                    pos = tag_at
                    break
                number, wire_type = tag >> _U(3), int(tag & _7)
                if (number == _0 and depth == 0) or wire_type > 5:
                    error = TAG
                    pos = tag_at
                    break
                value = _0
                if wire_type == 0:
                    shift, byte = _0, 128
                    while byte >= 128 and pos < end and shift < 70:
                        byte = int(data[_U(pos)])
                        pos += 1
                        value |= _U(byte & 127) << shift  # of the tenth byte one bit counts
                        shift += _7
                    if byte >= 128:
                        error = VARINT if shift >= 70 else TRUNCATED
                        break
                elif wire_type == 1 or wire_type == 5:
                    size = 8 if wire_type == 1 else 4
                    if size > end - pos:
                        error = TRUNCATED
                        break
                    for k in range(size):
                        value |= _U(data[_U(pos + k)]) << _U(8 * k)
                    pos += size
                elif wire_type == 2:
                    shift, byte = _0, 128
                    while byte >= 128 and pos < end and shift < 35:
                        byte = int(data[_U(pos)])
                        pos += 1
                        value |= _U(byte & 127) << shift
                        shift += _7
                    if byte >= 128 or value > _U(end - pos):
                        error = LENGTH if byte < 128 or shift >= 35 else TRUNCATED
                        break
                    size = int(value)
                    value = (_U(pos) << _32) | value
                    is_metric = kind == _PAYLOAD and number == _2
                    if depth == 0 and (is_metric or (kind == _METRIC and number == _8)):
                        kind, end = kind + 1, pos + size
                        if is_metric:
                            metric_end = end
                            alias, timestamp_ms, bits, name, datatype = _0, _0, _0, _0, _0
                            field, flags = NO_VALUE, 0
                        continue
                    pos += size
                elif wire_type == 3:
                    if kind + depth >= DEPTH_MAX:
                        error = DEPTH
                        break
                    groups[depth] = number
                    depth += 1
                    continue
                else:
                    if depth == 0 or groups[depth - 1] != number:
                        error = GROUP
                        pos = tag_at
                        break
                    depth -= 1
                    continue
                if depth > 0 or kind == _METADATA:
                    continue
                if kind == _PAYLOAD:
                    if tag == _U(0x08):
                        payload_ms, payload_flags = value, payload_flags | HAS_PAYLOAD_TIMESTAMP
                    elif tag == _U(0x18):
                        seq, payload_flags = value, payload_flags | HAS_SEQ
                    elif tag == _U(0x22):
                        uuid, payload_flags = value, payload_flags | HAS_UUID
                    elif tag == _U(0x2A):
                        body, payload_flags = value, payload_flags | HAS_BODY
                elif tag == _U(0x0A):
                    name, flags = value, flags | HAS_NAME
                elif tag == _U(0x10):
                    alias, flags = value, flags | HAS_ALIAS
                elif tag == _U(0x18):
                    timestamp_ms, flags = value, flags | HAS_TIMESTAMP
                elif tag == _U(0x20):
                    datatype, flags = value & _U32, flags | HAS_DATATYPE
                elif tag == _U(0x28):
                    flags = (flags | IS_HISTORICAL) ^ (0 if value != _0 else IS_HISTORICAL)
                elif tag == _U(0x38):
                    flags = (flags | IS_NULL) ^ (0 if value != _0 else IS_NULL)
                elif tag == _U(0x50):
                    field, bits = INT, value & _U32
                elif tag == _U(0x70):
                    field, bits = BOOLEAN, _U(value != _0)
                elif (
                    tag == _U(0x58)
                    or tag == _U(0x65)
                    or tag == _U(0x69)
                    or tag == _U(0x7A)
                    or tag == _U(0x82)
                ):
                    field, bits = int(number), value
                continue
            # ---- a metric is complete
            count += 1
            if row < room:
                alias_of[row] = alias
                timestamp_of[row] = timestamp_ms
                bits_of[row] = bits
                name_of[row] = name
                datatype_of[row] = np.uint32(datatype)
                payload_of[row] = ix
                field_of[row] = field
                flags_of[row] = flags
                if field == DOUBLE:
                    value_bits[row] = bits
                elif field == FLOAT:
                    float_bits[0] = np.uint32(bits)
                    value_of[row] = float_value[0]
                elif field >= STRING:
                    value_of[row] = 0.0
                else:
                    value_of[row] = np.float64(bits)
                row += 1
        if error == FINE and count > limits[METRICS_MAX]:
            error = TOO_MANY_METRICS
        if error == FINE and count > row - first:
            error = FULL
        if error != FINE:
            row = first
        payloads.timestamp_ms[ix] = payload_ms
        payloads.seq[ix] = seq
        payloads.uuid[ix] = uuid
        payloads.body[ix] = body
        payloads.metric_first[ix] = first
        payloads.metric_count[ix] = count if error in (FINE, FULL) else 0
        payloads.error_at[ix] = pos - start if error != FINE else 0
        payloads.flags[ix] = payload_flags
        payloads.error[ix] = error
    return row
