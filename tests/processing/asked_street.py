"""A street whose access points can be asked: a stream as the gateways send it, and a witness.

As in ``street``, but a gateway says "no answer" a beat and a margin after the last one, and probes
are answered by the same truth. Times are seconds after START.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from processing.city import City
from processing.columns import (
    NO_ANSWERS,
    Answer,
    Answers,
    Cues,
    Reading,
    Readings,
    answers_of,
    cues_of,
    readings_of,
)
from processing.records import Records
from processing.settings import Settings
from processing.state import State, new_state
from processing.step import Outcome, step
from tests.processing.street import START_NS, Told, at_ns, beat, heartbeat
from vocabulary.inventory import AccessPoint, Gateway, Inventory
from vocabulary.probing import SCHEDULE_MS
from vocabulary.units import NS_PER_MS, NS_PER_S

Spans = Mapping[str, Sequence[tuple[float, float]]]
BOOT_S = 5.0
ASKED = Settings(pause_ms=0)


def town_of(*, gateways: int = 3, aps: int = 12, backhauls: int = 1, feeder_every: int = 0) -> City:
    """Gateways g0, g1, ... with access points g0-a0, ...; feeders f0, ... cross the gateways."""
    feeders = (lambda k: f"f{k // feeder_every}") if feeder_every else (lambda _k: None)
    return City.of(
        Inventory(
            gateway=tuple(
                Gateway(f"g{g}", "library", "north", f"b{g % backhauls}") for g in range(gateways)
            ),
            access_point=tuple(
                AccessPoint(f"g{g}-a{k}", "library", f"g{g}", feeder_id=feeders(k))
                for g in range(gateways)
                for k in range(aps)
            ),
        )
    )


def _in(spans: Sequence[tuple[float, float]], second: float) -> bool:
    return any(start <= second < end for start, end in spans)


def told_by_gateways(
    city: City,
    until: float,
    *,
    off: Spans | None = None,
    gone: Spans | None = None,
    lost: Spans | None = None,
) -> list[Reading]:
    """``off``: access points without power; ``gone``: gateways that say nothing and keep nothing;
    ``lost``: beats of an access point that never reach its gateway."""
    off, gone, lost = off or {}, gone or {}, lost or {}
    rows: list[Reading] = []
    for g, gateway in enumerate(city.gateway_ix_of):
        seconds = np.arange(0.4 + g % 5, until, 5.0).tolist()
        rows += [heartbeat(city, gateway, s) for s in seconds if not _in(gone.get(gateway, ()), s)]
    for ix in range(city.ap_count):
        ap, gateway = city.node_ids[ix], city.gateway_id(int(city.node_gateway_ix[ix]))
        away, silent = [*off.get(ap, ()), *lost.get(ap, ())], gone.get(gateway, ())
        due = 10.5
        for second in np.arange(0.1 + (ix * 3.7) % 10, until, 10.0).tolist():
            while due < second:
                if not _in(silent, due):
                    rows.append(beat(city, ap, due, False))
                due += 10.0
            if not _in(away, second):
                due = second + 10.5
                if not _in(silent, second):
                    rows.append(beat(city, ap, second))
        while due < until:
            if not _in(silent, due):
                rows.append(beat(city, ap, due, False))
            due += 10.0
    return sorted(rows, key=lambda row: row.arrival_ns)


class Answering:
    """A witness: every gateway probes at once and truthfully, but for what it loses."""

    def __init__(self, city: City, off: Spans, gone: Spans, deaf: Spans | None = None) -> None:
        self.city, self.off, self.gone = city, off, gone
        self.deaf = deaf or {}
        """Access points that work and answer no probe then."""
        self.rows: list[Answer] = []
        self.until_ns = 0
        self.requests: list[tuple[int, ...]] = []

    def due(self, until_ns: int) -> Answers:
        self.until_ns = until_ns
        now = sorted(row for row in self.rows if row.arrival_ns <= until_ns)
        self.rows = [row for row in self.rows if row.arrival_ns > until_ns]
        return answers_of(now)

    def ask(self, requests: Records) -> Answers:
        for at, ap_ix, series, first, count, wait_ms in requests.tolist():
            self.requests.append((at, ap_ix, series, first, count, wait_ms))
            ap = self.city.node_ids[ap_ix]
            gateway = self.city.gateway_id(int(self.city.node_gateway_ix[ap_ix]))
            for place in range(first, first + count):
                later_ms = 30 + wait_ms + SCHEDULE_MS[place] - SCHEDULE_MS[first]
                probe_ns = at + later_ms * NS_PER_MS
                second = (probe_ns - START_NS) / NS_PER_S
                if _in(self.gone.get(gateway, ()), second):
                    break
                answered = not _in([*self.off.get(ap, ()), *self.deaf.get(ap, ())], second)
                ts_ns = probe_ns + (20 if answered else 500) * NS_PER_MS
                ends = [end for _, end in self.off.get(ap, ()) if end <= second]
                uptime = int(second - max(ends) + BOOT_S) if ends else 86_400
                arrival_ns = ts_ns + 30 * NS_PER_MS
                told = uptime if answered else -1
                self.rows.append(
                    Answer(
                        arrival_ns, ts_ns, ap_ix, series, place, answered=answered, uptime_s=told
                    )
                )
                if answered:
                    break
        return self.due(self.until_ns)


def run(
    city: City,
    until: float,
    *,
    off: Spans | None = None,
    gone: Spans | None = None,
    lost: Spans | None = None,
    deaf: Spans | None = None,
    cuts: Sequence[float] = (),
    cues: Cues | None = None,
    settings: Settings = ASKED,
    state: State | None = None,
    rows: Sequence[Reading] | None = None,
    asks: bool = True,
) -> tuple[Told, State, Answering]:
    """Play it, in steps that end at ``cuts``."""
    witness = Answering(city, off or {}, gone or {}, deaf)
    made = told_by_gateways(city, until, off=off, gone=gone, lost=lost) if rows is None else rows
    readings = readings_of(made)
    waiting = cues if cues is not None else cues_of(())
    state = new_state(city, settings, START_NS) if state is None else state
    outcomes: list[Outcome] = []
    low = 0
    for end in [*cuts, until]:
        now_ns = at_ns(end)
        high = int(np.searchsorted(readings.arrival_ns, now_ns, side="right"))
        part = Readings._make(column[low:high] for column in readings)
        due = waiting.arrival_ns <= now_ns
        given = Cues._make(column[due] for column in waiting)
        waiting = Cues._make(column[~due] for column in waiting)
        answers = witness.due(now_ns) if asks else NO_ANSWERS
        outcomes.append(
            step(
                state,
                city,
                part,
                given,
                now_ns,
                answers=answers,
                witness=witness.ask if asks else None,
            )
        )
        low = high
    return Told(outcomes), state, witness
