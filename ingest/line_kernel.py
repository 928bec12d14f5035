"""Digits and commas of database lines, written by a kernel: a line costs as much as copying it.

``plain_lines.py`` says what a line is made of and asserts what this file trusts. A record in which
something is unusual (a thing said twice, a number that needs all its seventeen digits) is left to
the slow way; the kernel stops before it and is called again behind it.
"""

from typing import Any, Final, NamedTuple, TypeVar, cast

import numba as nb
import numpy as np
from numpy.typing import NDArray

from vocabulary.units import INT64_MAX, INT64_MIN

WHOLE: Final = 0
REAL: Final = 1
TRUTH: Final = 2

NUMBER_BYTES_MAX: Final = 24
"""The longest that is written: sign, nineteen digits, ``i``, comma."""
GROUPS_MAX: Final = 64
"""Points in one record; more go the slow way."""
REAL_MIN: Final = 1e-4
REAL_MAX: Final = 1e15
"""Between them Python writes no exponent, and fifteen digits say which number it is."""
PLACES_MAX: Final = 9

_POWERS: Final = np.array([10.0**ix for ix in range(PLACES_MAX + 1)])
_ZERO, _MINUS, _COMMA, _SPACE = 48, 45, 44, 32
_POINT, _LETTER_I, _NEWLINE = 46, 105, 10
_TEN: Final = np.uint64(10)
_DIGIT: Final = np.uint64(_ZERO)
_TRUE: Final = np.frombuffer(b"true", dtype=np.uint8)
_FALSE: Final = np.frombuffer(b"false", dtype=np.uint8)

Function = TypeVar("Function")


def _compiled(function: Function) -> Function:
    return cast(Function, nb.njit(nogil=True, cache=True)(function))


class Texts(NamedTuple):
    """Byte strings behind one another."""

    data: NDArray[np.uint8]
    start: NDArray[np.int64]
    size: NDArray[np.int64]


class Records(NamedTuple):
    """Which readings make one record, and whose."""

    node_ix: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]


class Values(NamedTuple):
    """What is written of n readings."""

    ts_ms: NDArray[np.int64]
    metric: NDArray[np.int64]  # row of ``names``, ``kinds`` and ``measurements``
    exact: NDArray[np.int64]
    value: NDArray[np.float64]


@_compiled
def put_whole(out: NDArray[np.uint8], at: int, number: int) -> int:
    """Write an integer above INT64_MIN; gives where it ends."""
    left = np.uint64(abs(number))  # unsigned, or a division costs many times as much
    if number < 0:
        out[at] = _MINUS
        at += 1
    digits, rest = 1, left // _TEN
    while rest:
        digits += 1
        rest = rest // _TEN
    end = at + digits
    for ix in range(end - 1, at - 1, -1):
        rest = left // _TEN
        out[ix] = _DIGIT + (left - rest * _TEN)
        left = rest
    return end


@_compiled
def put_real(out: NDArray[np.uint8], at: int, number: float) -> int:
    """Write a number as ``repr`` does; gives where it ends, -1 if that takes more than this.

    The fewest places whose decimal reads back as the number are the shortest text: up to fifteen
    digits no two decimals are the same double, and dividing by an exact power of ten rounds as
    reading does.
    """
    size = abs(number)
    if not (size == 0.0 or REAL_MIN <= size < REAL_MAX):
        return -1
    if size == 0.0 and np.copysign(1.0, number) < 0.0:
        return -1
    for places in range(PLACES_MAX + 1):
        scaled = size * _POWERS[places]
        if scaled >= REAL_MAX:
            return -1
        nearest = np.rint(scaled)
        if nearest / _POWERS[places] == size:
            if number < 0.0:
                out[at] = _MINUS
                at += 1
            whole, part = int(nearest), 0
            if places > 0:
                power = int(_POWERS[places])
                part = whole % power
                whole = whole // power
            at = put_whole(out, at, whole)
            out[at] = _POINT
            end = at + 1 + max(places, 1)
            for ix in range(end - 1, at, -1):
                out[ix] = _ZERO + part % 10
                part //= 10
            return end
    return -1


@_compiled
def put_text(
    out: NDArray[np.uint8], at: int, data: NDArray[np.uint8], start: int, size: int
) -> int:
    """Copy a text; gives where it ends."""
    for ix in range(size):
        out[at + ix] = data[start + ix]
    return at + size


@_compiled
def write_records(  # noqa: C901, PLR0913 - a kernel takes its columns one by one
    begin: int,
    records: Any,  # Records
    values: Any,  # Values
    kinds: NDArray[np.uint8],
    measurements: NDArray[np.int64],
    measurement_count: int,
    heads: Any,  # Texts, by node and measurement
    names: Any,  # Texts, by metric
    stamps: NDArray[np.int64],  # by metric, any numbers below 0
    out: NDArray[np.uint8],
) -> tuple[int, int]:
    """Write the lines of records from ``begin`` on, each with its newline.

    Gives where the text ends, and the record it stopped before.
    """
    at = 0
    group_ts = np.empty(GROUPS_MAX, dtype=np.int64)
    group_kind = np.empty(GROUPS_MAX, dtype=np.int64)
    stamp = 0
    for record in range(begin, records.first.size):
        line = at
        groups = 0
        row, last = records.first[record], records.last[record]
        is_odd = False
        while row < last and not is_odd:
            ts_ms = values.ts_ms[row]
            kind = measurements[values.metric[row]]
            for ix in range(groups):
                if group_ts[ix] == ts_ms and group_kind[ix] == kind:
                    is_odd = True
            if is_odd or groups == GROUPS_MAX or ts_ms == INT64_MIN:
                is_odd = True
                break
            group_ts[groups], group_kind[groups] = ts_ms, kind
            groups += 1
            stamp += 1
            head = records.node_ix[record] * measurement_count + kind
            at = put_text(out, at, heads.data, heads.start[head], heads.size[head])
            out[at] = _SPACE
            at += 1
            while row < last:
                metric = values.metric[row]
                if values.ts_ms[row] != ts_ms or measurements[metric] != kind:
                    break
                if stamps[metric] == stamp:
                    is_odd = True
                    break
                stamps[metric] = stamp
                at = put_text(out, at, names.data, names.start[metric], names.size[metric])
                if kinds[metric] == REAL:
                    end = put_real(out, at, values.value[row])
                    if end < 0:
                        is_odd = True
                        break
                    at = end
                elif kinds[metric] == TRUTH:
                    if values.exact[row]:
                        at = put_text(out, at, _TRUE, 0, _TRUE.size)
                    else:
                        at = put_text(out, at, _FALSE, 0, _FALSE.size)
                else:
                    if values.exact[row] == INT64_MIN:
                        is_odd = True
                        break
                    at = put_whole(out, at, values.exact[row])
                    out[at] = _LETTER_I
                    at += 1
                out[at] = _COMMA
                at += 1
                row += 1
            at = put_whole_after_comma(out, at, ts_ms)
        if is_odd:
            return line, record
    return at, records.first.size


@_compiled
def put_whole_after_comma(out: NDArray[np.uint8], at: int, ts_ms: int) -> int:
    """The comma becomes the space before the time, and a newline ends the line."""
    out[at - 1] = _SPACE
    at = put_whole(out, at, ts_ms)
    out[at] = _NEWLINE
    return at + 1


@_compiled
def write_rows(
    heads: Any,  # Texts, by row of ``head_ix``
    head_ix: NDArray[np.int64],
    ts_ms: NDArray[np.int64],
    names: Any,  # Texts, one per column
    columns: NDArray[np.int64],  # (names, n) whole numbers
    out: NDArray[np.uint8],
) -> int:
    """Write one line per row, whose fields are all whole numbers; gives where the text ends."""
    at = 0
    for row in range(head_ix.size):
        head = head_ix[row]
        at = put_text(out, at, heads.data, heads.start[head], heads.size[head])
        out[at] = _SPACE
        at += 1
        for name in range(names.start.size):
            at = put_text(out, at, names.data, names.start[name], names.size[name])
            at = put_whole(out, at, columns[name, row])
            out[at] = _LETTER_I
            out[at + 1] = _COMMA
            at += 2
        at = put_whole_after_comma(out, at, ts_ms[row])
    return at


assert INT64_MAX == -(INT64_MIN + 1)
