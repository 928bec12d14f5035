"""Rows gathered since the last step, as lists that become columns."""

import numpy as np

from ingest.node_session import TypedValue
from processing.columns import CueKind, Cues, Reading, Readings, cues_of, readings_of
from vocabulary.metrics import code_of
from vocabulary.units import NS_PER_MS


class Rows:
    """Lists while messages arrive, arrays when the processor asks."""

    def __init__(self) -> None:
        self._readings: list[Reading] = []
        self._columns: list[Readings] = []  # what came before ``_readings``
        self._cues: list[tuple[int, int, int]] = []
        self._open: tuple[Readings, int, int] | None = None  # columns that may go on

    def __len__(self) -> int:
        self._close()
        in_columns = sum(one.ts_ns.size for one in self._columns)
        return in_columns + len(self._readings) + len(self._cues)

    def cue(self, kind: CueKind, gateway_ix: int, arrival_ns: int) -> None:
        """Something happened to a gateway's session."""
        self._cues.append((arrival_ns, gateway_ix, int(kind)))

    def readings(
        self, node_ix: int, values: list[TypedValue], *, arrival_ns: int, boot: int, mono_ms: int
    ) -> None:
        """The good values of one record."""
        self._close()
        for one in values:
            number = one.value
            assert not isinstance(number, str)
            self._readings.append(
                Reading(
                    ts_ns=one.ts_ms * NS_PER_MS,
                    arrival_ns=arrival_ns,
                    node_ix=node_ix,
                    metric=code_of(one.name),
                    value=float(number),
                    exact=int(number) if isinstance(number, int) else 0,
                    boot=boot,
                    mono_ms=mono_ms,
                    historical=one.historical,
                )
            )

    def columns(self, readings: Readings, first: int, last: int) -> None:
        """The same of a record that is in columns already."""
        if self._open is not None:
            columns, begun, ended = self._open
            if columns is readings and ended == first:  # it follows the one before
                self._open = columns, begun, last
                return
        self._close()
        self._open = readings, first, last

    def _close(self) -> None:
        """Bring everything into the order of arrival."""
        if self._open is None:
            return
        columns, first, last = self._open
        self._open = None
        if self._readings:
            self._columns.append(readings_of(self._readings))
            self._readings = []
        self._columns.append(Readings._make(column[first:last] for column in columns))

    def take(self) -> tuple[Readings, Cues]:
        """Everything gathered, as columns in order of arrival; the lists start anew."""
        self._close()
        parts = [*self._columns, readings_of(self._readings)]
        cues, self._cues = self._cues, []
        self._columns, self._readings = [], []
        if len(parts) > 1:
            parts = [Readings._make(map(np.concatenate, zip(*parts, strict=True)))]
        return parts[0], cues_of(cues)
