"""Sends every query of every panel and rule to a real database, and judges what comes back.

A query must be understood, answer within its budget, and return something exactly where the story
of the data says that there is something. Without a story nothing is known about that, and only
faults and slowness are findings.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from statistics import quantiles
from typing import Any, Final

import msgspec

from dashboards.alerts import rules_file
from dashboards.asking import Answer, Asking
from dashboards.clock import Ticks, mono_ns
from dashboards.filled import Question, Span, choices, filled, has_all, questions
from dashboards.panels import SOURCE_UID
from dashboards.provisioning import BOARDS, board_json
from vocabulary.measurements import Store, database_of

QUERY_MS_MAX: Final = 1_000.0
BOARD_S_P95_MAX: Final = 1.0
GROWTH_MAX: Final = 2.0
DAY_MS: Final = 86_400_000
NS_PER_MS: Final = 1_000_000
_STORE_OF: Final = {uid: store for store, uid in SOURCE_UID.items()}


class Verdict(StrEnum):
    """What was found about one query."""

    DATA = "data"
    EMPTY = "empty, as told"
    MISSING = "EMPTY"
    UNEXPECTED = "UNEXPECTED DATA"
    REFUSED = "REFUSED"
    SLOW = "SLOW"


FINDINGS: Final = {Verdict.MISSING, Verdict.UNEXPECTED, Verdict.REFUSED, Verdict.SLOW}


class Selection(msgspec.Struct, frozen=True):
    """What is chosen on a board; panels that must then be empty, ``*`` for all."""

    name: str = "default"
    variables: dict[str, str] = {}
    empty: tuple[str, ...] = ()


class Story(msgspec.Struct, frozen=True):
    """What the data hold."""

    start_ms: int
    end_ms: int
    boards: dict[str, tuple[Selection, ...]] = {}
    rules: dict[str, bool] = {}
    """Rule -> whether its query must return something."""

    @property
    def span(self) -> Span:
        """The whole of it."""
        return Span(self.start_ms, self.end_ms)

    def usual(self, board: Mapping[str, Any]) -> Span:
        """The range that a board opens with, at the end of the story and not beyond its start."""
        word = board["time"]["from"].removeprefix("now-")
        length_ms = int(word[:-1]) * {"h": 3_600_000, "d": DAY_MS}[word[-1]]
        return Span(max(self.start_ms, self.end_ms - length_ms), self.end_ms)


class Row(msgspec.Struct, frozen=True):
    """One query and what came of it."""

    board: str
    selection: str
    panel: str
    ref: str
    days: int
    took_ms: float
    points: int
    verdict: Verdict
    error: str = ""


class Load(msgspec.Struct, frozen=True):
    """One load of a whole board, its queries one after the other."""

    board: str
    days: int
    took_s: float


class Outcome(msgspec.Struct, frozen=True):
    """Everything that was asked."""

    rows: tuple[Row, ...]
    loads: tuple[Load, ...]

    @property
    def findings(self) -> list[Row]:
        """Rows that are not as they should be."""
        return [row for row in self.rows if row.verdict in FINDINGS]

    def _taken(self, days: int, *, best: bool) -> list[float]:
        """Times of loads; with ``best`` each board's fastest, so a busy machine tells less."""
        taken: dict[str, list[float]] = {}
        for one in self.loads:
            if one.days == days:
                taken.setdefault(one.board, []).append(one.took_s)
        if best:
            return [min(held) for held in taken.values()]
        return [took_s for held in taken.values() for took_s in held]

    def load_s_p95(self, days: int, *, best: bool = False) -> float:
        """Time of a board's whole load, 95 % of all loads of that range."""
        taken = self._taken(days, best=best)
        return quantiles(taken, n=20, method="inclusive")[-1] if len(taken) > 1 else sum(taken)

    def growth(self, short: int, long: int, *, best: bool = False) -> float:
        """How many times longer all boards take for the longer range."""
        return sum(self._taken(long, best=best)) / sum(self._taken(short, best=best))


class Check:
    """Asks one set of databases."""

    def __init__(
        self, asking: Asking, database: str, story: Story | None, *, ticks: Ticks = mono_ns
    ) -> None:
        self._asking, self._database, self._story, self._ticks = asking, database, story, ticks

    def _timed(self, store: Store, influxql: str) -> tuple[float, int, str]:
        begun_ns = self._ticks()
        answer = self._asking.ask(database_of(self._database, store), influxql)
        return (self._ticks() - begun_ns) / NS_PER_MS, answer.points, answer.error

    def _selections(self, board: Mapping[str, Any]) -> Sequence[Selection]:
        told = self._story.boards.get(board["uid"]) if self._story is not None else None
        return told or (Selection(),)

    def _values(self, board: Mapping[str, Any], selection: Selection) -> dict[str, str]:
        """What the variables are: as selected, else everything, else the first there is."""
        made = dict(selection.variables)
        for name, (store, query) in choices(board).items():
            if name in made:
                continue
            if has_all(board, name):
                made[name] = ".*"
                continue
            answer = self._asking.ask(database_of(self._database, store), query)
            found = [row[-1] for one in answer.series for row in one.values]
            made[name] = str(found[0]) if found else ""
        return made

    def board(
        self, board: Mapping[str, Any], selection: Selection, span: Span, *, judged: bool
    ) -> tuple[list[Row], Load]:
        """One load of a board."""
        values = self._values(board, selection)
        days = round((span.end_ms - span.start_ms) / DAY_MS)
        asked: dict[str, list[tuple[Question, float, int, str]]] = {}
        for question in questions(board, span, values):
            took = self._timed(question.store, question.influxql)
            asked.setdefault(question.panel, []).append((question, *took))
        rows = []
        for panel, held in asked.items():
            has_data = any(points for _question, _ms, points, _error in held)
            for question, took_ms, points, error in held:
                expected = None
                if self._story is not None and judged:
                    expected = not ({"*", panel} & set(selection.empty))
                found = verdict(error, took_ms, has_data=has_data, expected=expected)
                rows.append(
                    Row(
                        board["uid"],
                        selection.name,
                        panel,
                        question.ref,
                        days,
                        round(took_ms, 2),
                        points,
                        found,
                        error,
                    )
                )
        return rows, Load(board["uid"], days, sum(row.took_ms for row in rows) / 1_000)

    def answers(
        self, board: Mapping[str, Any], span: Span
    ) -> dict[str, list[tuple[Question, Answer]]]:
        """What a board shows of its first selection, panel by panel."""
        selection = self._selections(board)[0]
        made: dict[str, list[tuple[Question, Answer]]] = {}
        for question in questions(board, span, self._values(board, selection)):
            database = database_of(self._database, question.store)
            answer = self._asking.ask(database, question.influxql)
            made.setdefault(question.panel, []).append((question, answer))
        return made

    def rules(self, span: Span) -> Iterator[Row]:
        """Every query of every alert rule."""
        for rule, ref, store, query in rule_queries():
            took_ms, points, error = self._timed(store, filled(query, span, {}, 60_000))
            expected = None if self._story is None else self._story.rules.get(rule)
            found = verdict(error, took_ms, has_data=bool(points), expected=expected)
            yield Row("alert rules", "", rule, ref, 0, round(took_ms, 2), points, found, error)

    def run(self, spans: Sequence[Span], *, repeats: int = 1) -> Outcome:
        """Every board over every range, and the rules at the end; judged over the last range."""
        rows: list[Row] = []
        loads: list[Load] = []
        for board in map(board_json, BOARDS):
            for span in spans:
                for turn in range(repeats):
                    for selection in self._selections(board):
                        judged = span == spans[-1]
                        made, load = self.board(board, selection, span, judged=judged)
                        loads.append(load)
                        rows += made if not turn else []
        rows += self.rules(spans[-1])
        return Outcome(tuple(rows), tuple(loads))


def verdict(error: str, took_ms: float, *, has_data: bool, expected: bool | None) -> Verdict:
    """What to say of one query."""
    if error:
        return Verdict.REFUSED
    if expected is not None and has_data != expected:
        return Verdict.UNEXPECTED if has_data else Verdict.MISSING
    if took_ms > QUERY_MS_MAX:
        return Verdict.SLOW
    return Verdict.DATA if has_data else Verdict.EMPTY


def rule_queries() -> Iterator[tuple[str, str, Store, str]]:
    """(rule, ref, store, query) of every alert rule."""
    for group in rules_file()["groups"]:
        for rule in group["rules"]:
            for row in rule["data"]:
                if "query" in row["model"]:
                    store = _STORE_OF[row["datasourceUid"]]
                    yield rule["labels"]["rule"], row["refId"], store, row["model"]["query"]


def table(rows: Iterable[Row]) -> str:
    """The table for people, panel by panel."""
    lines = [f"{'ms':>8} {'points':>8}  {'verdict':<15} days  board / panel"]
    for row in rows:
        where = f"{row.board} / {row.panel} {row.ref}"
        chosen = f" [{row.selection}]" if row.selection else ""
        said = f"{row.took_ms:>8.1f} {row.points:>8}  {row.verdict:<15} {row.days:>4}  "
        lines.append(f"{said}{where}{chosen}{'  ' + row.error if row.error else ''}")
    return "\n".join(lines)


def story_of(raw: bytes) -> Story:
    """A story from JSON; unknown keys are left out."""
    return msgspec.json.decode(raw, type=Story)


def as_json(outcome: Outcome, spans: Sequence[Span]) -> str:
    """The outcome for programs, with the figures."""
    days = [round((span.end_ms - span.start_ms) / DAY_MS) for span in spans]
    figures = {f"load_s_p95_{one}d": outcome.load_s_p95(one) for one in days}
    figures |= {f"load_s_p95_best_{one}d": outcome.load_s_p95(one, best=True) for one in days}
    if len(days) > 1:
        figures["growth"] = outcome.growth(days[0], days[-1])
        figures["growth_best"] = outcome.growth(days[0], days[-1], best=True)
    told = {"figures": figures, "rows": msgspec.to_builtins(outcome.rows)}
    return json.dumps(told, ensure_ascii=False)
