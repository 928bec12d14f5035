"""The columns that ingest hands to the processor, and those it gets back, each named once.

A NamedTuple of arrays goes into a kernel as it is. All rows are in order of arrival.
"""

from collections.abc import Iterable
from enum import IntEnum
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

MONO_MS_UNKNOWN: Final = -1
"""In ``Readings.mono_ms``: the gateway did not say; spacing is then not checked."""


class Readings(NamedTuple):
    """n readings in order of arrival; every column has shape (n,).

    All readings of one message (same node, same ``ts_ns``) must be in the same call of ``step``.
    """

    ts_ns: NDArray[np.int64]  # event time, UTC
    arrival_ns: NDArray[np.int64]  # the host's clock, UTC, never decreasing
    node_ix: NDArray[np.int32]  # in [0, N), see City
    metric: NDArray[np.int16]  # vocabulary.metrics.code_of
    value: NDArray[np.float64]  # every metric, as a number; a truth value is 0.0 or 1.0
    exact: NDArray[np.int64]  # integer metrics without rounding, else 0
    boot: NDArray[np.int32]  # the gateway's boot
    mono_ms: NDArray[np.int64]  # the gateway's monotonic clock, or MONO_MS_UNKNOWN
    historical: NDArray[np.bool_]  # from the spool: no proof of life


class CueKind(IntEnum):
    """What ingest knows about a session beyond readings."""

    HEARD = 0
    """Any fresh message of a gateway; readings say it too."""
    WILL = 1
    """The broker published the last will that matches the gateway's present session."""
    BORN = 2
    """A gateway's birth."""
    DEAF = 3
    """We lost our own broker session: silence says nothing. ``gateway_ix`` is ignored."""
    HEARING = 4
    """Our broker session is back."""


class Cues(NamedTuple):
    """n cues in order of arrival; every column has shape (n,)."""

    arrival_ns: NDArray[np.int64]
    gateway_ix: NDArray[np.int32]  # in [0, G)
    kind: NDArray[np.int8]  # CueKind


class UsageRows(NamedTuple):
    """n pieces of usage, each of the time that ends at ``ts_ns``; every column has shape (n,)."""

    ap_ix: NDArray[np.int32]
    ts_ns: NDArray[np.int64]
    device_ms: NDArray[np.int64]
    unobserved_ms: NDArray[np.int64]
    rx_delta_bytes: NDArray[np.int64]
    tx_delta_bytes: NDArray[np.int64]


class Reading(NamedTuple):
    """One row of ``Readings``, for callers that have few of them, as tests do."""

    ts_ns: int
    arrival_ns: int
    node_ix: int
    metric: int
    value: float
    exact: int = 0
    boot: int = 0
    mono_ms: int = MONO_MS_UNKNOWN
    historical: bool = False


_READING_TYPES: Final = ("i8", "i8", "i4", "i2", "f8", "i8", "i4", "i8", "?")
_CUE_TYPES: Final = ("i8", "i4", "i1")


def readings_of(rows: Iterable[Reading]) -> Readings:
    """Rows to columns."""
    columns = list(zip(*rows, strict=True)) or [()] * len(_READING_TYPES)
    return Readings(*(np.array(c, dtype=t) for c, t in zip(columns, _READING_TYPES, strict=True)))


def cues_of(rows: Iterable[tuple[int, int, int]]) -> Cues:
    """(arrival_ns, gateway_ix, kind) rows to columns."""
    columns = list(zip(*rows, strict=True)) or [()] * len(_CUE_TYPES)
    return Cues(*(np.array(c, dtype=t) for c, t in zip(columns, _CUE_TYPES, strict=True)))


NO_READINGS: Final = readings_of(())
NO_CUES: Final = cues_of(())
