"""Lists while messages arrive, columns when the processor asks, in order of arrival."""

import numpy as np

from ingest.node_session import TypedValue
from ingest.rows import Rows
from processing.columns import MONO_MS_UNKNOWN, CueKind
from vocabulary.metrics import code_of
from vocabulary.units import INT64_MAX


def test_values_become_columns() -> None:
    rows = Rows()
    values = [
        TypedValue("wifi/rx_bytes", INT64_MAX, 5, historical=False),
        TypedValue("wifi/ok", True, 5, historical=True),
        TypedValue("env/temperature_c", -1.5, 6, historical=False),
    ]
    rows.readings(4, values, arrival_ns=9_000_000, boot=2, mono_ms=MONO_MS_UNKNOWN)
    readings, cues = rows.take()
    assert readings.exact.tolist() == [INT64_MAX, 1, 0]  # not rounded by a float
    assert readings.value.tolist() == [float(INT64_MAX), 1.0, -1.5]
    assert readings.ts_ns.tolist() == [5_000_000, 5_000_000, 6_000_000]
    assert readings.metric.tolist() == [code_of(one.name) for one in values]
    assert readings.historical.tolist() == [False, True, False]
    for column, value in (
        (readings.node_ix, 4),
        (readings.boot, 2),
        (readings.mono_ms, MONO_MS_UNKNOWN),
        (readings.arrival_ns, 9_000_000),
    ):
        assert column.tolist() == [value] * 3
    assert cues.kind.size == 0


def test_taking_leaves_nothing() -> None:
    rows = Rows()
    rows.cue(CueKind.BORN, 1, 7)
    rows.cue(CueKind.WILL, 0, 8)
    assert len(rows) == 2
    readings, cues = rows.take()
    assert readings.ts_ns.size == 0
    assert cues.arrival_ns.tolist() == [7, 8]
    assert cues.kind.dtype == np.int8
    assert cues.kind.tolist() == [CueKind.BORN, CueKind.WILL]
    assert cues.gateway_ix.tolist() == [1, 0]
    assert len(rows) == 0
    assert rows.take()[1].kind.size == 0


def test_columns_and_values_keep_the_order_of_arrival() -> None:
    source = Rows()
    values = [TypedValue("wifi/rx_bytes", ix, ix, historical=False) for ix in range(8)]
    source.readings(0, values, arrival_ns=0, boot=0, mono_ms=0)
    columns, _cues = source.take()
    rows = Rows()
    rows.columns(columns, 0, 2)
    rows.columns(columns, 2, 3)  # follows the one before
    rows.readings(0, values[3:4], arrival_ns=0, boot=0, mono_ms=0)
    rows.columns(columns, 4, 5)
    rows.columns(columns, 7, 8)
    assert len(rows) == 6
    readings, _cues = rows.take()
    assert readings.exact.tolist() == [0, 1, 2, 3, 4, 7]
    assert [column.dtype for column in readings] == [column.dtype for column in columns]
    assert len(rows) == 0
