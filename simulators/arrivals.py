"""The fast path: a town's days straight as the processor's columns, without a payload.

    stream = arrivals(town, scenario, seed, duration_s)
    for chunk in stream:
        step(state, stream.city, chunk.readings, chunk.cues, chunk.now_ns)
    truth = stream.truth()

The same town, scenario and seed give the same columns. What is in memory does not grow with the
length of the run, but for the faults planned and the truth about them. ``full_path.py`` runs the
same through real agents.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

from processing.city import City
from processing.columns import NO_CUES, CueKind, Cues, Readings, cues_of
from processing.settings import Settings
from simulators.arrival_columns import readings_of_messages, wall_clocks
from simulators.backlog import Backlog, Walk
from simulators.beat_records import MESSAGE_DTYPE, Piece, Pieces, Records, pieces_of
from simulators.beats import walk_access_points, walk_gateways
from simulators.delivery import order_of
from simulators.effects import Effects
from simulators.fleet import Fleet, fleet_of
from simulators.nature import Fault, draw_faults
from simulators.outset import begin, nature_of, settings_of
from simulators.scenario import Scenario
from simulators.sessions import Sessions, backlog_pieces, live_pieces, sessions_of
from simulators.town import Town
from simulators.truth import TrueUsage, TruthLedger, covers, joined
from vocabulary.units import NS_PER_MS, NS_PER_S

MESSAGES_PER_CHUNK: Final = 16_384
CHUNK_S_MAX: Final = 60
AWAKE_NS: Final = NS_PER_S
"""How often the host shows that it is awake where nothing arrives; see ``_awake``."""
HOST_BACK_NS: Final = NS_PER_S
"""After the broker's return, the host is connected again."""


class Chunk(NamedTuple):
    """What arrived since the last chunk, up to ``now_ns``."""

    readings: Readings
    cues: Cues
    now_ns: int


class Arrivals:
    """One run; iterate it once, then ask for the truth."""

    def __init__(
        self,
        town: Town,
        scenario: Scenario,
        seed: int,
        duration_s: float,
        *,
        settings: Settings | None = None,
        usage: bool = True,
        keep_duplicates: bool = False,
    ) -> None:
        self.town, self.scenario, self.seed, self.usage = town, scenario, seed, usage
        self.settings = settings_of(scenario, settings)
        self.start_ns = scenario.calendar.start_ns
        self.end_ns = self.start_ns + round(duration_s * 1_000) * NS_PER_MS
        self.fleet: Fleet = fleet_of(town, scenario, seed)
        self.city = City.of(self.fleet.listed)
        """The town as the code under test is told of it."""
        self.faults: list[Fault] = draw_faults(town, scenario, seed, duration_s=duration_s)
        self.effects = Effects(self.fleet, self.faults, self.start_ns, self.end_ns)
        self.nature = nature_of(
            scenario,
            self.settings,
            seed,
            self.city,
            self.effects,
            keep_duplicates=keep_duplicates,
        )
        outset = begin(town, scenario, seed, self.city, self.effects, self.fleet, self.nature)
        self._aps, self._gateways = outset.aps, outset.gateways
        first = self.city.ap_count
        gateway_ids = self.city.node_ids[first : first + self.city.gateway_count]
        self.sessions: list[Sessions] = [
            sessions_of(one, self.effects, seed) for one in gateway_ids
        ]
        self._live: Pieces = pieces_of(live_pieces(one) for one in self.sessions)
        self._clocks = wall_clocks(
            gateway_ids, self.fleet.clocks, self.effects.clock_steps, self.start_ns
        )
        self._backlog = Backlog(self._backlog_pieces(gateway_ids), self._aps, self._gateways)
        self._everybody = np.arange(self.city.ap_count, dtype=np.int32)
        self._out: Records = np.zeros(1_024, dtype=MESSAGE_DTYPE)
        self._waiting: Records = np.zeros(0, dtype=MESSAGE_DTYPE)
        self._cues = self._planned_cues()
        self._cue_at = 0
        self.now_ns = self.start_ns
        self.messages = 0
        self.chunk_s_max = CHUNK_S_MAX

    def _backlog_pieces(self, gateway_ids: tuple[str, ...]) -> list[list[Piece]]:
        counts = np.bincount(self._aps["gateway_ix"], minlength=self.city.gateway_count)
        chances = self.nature.chances
        own_per_s = NS_PER_S / chances.gateway_beat_ns
        return [
            backlog_pieces(
                sessions,
                self.effects.dead.get(gateway_id, []),
                (self.start_ns, self.end_ns),
                records_per_s=own_per_s + int(count) * NS_PER_S / chances.beat_ns,
                factor=self.scenario.sender.flush_factor,
            )
            for gateway_id, sessions, count in zip(gateway_ids, self.sessions, counts, strict=True)
        ]

    def _planned_cues(self) -> list[tuple[int, int, int]]:
        """(arrival, gateway, kind) of what is known before the run, in order of arrival."""
        rows = [
            (at_ns, ix, int(kind))
            for ix, sessions in enumerate(self.sessions)
            for kind, times in (
                (CueKind.BORN, sessions.births_ns),
                (CueKind.WILL, sessions.wills_ns),
            )
            for at_ns in times
        ]
        for off_ns, on_ns in self.effects.broker_off:
            rows.append((off_ns, 0, int(CueKind.DEAF)))
            rows.append((on_ns + HOST_BACK_NS, 0, int(CueKind.HEARING)))
        shifted = [(self._heard_ns(at_ns), ix, kind) for at_ns, ix, kind in rows]
        return sorted(shifted, key=lambda row: (row[0], row[2] == CueKind.WILL))

    def _heard_ns(self, at_ns: int) -> int:
        """When the host learns of it: not while it is stopped."""
        for stop_ns, go_ns in self.effects.pauses:
            if stop_ns <= at_ns < go_ns:
                return go_ns
        return at_ns

    def _awake(self, from_ns: int, to_ns: int) -> list[tuple[int, int, int]]:
        """Signs that the host was listening: nothing to hear is no pause of its own.

        A ``HEARING`` in the midst of hearing changes nothing, but it is an instant that the
        processor knows of. A real host says as much by calling ``step`` four times a second.
        """
        first_ns = -(-from_ns // AWAKE_NS) * AWAKE_NS
        deaf = [(off_ns, on_ns + HOST_BACK_NS) for off_ns, on_ns in self.effects.broker_off]
        silent = joined([*self.effects.pauses, *deaf])
        kind = int(CueKind.HEARING)
        times = range(first_ns, to_ns, AWAKE_NS)
        if not any(start_ns < to_ns and from_ns < end_ns for start_ns, end_ns in silent):
            return [(at_ns, 0, kind) for at_ns in times]
        return [(at_ns, 0, kind) for at_ns in times if not covers(silent, at_ns)]

    def _chunk_ns(self) -> int:
        per_s = self.city.ap_count / (self.nature.chances.beat_ns / NS_PER_S)
        return max(1, min(self.chunk_s_max, int(MESSAGES_PER_CHUNK / max(per_s, 1e-9)))) * NS_PER_S

    def __iter__(self) -> Iterator[Chunk]:
        while self.now_ns < self.end_ns:
            from_ns = self.now_ns
            to_ns = self._heard_ns(min(from_ns + self._chunk_ns(), self.end_ns))
            due = self._due(self._walked(to_ns), to_ns)
            order = order_of(due["arrival_ns"], from_ns, to_ns)
            readings = readings_of_messages(due, order, self._clocks, usage=self.usage)
            self.now_ns = to_ns
            self.messages += due.size
            yield Chunk(readings, self._cues_until(from_ns, to_ns), to_ns)

    def _walked(self, to_ns: int) -> int:
        """Let everybody walk to ``to_ns``; gives how many records they left in ``_out``."""
        until_ns = np.full(self.city.gateway_count, to_ns, dtype=np.int64)
        self._backlog.prepare(to_ns, self._aps, self._gateways)
        live = Walk(self._aps, self._gateways, self._live, self._everybody, until_ns)
        count = self._walk(live, 0, backlog=False)
        kept = self._backlog.walk(to_ns)
        return count if kept is None else self._walk(kept, count, backlog=True)

    def _walk(self, walk: Walk, count: int, *, backlog: bool) -> int:
        nature, chosen = self.nature, walk.chosen
        while True:
            count, walked = walk_access_points(
                nature, walk.pieces, walk.aps, chosen, walk.until_ns, self._out, count, backlog
            )
            if walked == chosen.size:
                break
            chosen = chosen[walked:]
            self._make_room(2 * self._out.size)
        own_ns = np.maximum(walk.until_ns - walk.gateways["next_ns"], 0)
        own = int((own_ns // nature.chances.gateway_beat_ns + 2).sum()) * 2
        self._make_room(count + own)
        return walk_gateways(
            nature, walk.pieces, walk.gateways, walk.until_ns, self._out, count, backlog
        )

    def _make_room(self, size: int) -> None:
        if size > self._out.size:
            room = np.zeros(max(size, 2 * self._out.size), dtype=MESSAGE_DTYPE)
            room[: self._out.size] = self._out
            self._out = room

    def _due(self, count: int, to_ns: int) -> Records:
        """Of what was left and what waited: the part that arrives before ``to_ns``."""
        made = self._out[:count]
        if self._waiting.size:
            made = np.concatenate([self._waiting, made])
        later = made["arrival_ns"] >= to_ns
        if not later.any():
            self._waiting = self._waiting[:0]
            return made
        self._waiting = made[later].copy()
        return made[~later]

    def _cues_until(self, from_ns: int, to_ns: int) -> Cues:
        first = self._cue_at
        while self._cue_at < len(self._cues) and self._cues[self._cue_at][0] < to_ns:
            self._cue_at += 1
        rows = [*self._awake(from_ns, to_ns), *self._cues[first : self._cue_at]]
        rows.sort(key=lambda row: (row[0], row[2] == CueKind.WILL))
        return cues_of(rows) if rows else NO_CUES

    @property
    def memory_bytes(self) -> int:
        """What the run holds now: records, copies, timelines and the room between chunks."""
        nature = self.nature
        arrays = [self._aps, self._gateways, self._out, self._waiting, nature.demand]
        for group in (nature.off, nature.radio_off, nature.worse, nature.dead):
            arrays.extend(group)
        return sum(array.nbytes for array in arrays) + self._backlog.nbytes

    def truth(self) -> TruthLedger:
        """What really happened; usage up to each access point's last status so far."""
        return self.truth_until(self.now_ns, usage_of(self._aps, self.fleet))

    def truth_until(self, end_ns: int, usage: dict[str, TrueUsage]) -> TruthLedger:
        """The faults of this run up to a time, with usage from whoever walked."""
        rows = sorted(self.effects.intervals, key=lambda row: (row.start_ns, row.node))
        never = tuple(sorted(self.fleet.never_reporting))
        return TruthLedger(self.start_ns, end_ns, self.fleet.paths, tuple(rows), usage, never)


def usage_of(aps: Records, fleet: Fleet) -> dict[str, TrueUsage]:
    """What the records of a walk say about usage."""
    columns = (aps[name].tolist() for name in ("device_ns", "rx_true_bytes", "tx_true_bytes"))
    return {
        ap_id: TrueUsage(device_ns // NS_PER_MS, rx_bytes, tx_bytes)
        for ap_id, device_ns, rx_bytes, tx_bytes in zip(fleet.paths, *columns, strict=True)
    }


def arrivals(
    town: Town, scenario: Scenario, seed: int, duration_s: float, *, usage: bool = True
) -> Arrivals:
    """The fast path of a run. Without ``usage`` only signs of life are made, at a third the cost.

    Raises:
        NodeAbsent: a fault names a node that the town has not.
    """
    return Arrivals(town, scenario, seed, duration_s, usage=usage)
