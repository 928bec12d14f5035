"""Trouble: the time of one access point from its last proof of life to the next one.

It collects what is known of that time (beats, live silences, who could not see) and turns it into
ledger rows by the final rule. Live decisions and late records go the same way, so a row that was
decided live stays as it is unless a record says otherwise.
"""

from typing import Final

import msgspec
import numpy as np

from processing.intervals import Cause, Claim, Interval, IntervalState, Level, Reason, Rows, Status
from processing.settings import Settings
from processing.verdict import Live, Piece, Silence, encoded, pieces

BEATS_MAX: Final = 65_536
"""About a week of ten-second beats; of a longer outage the inner failures are folded together."""

_CODE_BYTES: Final = 8


class Trouble(msgspec.Struct):
    """What is known between ``ok_ms`` and ``closed_ms``, both proofs of life in event time."""

    node: str
    ok_ms: int
    ok_at_ms: int
    """When that proof arrived, by the host's clock."""
    rows: Rows
    live: Live = Live.SUSPECT
    beats: bytearray = bytearray()
    """Beats as ``verdict.encoded`` numbers of eight bytes each."""
    silences: dict[int, int] = {}
    """since_ms -> beats missed after it while the gateway was heard."""
    closed_ms: int | None = None
    closed_at_ms: int | None = None
    declared: bool = False
    """Whether DOWN was said, or blindness; before that nothing is written."""
    cause: Cause = Cause.ACCESS_POINT
    incident: str = ""
    blind_reason: Reason = Reason.RECORDS_MISSING
    blind_cause: Cause = Cause.NONE
    blind_incident: str = ""
    claimed_ms: int | None = None
    """Since when the live rows said that it was not up."""
    late_since_ms: int | None = None
    """Host's clock at the first and the last late record not yet judged."""
    late_last_ms: int = 0

    @classmethod
    def since(cls, node: str, ok_ms: int, ok_at_ms: int) -> "Trouble":
        """Trouble that began after this proof of life."""
        made = cls(node, ok_ms, ok_at_ms, Rows(node, Level.AP), beats=bytearray())
        made._append(ok_ms, True)
        return made

    @property
    def key(self) -> str:
        """Names this stretch among those of its node."""
        return f"{self.node}@{self.ok_ms}"

    def holds(self, ts_ms: int) -> bool:
        """Whether a record of that time belongs here."""
        return self.ok_ms <= ts_ms and (self.closed_ms is None or ts_ms <= self.closed_ms)

    def add_beat(self, ts_ms: int, ok: bool, settings: Settings) -> bool:
        """Note a beat, live or late; False if there is no room left."""
        if len(self.beats) >= BEATS_MAX * _CODE_BYTES:
            self._fold(settings)
            if len(self.beats) >= BEATS_MAX * _CODE_BYTES:
                return False
        self._append(ts_ms, ok)
        return True

    def add_silence(self, since_ms: int, missed: int) -> None:
        """Note live silence."""
        if missed > 0:
            self.silences[since_ms] = max(missed, self.silences.get(since_ms, 0))

    def close(self, ts_ms: int, at_ms: int) -> None:
        """A proof of life ends it."""
        self._append(ts_ms, True)
        self.live = Live.CLOSED
        self.closed_ms = max(ts_ms, self.ok_ms)
        self.closed_at_ms = at_ms

    def down_since_ms(self, settings: Settings) -> int:
        """When the outage that lasts now, or lasted last, began."""
        downs = [p for p in self._pieces(settings) if p.state is IntervalState.DOWN]
        return downs[-1].start_ms if downs else self.ok_ms + settings.beat_ms // 2

    def down_until_ms(self) -> int | None:
        """When the last outage in the rows ended; None if it lasts or there is none."""
        ends = [r.end_ms for r in self.rows.standing().values() if r.state is IntervalState.DOWN]
        return None if not ends or None in ends else max(e for e in ends if e is not None)

    def revise(self, settings: Settings, status: Status) -> list[Interval]:
        """Judge anew; the row versions that changed."""
        self.late_since_ms = None
        if not self.declared:
            return []
        found = self._pieces(settings)
        if status is Status.PROVISIONAL:
            self._note_claimed(found)
        claims = [c for piece in found if (c := self._claim(piece, settings)) is not None]
        return self.rows.revise(claims, status)

    def _append(self, ts_ms: int, ok: bool) -> None:
        self.beats += encoded(ts_ms, ok).to_bytes(_CODE_BYTES, "little", signed=True)

    def _pieces(self, settings: Settings) -> list[Piece]:
        codes = np.frombuffer(bytes(self.beats), dtype="<i8")
        inside = codes >= encoded(self.ok_ms, False)
        if self.closed_ms is not None:
            inside &= codes <= encoded(self.closed_ms, True)
        silences = [Silence(since_ms, missed) for since_ms, missed in self.silences.items()]
        found = pieces(codes[inside], silences, settings, self.live)
        if self.closed_ms == self.ok_ms:  # the gateway's clock went back: only durations are left
            return self._by_arrival(settings)
        if self.live is Live.DOWN and not (found and found[-1].state is IntervalState.DOWN):
            start_ms = self.ok_ms + settings.beat_ms // 2  # its records have strange times
            return [Piece(start_ms, None, IntervalState.DOWN)]
        return found

    def _by_arrival(self, settings: Settings) -> list[Piece]:
        assert self.closed_at_ms is not None
        lasted_ms = self.closed_at_ms - self.ok_at_ms - settings.beat_ms
        standing = [row for row in self.rows.standing().values() if row.end_ms is None]
        return [
            Piece(row.start_ms, row.start_ms + max(1, lasted_ms), row.state) for row in standing
        ]

    def _note_claimed(self, found: list[Piece]) -> None:
        said = [piece for piece in found if piece.state is not IntervalState.OBSERVED_UP]
        starts = [piece.start_ms for piece in said]
        if self.claimed_ms is not None:
            starts.append(self.claimed_ms)
        self.claimed_ms = min(starts, default=None)

    def _claim(self, piece: Piece, settings: Settings) -> Claim | None:
        start_ms, end_ms, state = piece
        if state is IntervalState.DOWN:
            reason = Reason.MISSED_BEATS if self.incident else Reason.LATE_RECORDS
            return Claim(start_ms, end_ms, state, reason, self.cause, self.incident)
        if state is IntervalState.UNOBSERVED:
            blamed = (self.blind_reason, self.blind_cause, self.blind_incident)
            return Claim(start_ms, end_ms, state, *blamed)
        if self.claimed_ms is None:
            return None
        start_ms = max(start_ms, self.claimed_ms)
        if end_ms is None or end_ms - start_ms <= settings.hole_ms:
            return None  # the edge of something else
        return Claim(start_ms, end_ms, state, Reason.LATE_RECORDS)

    def _fold(self, settings: Settings) -> None:
        """Drop doubles; of every run of failures keep the ends, and count the rest as silence."""
        codes = np.unique(np.frombuffer(bytes(self.beats), dtype="<i8"))
        ts_ms, failed = codes >> 1, codes & 1 == 0
        linked = failed[:-1] & failed[1:] & (np.diff(ts_ms) <= settings.hole_ms)
        inner = np.zeros(codes.size, dtype=np.bool_)
        inner[1:-1] = linked[:-1] & linked[1:]
        for start in np.flatnonzero(~inner[:-1] & inner[1:]).tolist():
            end = start + 1 + int(np.argmin(inner[start + 1 :]))
            span_ms = int(ts_ms[end] - ts_ms[start])
            self.add_silence(int(ts_ms[start]), round(span_ms / settings.beat_ms))
        self.beats = bytearray(codes[~inner].astype("<i8").tobytes())
