"""Our own detector as the harness sees it: ``processing.step`` behind the common words."""

import msgspec
import numpy as np

from processing.changes import NodeState
from processing.incidents import Incident
from processing.intervals import Cause, Interval, IntervalState, Level
from processing.settings import Settings
from processing.state import State, new_state, resume
from processing.step import step, warm_up
from simulators.detectors import (
    NO_INCIDENT,
    Claim,
    Decisions,
    Heard,
    Ledger,
    UsageTotals,
    View,
    Watched,
    decisions_of,
)
from vocabulary.units import NS_PER_MS

_VIEWS = {
    NodeState.UP: View.UP,
    NodeState.DOWN: View.DOWN,
    NodeState.UNOBSERVED: View.UNSEEN,
    NodeState.UNKNOWN: View.UNSEEN,
}  # SUSPECT changes nothing that anybody is told
_LEVELS = {
    Cause.ACCESS_POINT: "ap",
    Cause.FEEDER: "feeder",
    Cause.GATEWAY: "gateway",
    Cause.BACKHAUL: "backhaul",
    Cause.GATEWAY_OR_BACKHAUL: "gateway_or_backhaul",
    Cause.HOST: "broker",
}


class _Memory(msgspec.Struct):
    """What the harness keeps beside the processor's own state."""

    state: bytes
    latest: list[tuple[str, Level, int, Interval]]
    incidents: dict[str, int]


class Ours:
    """The detector that Lamplighter ships."""

    name = "ours"

    def __init__(self, watched: Watched, settings: Settings | None = None) -> None:
        self.watched = watched
        self.settings = settings if settings is not None else Settings()
        warm_up(watched.city)
        self.state = new_state(watched.city, self.settings, watched.start_ns)
        self._latest: dict[tuple[str, Level, int], Interval] = {}
        self._incidents: dict[str, int] = {}
        self._claims: list[Claim] = []

    def feed(self, piece: Heard) -> Decisions:
        """One step."""
        city = self.watched.city
        outcome = step(self.state, city, piece.readings, piece.cues, piece.now_ns)
        for row in outcome.intervals:
            self._latest[row.node, row.level, row.start_ms] = row
        for incident in outcome.incidents:
            self._claims.append(self._claim(incident, piece.now_ns))
        return decisions_of(
            (
                change.at_ns,
                self._stream_ix(change.node, change.level),
                int(_VIEWS[change.state]),
                change.since_ms * NS_PER_MS,
                self._incidents.get(change.incident, NO_INCIDENT),
            )
            for change in outcome.changes
            if change.state in _VIEWS
        )

    def _claim(self, row: Incident, now_ns: int) -> Claim:
        number = self._number(row.incident)
        into = self._number(row.merged_into) if row.merged_into else NO_INCIDENT
        at_ns = row.declared_ms * NS_PER_MS if row.version == 1 else now_ns
        return Claim(number, at_ns, _LEVELS.get(row.cause, "none"), frozenset({row.node}), into)

    def _number(self, incident: str) -> int:
        return self._incidents.setdefault(incident, len(self._incidents))

    def finish(self, now_ns: int) -> Decisions:
        """Everything was said in time."""
        del now_ns
        return decisions_of(())

    def claims(self) -> list[Claim]:
        """Every version of every incident."""
        return self._claims

    def ledger(self) -> Ledger:
        """The standing rows, by start."""
        made = Ledger({}, {})
        kinds = {IntervalState.DOWN: made.down, IntervalState.UNOBSERVED: made.unseen}
        for row in sorted(self._latest.values(), key=lambda row: row.start_ms):
            if row.state in kinds:
                end_ms = 2**62 // NS_PER_MS if row.end_ms is None else row.end_ms
                span = (row.start_ms * NS_PER_MS, end_ms * NS_PER_MS)
                spans = kinds[row.state]
                assert isinstance(spans, dict)
                spans.setdefault(self._stream_ix(row.node, row.level), []).append(span)
        return made

    def standing(self) -> list[Interval]:
        """The final ledger: every row that stands, in order."""
        rows = (row for row in self._latest.values() if row.state is not IntervalState.WITHDRAWN)
        return sorted(rows, key=lambda row: (row.level, row.node, row.start_ms))

    def usage(self) -> UsageTotals:
        """Totals as integrated, late data and all."""
        aps = self.state.aps
        columns = (aps["device_ms"], aps["rx_total_bytes"], aps["tx_total_bytes"])
        return UsageTotals(*(np.array(column, dtype=np.int64) for column in columns))

    def to_bytes(self) -> bytes:
        """The processor's own checkpoint and what the harness remembers."""
        latest = [(*key, row) for key, row in self._latest.items()]
        return msgspec.msgpack.encode(
            _Memory(self.state.to_bytes(self.watched.city), latest, self._incidents)
        )

    def restore(self, data: bytes, now_ns: int) -> None:
        """As after a restart that took no time."""
        memory = msgspec.msgpack.decode(data, type=_Memory)
        self.state = State.from_bytes(memory.state, self.watched.city, self.settings, now_ns)
        self._latest = {(node, level, start): row for node, level, start, row in memory.latest}
        self._incidents = memory.incidents

    def resume(self, now_ns: int) -> None:
        """As after a restart: what happened meanwhile was not seen."""
        resume(self.state, now_ns)

    def _stream_ix(self, node: str, level: Level) -> int:
        city = self.watched.city
        if level is Level.GATEWAY:
            return city.gateway_node_ix(city.gateway_ix_of[node])
        return city.ix_of[node]
