"""Rows gathered since the last step, as lists that become columns."""

from ingest.node_session import TypedValue
from processing.columns import CueKind, Cues, Reading, Readings, cues_of, readings_of
from vocabulary.metrics import code_of
from vocabulary.units import NS_PER_MS


class Rows:
    """Python lists while messages arrive, arrays when the processor asks."""

    def __init__(self) -> None:
        self._readings: list[Reading] = []
        self._cues: list[tuple[int, int, int]] = []

    def __len__(self) -> int:
        return len(self._readings) + len(self._cues)

    def cue(self, kind: CueKind, gateway_ix: int, arrival_ns: int) -> None:
        """Something happened to a gateway's session."""
        self._cues.append((arrival_ns, gateway_ix, int(kind)))

    def readings(
        self, node_ix: int, values: list[TypedValue], *, arrival_ns: int, boot: int, mono_ms: int
    ) -> None:
        """The good values of one record."""
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

    def take(self) -> tuple[Readings, Cues]:
        """Everything gathered, as columns in order of arrival; the lists start anew."""
        rows, self._readings = self._readings, []
        cues, self._cues = self._cues, []
        return readings_of(rows), cues_of(cues)
