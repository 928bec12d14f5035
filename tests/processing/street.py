"""A small street for tests: a city of a few nodes and a stream of readings, second by second.

Times in tests are seconds after START; everything else follows the house.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from processing.city import City
from processing.columns import NO_READINGS, Cues, Reading, Readings, cues_of, readings_of
from processing.incidents import Incident
from processing.intervals import Interval, IntervalState
from processing.settings import Settings
from processing.state import State, new_state
from processing.step import Outcome, step
from vocabulary.inventory import AccessPoint, Gateway, Inventory
from vocabulary.metrics import code_of
from vocabulary.units import NS_PER_S

START_NS = 1_700_000_000 * NS_PER_S
START_MS = START_NS // 1_000_000
OK, HEARTBEAT = code_of("wifi/ok"), code_of("gateway/uplink_ok")
SETTINGS = Settings(pause_ms=0)  # these tests call step rarely


def city_of(aps: Sequence[tuple[str, str, str | None]], *, gateways: int = 2) -> City:
    """(id, gateway id, feeder id) of each access point; gateways g0, g1, ..."""
    return City.of(
        Inventory(
            gateway=tuple(Gateway(f"g{ix}", "library", "north") for ix in range(gateways)),
            access_point=tuple(
                AccessPoint(ap_id, "library", gateway_id, feeder_id=feeder_id)
                for ap_id, gateway_id, feeder_id in aps
            ),
        )
    )


def at_ns(second: float) -> int:
    return START_NS + round(second * NS_PER_S)


def beat(
    city: City, ap: str, second: float, ok: bool = True, *, arrival: float | None = None
) -> Reading:
    """One beat; with an ``arrival`` it comes from the spool."""
    when = at_ns(second)
    late = when if arrival is None else at_ns(arrival)
    mono_ms = when // 1_000_000
    return Reading(when, late, city.ix_of[ap], OK, float(ok), int(ok), 1, mono_ms, bool(arrival))


def heartbeat(city: City, gateway: str, second: float, *, arrival: float | None = None) -> Reading:
    when = at_ns(second)
    late = when if arrival is None else at_ns(arrival)
    node_ix = city.gateway_node_ix(city.gateway_ix_of[gateway])
    return Reading(when, late, node_ix, HEARTBEAT, 1.0, 1, 1, -1, bool(arrival))


def stream(
    city: City,
    until: int,
    *,
    answers: Callable[[str, int], bool | None] = lambda _ap, _second: True,
    sends: Callable[[str, int], bool | float] = lambda _gateway, _second: True,
) -> list[Reading]:
    """Beats every ten seconds, gateway beats every five, staggered by node.

    ``answers`` says what a beat says, None for none at all; ``sends`` whether the gateway reaches
    us (True), loses what it says (False) or keeps it until a second.
    """
    rows: list[Reading] = []
    for ix, gateway in enumerate(city.gateway_ix_of):
        for second in range(ix % 5, until, 5):
            sent = sends(gateway, second)
            if sent is not False:
                arrival = None if sent is True else float(sent) + second / 1_000
                rows.append(heartbeat(city, gateway, second, arrival=arrival))
    for ix in range(city.ap_count):
        ap, gateway = city.node_ids[ix], city.gateway_id(int(city.node_gateway_ix[ix]))
        for second in range((3 * ix) % 10, until, 10):
            sent, answer = sends(gateway, second), answers(ap, second)
            if sent is not False and answer is not None:
                arrival = None if sent is True else float(sent) + second / 1_000
                rows.append(beat(city, ap, second, answer, arrival=arrival))
    return sorted(rows, key=lambda row: row.arrival_ns)


class Told:
    """All outcomes of a run, joined."""

    def __init__(self, outcomes: Iterable[Outcome]) -> None:
        self.outcomes = list(outcomes)
        self.changes = [change for outcome in self.outcomes for change in outcome.changes]
        self.intervals = [row for outcome in self.outcomes for row in outcome.intervals]
        self.incidents = [row for outcome in self.outcomes for row in outcome.incidents]

    def standing(self, node: str) -> list[Interval]:
        """The ledger's present view of one node."""
        latest = {row.start_ms: row for row in self.intervals if row.node == node}
        gone = IntervalState.WITHDRAWN
        return [row for _, row in sorted(latest.items()) if row.state is not gone]

    def spans(self, node: str) -> list[tuple[str, float, float | None]]:
        """The same as (state, start, end) in seconds."""
        return [
            (
                row.state.value,
                (row.start_ms - START_MS) / 1_000,
                None if row.end_ms is None else (row.end_ms - START_MS) / 1_000,
            )
            for row in self.standing(node)
        ]

    def states(self, node: str) -> list[str]:
        return [change.state.value for change in self.changes if change.node == node]

    def latest_incidents(self) -> dict[str, Incident]:
        return {row.incident: row for row in self.incidents}


def play(
    city: City,
    rows: list[Reading],
    until: float,
    *,
    cues: Cues | None = None,
    settings: Settings = SETTINGS,
    cuts: Sequence[int] = (),
) -> Told:
    """Run a stream through a new state, cut at these rows, with nothing else between."""
    state = new_state(city, settings, START_NS)
    return Told(play_on(state, city, rows, until, cues=cues, cuts=cuts))


def play_on(
    state: State,
    city: City,
    rows: list[Reading],
    until: float,
    *,
    cues: Cues | None = None,
    cuts: Sequence[int] = (),
) -> list[Outcome]:
    """The same on a state at hand."""
    readings = readings_of(rows)
    edges = [0, *sorted(min(cut, len(rows)) for cut in cuts), len(rows)]
    outcomes = []
    waiting = cues if cues is not None else cues_of(())
    for lo, hi in pairwise(edges):
        part = Readings._make(column[lo:hi] for column in readings)
        now_ns = rows[hi - 1].arrival_ns if hi else START_NS
        due = waiting.arrival_ns <= now_ns
        given = Cues._make(column[due] for column in waiting)
        waiting = Cues._make(column[~due] for column in waiting)
        outcomes.append(step(state, city, part, given, now_ns))
    outcomes.append(step(state, city, NO_READINGS, waiting, at_ns(until)))
    return outcomes
