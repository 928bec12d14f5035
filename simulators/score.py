"""The harness: every detector on the same stream of the same town, judged by the same truth.

A run is cut into cells, each with a seed of its own, so that an interrupted score keeps what was
done. Every detector hears each piece of the stream as it comes; none of them sees the truth, but
for the oracle, which is told how beats get lost and who shares a fate.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

import msgspec

from processing.columns import NO_CUES, NO_READINGS, Cues, Readings
from processing.settings import Settings
from simulators.baselines.table import BASELINES
from simulators.detectors import Decisions, Detector, Heard, Watched, heard, joined
from simulators.loss_process import LossProcess
from simulators.oracle import Group, Oracle
from simulators.ours import Ours
from simulators.score_tally import Account, Tally, tally_of
from simulators.score_timeline import Timeline, timeline_of
from simulators.score_truth import facts_of
from simulators.seeds import for_scoring
from simulators.truth import TruthLedger
from vocabulary.errors import CallerFault

OURS: Final = "ours"
ORACLE: Final = "oracle"
DETECTORS: Final = (OURS, *BASELINES, ORACLE)
NAME_NO_CAUSE: Final = frozenset({ORACLE})


class DetectorUnknown(CallerFault):
    """There is no such detector."""

    remedy = f"Choose among: {', '.join(DETECTORS)}."

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name

    def __str__(self) -> str:
        return f"no detector is called {self.name!r}"


class Cell(msgspec.Struct, frozen=True):
    """One run: a scenario on a town of this size for so long, from one seed."""

    scenario: str
    seed: int
    ap_count: int
    duration_s: int
    timeline: bool = False
    """Keep one incident for the plot."""


class Piece(NamedTuple):
    """What arrived until ``now_ns``, in order of arrival."""

    readings: Readings
    cues: Cues
    now_ns: int


class Run(NamedTuple):
    """A cell under way."""

    watched: Watched
    pieces: Iterator[Piece]
    truth: Callable[[], TruthLedger]
    """Complete once the pieces are through."""
    process: LossProcess | None
    """None: no closed form fits what gets lost; there is no oracle then."""
    groups: tuple[Group, ...]
    settings: Settings
    """Of our own detector, in this town."""
    usage: bool = False
    """Counters are among the readings."""


class Scored(msgspec.Struct):
    """What came of a cell."""

    cell: Cell
    tallies: list[Tally]
    process: LossProcess | None
    timeline: Timeline | None = None


World = Callable[[Cell], Run]


def check(names: Iterable[str]) -> tuple[str, ...]:
    """The detectors asked for, in the order of reports.

    Raises:
        DetectorUnknown: naming the first that there is not.
    """
    wanted = tuple(names)
    for name in wanted:
        if name not in DETECTORS:
            raise DetectorUnknown(name)
    return tuple(name for name in DETECTORS if not wanted or name in wanted)


def made(name: str, run: Run) -> Detector | None:
    """A fresh detector; None: this run has no use for it."""
    if name == OURS:
        return Ours(run.watched, run.settings)
    if name == ORACLE:
        return None if run.process is None else Oracle(run.watched, run.process, run.groups)
    return BASELINES[name](run.watched)


def score_cell(
    cell: Cell, world: World, names: tuple[str, ...], cost_clock_ns: Callable[[], int]
) -> Scored:
    """Play one cell to the end and judge everybody.

    Raises:
        SeedRefused: the seed is for tuning.
    """
    for_scoring(cell.seed)
    run = world(cell)
    witnesses = [
        _Witness(name, detector) for name in names if (detector := made(name, run)) is not None
    ]
    reading_count, now_ns = 0, run.watched.start_ns
    nothing = heard(run.watched, NO_READINGS, NO_CUES, now_ns)
    for witness in witnesses:  # so that no compiler is on the bill
        witness.detector.feed(nothing)
    for piece in run.pieces:
        told = heard(run.watched, *piece)
        now_ns = piece.now_ns
        reading_count += piece.readings.ts_ns.size
        for witness in witnesses:
            witness.hear(told, cost_clock_ns)
    truth = run.truth()
    facts = facts_of(run.watched.city, truth)
    accounts = {
        witness.name: witness.account(now_ns, reading_count, usage=run.usage)
        for witness in witnesses
    }
    tallies = [
        tally_of((name, cell.scenario), facts, truth, said) for name, said in accounts.items()
    ]
    shown = timeline_of(facts, accounts) if cell.timeline else None
    return Scored(cell, tallies, run.process, shown)


class _Witness:
    """A detector and what it has said so far."""

    def __init__(self, name: str, detector: Detector) -> None:
        self.name, self.detector = name, detector
        self._parts: list[Decisions] = []
        self._cost_ns = 0

    def hear(self, piece: Heard, cost_clock_ns: Callable[[], int]) -> None:
        before_ns = cost_clock_ns()
        self._parts.append(self.detector.feed(piece))
        self._cost_ns += cost_clock_ns() - before_ns

    def account(self, now_ns: int, reading_count: int, *, usage: bool) -> Account:
        self._parts.append(self.detector.finish(now_ns))
        return Account(
            joined(self._parts),
            self.detector.claims(),
            self.detector.ledger(),
            self.detector.usage() if usage else None,
            names_causes=self.name not in NAME_NO_CAUSE,
            cost_ns=self._cost_ns,
            reading_count=reading_count,
        )


class Score(msgspec.Struct):
    """Everything scored so far."""

    suite: str
    seed: int
    commit: str = ""
    complete: bool = False
    cells_done: int = 0
    cells_planned: int = 0
    tallies: list[Tally] = []
    processes: dict[str, LossProcess | None] = {}
    timeline: Timeline | None = None

    def add(self, scored: Scored) -> None:
        """One more cell."""
        self.cells_done += 1
        self.processes[scored.cell.scenario] = scored.process
        self.timeline = self.timeline or scored.timeline
        known = {(row.scenario, row.detector): row for row in self.tallies}
        for row in scored.tallies:
            key = (row.scenario, row.detector)
            if key in known:
                known[key].add(row)
            else:
                self.tallies.append(row)

    def of(self, scenario: str) -> list[Tally]:
        """The tallies of one scenario, in the order of reports."""
        rows = [row for row in self.tallies if row.scenario == scenario]
        return sorted(rows, key=lambda row: DETECTORS.index(row.detector))

    def scenarios(self) -> list[str]:
        """In the order in which they came."""
        return list(dict.fromkeys(row.scenario for row in self.tallies))
