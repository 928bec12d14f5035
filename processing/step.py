"""One step of the processor: what arrived since the last one, and what follows from it.

``step`` never reads a clock. Call it about four times a second, also when nothing arrived: time
that passes without a call and without an arrival counts as our own pause (``pause_ms``).

    state = new_state(city, Settings(), now_ns)
    warm_up(city)
    outcome = step(state, city, readings, cues, now_ns)

Results do not depend on how the stream is cut into calls, as long as the readings of one message
stay together and ``now_ns`` never lies before an arrival already handed in.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from processing.changes import NodeChange
from processing.chronicle import Chronicle
from processing.city import City
from processing.columns import (
    NO_CUES,
    NO_READINGS,
    CueKind,
    Cues,
    Reading,
    Readings,
    UsageRows,
    cues_of,
    readings_of,
)
from processing.incidents import Incident
from processing.intervals import Interval
from processing.missed_beats import Follower
from processing.settings import Settings
from processing.state import State
from processing.usage import integrate, statuses_of
from vocabulary.metrics import code_of
from vocabulary.units import NS_PER_MS

REFUSED_FUTURE: Final = "future"
REFUSED_BEFORE_EPOCH: Final = "before_epoch"


class Outcome(NamedTuple):
    """What a step decided; all rows are new versions, in order."""

    changes: list[NodeChange]
    """States to show now."""
    intervals: list[Interval]
    """Rows to append to the ledger."""
    incidents: list[Incident]
    """Rows to append to the ledger, and what people are told."""
    usage: UsageRows
    """Fields to store with the readings of the same access point and ``ts_ns``."""
    corrections: UsageRows
    """Fields that replace those stored before under the same access point and ``ts_ns``."""
    refused: dict[str, int]
    """Reason -> readings whose time cannot be true; ``refused_mask`` tells which."""
    unplaced_beats: int
    """Late beats of a time nobody was in doubt about, or past the bound."""
    unplaced_statuses: int
    """Late or doubled statuses that no outstanding gap had room for."""


def refused_mask(readings: Readings, settings: Settings) -> tuple[NDArray[np.bool_], ...]:
    """(future, before the epoch): which readings must not be stored; each of shape (n,)."""
    future = readings.ts_ns > readings.arrival_ns + settings.future_ms * NS_PER_MS
    return future, readings.ts_ns < 0


def step(state: State, city: City, readings: Readings, cues: Cues, now_ns: int) -> Outcome:
    """Take in what arrived, let time pass until ``now_ns``, and say what changed."""
    settings, book = state.settings, state.book
    future, ancient = refused_mask(readings, settings)
    refused = future | ancient
    live = _as_arrived(readings, refused, settings) if refused.size else readings
    beats_before = book.unplaced_beats
    chronicle = Chronicle(book, state.shown, city, settings)
    follower = Follower(city, state.rule, state.clock, state.aps, state.gateways, state.room)
    while (events := follower.more(live, cues, now_ns)) is not None:
        chronicle.tell(events)
    chronicle.pass_time(max(now_ns, int(state.clock["last_ns"][0])))
    kept = Readings._make(c[~refused] for c in readings) if refused.any() else readings
    usage = integrate(statuses_of(kept, city), state.aps, city, settings)
    book.unplaced_statuses += usage.late_unplaced
    counts = {REFUSED_FUTURE: int(future.sum()), REFUSED_BEFORE_EPOCH: int(ancient.sum())}
    return Outcome(
        changes=chronicle.changes,
        intervals=chronicle.intervals,
        incidents=book.incidents.take(),
        usage=usage.rows,
        corrections=usage.corrections,
        refused={reason: count for reason, count in counts.items() if count},
        unplaced_beats=book.unplaced_beats - beats_before,
        unplaced_statuses=usage.late_unplaced,
    )


def _as_arrived(readings: Readings, refused: NDArray[np.bool_], settings: Settings) -> Readings:
    """Readings as the detector may take them.

    A fresh reading just happened, whatever a wrong clock says, so its arrival stands in for a
    time that is far off: the gateway's clock moves nobody's state. Of a historical one nothing
    is left.
    """
    far = refused | (readings.ts_ns < readings.arrival_ns - settings.future_ms * NS_PER_MS)
    wrong = far & ~readings.historical
    if not far.any():
        return readings
    ts_ns = np.where(wrong, readings.arrival_ns, readings.ts_ns)
    keep = ~refused | ~readings.historical
    return Readings._make(column[keep] for column in readings._replace(ts_ns=ts_ns))


def warm_up(city: City) -> None:
    """Compile every kernel, or load it from the cache, before the first reading is due."""
    if not city.ap_count or not city.gateway_count:
        return
    codes = [code_of(name) for name in ("wifi/ok", "wifi/clients", "wifi/rx_bytes")]
    rows = [Reading(1, 1, 0, code, 1.0, 1) for code in codes]
    state = State(city, Settings(), 0)
    step(state, city, readings_of(rows), cues_of([(2, 0, CueKind.HEARD)]), 3)
    step(state, city, NO_READINGS, NO_CUES, 4)
