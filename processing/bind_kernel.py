"""The kernel that gives decoded metrics their meaning; ``bind.py`` says what, and guards it.

Flat, like the decoder's. All text became numbers before: a metric's code, a device's number, a
delivery metric's column.
"""

from typing import Final, NamedTuple

import numba as nb
import numpy as np
from numpy.typing import NDArray

from processing import decode_kernel as wire
from processing.columns import MONO_MS_UNKNOWN, Readings
from processing.decode_kernel import MetricColumns, PayloadColumns
from vocabulary.units import NS_PER_MS

# SeriesColumns.kind and Ranges.kind: what Python would call the value
NO_KIND: Final = 0
WHOLE: Final = 1
REAL: Final = 2
TRUTH: Final = 3
TEXT: Final = 4

# SeriesColumns.code of what is no catalogue metric
STRANGER: Final = -1
DELIVERY: Final = -2
"""And below: delivery metric k is ``DELIVERY - k``."""

# columns of Messages.numbers
EPOCH, OFFSET, COMMITTED, LOST, LOST_REASON, BOOT, MONOTONIC, QUALITY, SENT = range(9)
NUMBER_COUNT: Final = 9

# columns of Messages.counts
UNKNOWN_ALIAS, FOREIGN_ALIAS, NULL_VALUE, UNKNOWN_METRIC = range(4)
OUT_OF_RANGE, FROM_THE_FUTURE, ANOTHER_TYPE = range(4, 7)
COUNT_COUNT: Final = 7

# bits of Messages.flags
HISTORICAL: Final = 1
UNEXPLAINED: Final = 2
ODD: Final = 4

_MS: Final = NS_PER_MS
_BOOT_MAX: Final = 2**31 - 1
_NO_MONO: Final = MONO_MS_UNKNOWN
_HAS_ALIAS: Final = wire.HAS_ALIAS
_HAS_TIMESTAMP: Final = wire.HAS_TIMESTAMP
_HAS_PAYLOAD_TIMESTAMP: Final = wire.HAS_PAYLOAD_TIMESTAMP
_HAS_UUID: Final = wire.HAS_UUID
_IS_HISTORICAL: Final = wire.IS_HISTORICAL
_IS_NULL: Final = wire.IS_NULL
_NO_VALUE: Final = wire.NO_VALUE
_FLOAT: Final = wire.FLOAT
_DOUBLE: Final = wire.DOUBLE
_STRING: Final = wire.STRING
_U = np.uint64
_0: Final = _U(0)


class SeriesColumns(NamedTuple):
    """What aliases stand for, k rows; every column has shape (k,). See ``SeriesTable``."""

    alias: NDArray[np.uint64]  # ascending within one node's part
    device: NDArray[np.int32]  # number of the device within its node
    code: NDArray[np.int32]  # catalogue code, STRANGER, or DELIVERY and below
    kind: NDArray[np.uint8]
    spare_bits: NDArray[np.int64]  # of a whole number: 64 minus its width
    signed: NDArray[np.bool_]


class Ranges(NamedTuple):
    """The catalogue by code, c rows; every column has shape (c,)."""

    kind: NDArray[np.uint8]  # what its field in the database holds
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    low_whole: NDArray[np.int64]
    high_whole: NDArray[np.int64]


class Senders(NamedTuple):
    """Who sent each of n payloads, and when; every column has shape (n,)."""

    table_start: NDArray[np.int64]
    table_size: NDArray[np.int64]
    device: NDArray[np.int32]  # number of the topic's device within its node, -1 for a stranger
    node_ix: NDArray[np.int32]
    arrival_ns: NDArray[np.int64]


class Messages(NamedTuple):
    """What each of n payloads came to."""

    reading_first: NDArray[np.int64]  # (n,) where its readings begin
    reading_count: NDArray[np.int64]  # (n,)
    numbers: NDArray[np.int64]  # (n, NUMBER_COUNT) its delivery metrics
    present: NDArray[np.bool_]  # (n, NUMBER_COUNT) which of them it had
    counts: NDArray[np.int64]  # (n, COUNT_COUNT) metrics that gave no reading, by reason
    flags: NDArray[np.uint8]  # (n,) HISTORICAL | UNEXPLAINED | ODD


@nb.njit(nogil=True, cache=True)
def bind_metrics(  # noqa: C901 - flat on purpose
    metrics: MetricColumns,  # (m,)
    signed_bits: NDArray[np.int64],  # (m,) metrics.bits seen as signed
    payloads: PayloadColumns,  # (n,) whose rows lie in [0, m)
    series: SeriesColumns,  # (k,) with codes in [.., c)
    ranges: Ranges,  # (c,)
    senders: Senders,  # (n,) whose parts lie in [0, k]
    future_ms: int,
    readings: Readings,  # (m,)
    messages: Messages,  # (n,) zeros
) -> int:
    aliases = series.alias
    made = 0
    for ix in range(payloads.error.size):
        messages.reading_first[ix] = made
        if payloads.error[ix] != 0:
            messages.reading_count[ix] = 0
            continue
        first_reading = made
        start, size = senders.table_start[ix], senders.table_size[ix]
        device, node_ix, arrival_ns = (
            senders.device[ix],
            senders.node_ix[ix],
            senders.arrival_ns[ix],
        )
        arrival_ms = arrival_ns // _MS
        latest_ms = _U(arrival_ms + future_ms)
        fallback_ms = payloads.timestamp_ms[ix]
        if payloads.flags[ix] & _HAS_PAYLOAD_TIMESTAMP == 0 or fallback_ms == _0:
            fallback_ms = _U(arrival_ms)
        counts, numbers, present = messages.counts[ix], messages.numbers[ix], messages.present[ix]
        flags = ODD if payloads.flags[ix] & _HAS_UUID else 0
        base = aliases[start] if size > 0 else _0
        first = payloads.metric_first[ix]
        for row in range(first, first + payloads.metric_count[ix]):
            metric_flags, field = metrics.flags[row], metrics.field[row]
            if metric_flags & _HAS_ALIAS == 0:
                flags |= ODD
                continue
            # ---- alias to series: dense as a rule, else by halving
            alias = metrics.alias[row]
            at = start
            if size > 0 and alias >= base and alias - base < _U(size):
                at = start + np.int64(alias - base)
            if size == 0 or aliases[at] != alias:
                low, high = start, start + size
                while low < high:
                    middle = (low + high) >> 1
                    if aliases[middle] < alias:
                        low = middle + 1
                    else:
                        high = middle
                at = low
                if low == start + size or aliases[low] != alias:
                    counts[UNKNOWN_ALIAS] += 1
                    flags |= UNEXPLAINED
                    continue
            if series.device[at] != device:
                counts[FOREIGN_ALIAS] += 1
                continue
            if metric_flags & _IS_HISTORICAL:
                flags |= HISTORICAL
            # ---- the value, as its type says
            code, kind = series.code[at], series.kind[at]
            is_absent = metric_flags & _IS_NULL != 0 or field == _NO_VALUE
            is_real = field in (_FLOAT, _DOUBLE)
            is_huge = False
            whole, number = 0, metrics.value[row]
            if kind == TEXT:
                if field == _STRING and not is_absent:
                    flags |= ODD
                    continue
                is_absent = True
            elif kind == NO_KIND or field >= _STRING:
                is_absent = True
            elif kind == WHOLE:
                is_absent = is_absent or is_real
                spare = series.spare_bits[at]
                whole = signed_bits[row] << spare
                if series.signed[at]:
                    whole >>= spare
                elif spare > 0:
                    whole = (whole >> spare) & ((1 << (64 - spare)) - 1)
                else:
                    is_huge = whole < 0
                number = np.float64(whole)
            elif kind == TRUTH:
                whole = 1 if (number != 0.0 if is_real else signed_bits[row] != 0) else 0
                number = np.float64(whole)
            # ---- a delivery metric
            if code <= DELIVERY:
                if not is_absent:
                    numbers[DELIVERY - code] = whole
                    present[DELIVERY - code] = True
                continue
            if is_absent and metric_flags & _IS_NULL == 0 and field != _NO_VALUE:
                flags |= ODD  # a value did come, in a form that its type does not have
                continue
            if is_absent:
                counts[NULL_VALUE] += 1
                continue
            # ---- a reading, if it can be true
            if code == STRANGER:
                counts[UNKNOWN_METRIC] += 1
                continue
            if kind == REAL:
                is_inside = ranges.low[code] <= number <= ranges.high[code]
            else:
                is_inside = ranges.low_whole[code] <= whole <= ranges.high_whole[code]
            if is_huge or not is_inside:
                counts[OUT_OF_RANGE] += 1
                continue
            timestamp_ms = fallback_ms
            if metric_flags & _HAS_TIMESTAMP:
                timestamp_ms = metrics.timestamp_ms[row]
            if timestamp_ms > latest_ms:
                counts[FROM_THE_FUTURE] += 1
                continue
            # ---- in the type of its field, whatever its sender calls it
            wanted = ranges.kind[code]
            if wanted == TRUTH:
                whole = 1 if number != 0.0 else 0
                number = np.float64(whole)
            elif wanted == REAL:
                whole = 0
            elif kind == REAL:
                whole = int(number)
                if np.float64(whole) != number:
                    counts[ANOTHER_TYPE] += 1
                    continue
            readings.ts_ns[made] = np.int64(timestamp_ms) * _MS
            readings.arrival_ns[made] = arrival_ns
            readings.node_ix[made] = node_ix
            readings.metric[made] = code
            readings.value[made] = number
            readings.exact[made] = whole
            readings.historical[made] = metric_flags & _IS_HISTORICAL != 0
            made += 1
        boot, mono_ms = numbers[BOOT], numbers[MONOTONIC]
        if not 0 <= boot <= _BOOT_MAX:
            boot = 0
        if not present[MONOTONIC] or mono_ms < 0:
            mono_ms = _NO_MONO
        for row in range(first_reading, made):
            readings.boot[row] = boot
            readings.mono_ms[row] = mono_ms
        messages.reading_count[ix] = made - first_reading
        messages.flags[ix] = flags
    return made
