"""A score on paper: everything as JSON, the figures that matter as Markdown tables.

Both say what was played, from which seed, and whether it was finished. Plots are in
``score_plots.py``.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from simulators.loss_process import YEAR_S, Limits
from simulators.score import ORACLE, OURS, Score
from simulators.score_calibration import calibration
from simulators.score_intervals import Figure
from simulators.score_metrics import LEVELS, Context, exposure, figures
from simulators.score_suites import CAUSES, RECIPES
from simulators.score_tally import Tally

JSON_NAME: Final = "score.json"
MARKDOWN_NAME: Final = "score.md"
_ABSENT: Final = "-"


class Column(NamedTuple):
    """One column of a table: its head, the figure in it, and how many digits that has."""

    head: str
    figure: str
    digits: int = 1
    as_share: bool = False


_DELAYS: Final = (
    Column("mean s", "delay_mean_s", 1),
    Column("p50", "delay_p50_s", 1),
    Column("p95", "delay_p95_s", 1),
    Column("p99", "delay_p99_s", 1),
    Column("found", "recall", 1, as_share=True),
    Column("of the long", "recall_long", 1, as_share=True),
    Column("in record", "recall_ledger", 1, as_share=True),
    Column("cause right", "cause_right", 1, as_share=True),
    Column("after 30 s", "cause_right_30s", 1, as_share=True),
    Column("alarms each", "alarms_per_incident", 1),
)
_ALARMS: Final = (
    Column("false a year and AP", "false_per_ap_year", 3),
    Column("and gateway", "false_per_gateway_year", 2),
    Column("right when told", "precision", 2, as_share=True),
    Column("incidents told per cause", "compression", 2),
    Column("children down unseen", "child_false_down", 0),
    Column("T_MR s", "mistake_recurrence_s", 0),
    Column("T_M s", "mistake_duration_s", 1),
    Column("P_A", "query_accuracy", 6),
)
_RECORDS: Final = (
    Column("downtime off %", "downtime_error_pct", 2),
    Column("each incident %", "downtime_incident_error_pct", 2),
    Column("availability off pp", "availability_error_pct", 4),
    Column("unobserved %", "unobserved_pct", 2),
    Column("device-hours off %", "device_hours_error_pct", 3),
    Column("bytes off %", "bytes_error_pct", 4),
    Column("ns a reading", "cost_ns_per_reading", 0),
)


def context_of(score: Score, scenario: str) -> Context:
    """What is known beside what happened."""
    process = score.processes.get(scenario)
    return Context(None if process is None else Limits(process))


def as_data(score: Score) -> dict[str, object]:
    """Everything a reader might compute with."""
    return {
        "suite": score.suite,
        "seed": score.seed,
        "commit": score.commit,
        "complete": score.complete,
        "cells_done": score.cells_done,
        "cells_planned": score.cells_planned,
        "figure": ["value", "low", "high", "made of"],
        "interval": "95 %",
        "scenarios": {
            scenario: {
                "files": RECIPES[scenario].files if scenario in RECIPES else (),
                "loss": score.processes.get(scenario),
                "detectors": {
                    row.detector: {
                        **exposure(row),
                        "figures": {
                            name: _rounded(figure)
                            for name, figure in figures(row, context_of(score, scenario)).items()
                        },
                    }
                    for row in score.of(scenario)
                },
            }
            for scenario in score.scenarios()
        },
        "calibration": calibration(score),
        "timeline": score.timeline,
    }


def _rounded(figure: Figure) -> list[float]:
    """Value, interval and count, to six digits."""
    return [float(f"{end:.6g}") for end in (figure.value, figure.low, figure.high)] + [figure.count]


def as_markdown(score: Score) -> str:
    """Tables of every detector on every scenario."""
    head = [
        f"# Score, suite `{score.suite}`",
        "",
        f"Seed {score.seed}, commit {score.commit or 'not noted'}, "
        f"{score.cells_done} of {score.cells_planned} runs"
        f"{'' if score.complete else ' (**interrupted**)'}. "
        "Parameters of our detector are its defaults. Intervals are 95 %.",
        "",
        _exposure_line(score),
        "",
    ]
    blocks = [_scenario(score, scenario) for scenario in _ordered(score)]
    return "\n".join([*head, *blocks, _calibration_block(score)]).rstrip() + "\n"


def _ordered(score: Score) -> list[str]:
    known = [name for name in ("s1", CAUSES) if name in score.scenarios()]
    return [*known, *(name for name in score.scenarios() if name not in known)]


def _exposure_line(score: Score) -> str:
    one = {row.scenario: row for row in score.tallies}.values()
    years = sum(row.healthy_ap_ms for row in one) / 1_000 / YEAR_S
    found = [found for row in one for found in row.found]
    counts = ", ".join(f"{sum(f.level == level for f in found)} of {level}" for level in LEVELS)
    return f"{years:.1f} healthy years of an access point; incidents: {counts}."


def _scenario(score: Score, scenario: str) -> str:
    rows = score.of(scenario)
    made = {row.detector: figures(row, context_of(score, scenario)) for row in rows}
    limits = context_of(score, scenario).limits
    lines = [f"## {scenario}", "", _what(scenario, rows[0]), ""]
    if limits is not None:
        lines += [
            f"By theory: 3 missed beats give {limits.false_alarms_per_year(3):.3g} false alarms a "
            f"year and access point; the best mean delay at 0.1 is "
            f"{limits.best_delay_mean_s(0.1):.1f} s.",
            "",
        ]
    for level in LEVELS:
        count = sum(found.level == level for found in rows[0].found)
        if count:
            columns = tuple(c._replace(figure=f"{c.figure}.{level}") for c in _DELAYS)
            extra = (Column("efficiency", "efficiency.ap", 2),) if level == "ap" else ()
            lines += [f"**{level}**, {count} incidents", "", *_table(made, (*columns, *extra)), ""]
    lines += ["**Alarms**", "", *_table(made, _ALARMS), ""]
    lines += ["**Records**", "", *_table(made, _RECORDS), ""]
    return "\n".join(lines)


def _what(scenario: str, row: Tally) -> str:
    recipe = RECIPES.get(scenario)
    files = "" if recipe is None else f"Files {', '.join(recipe.files)}. "
    seen = exposure(row)
    return (
        f"{files}{seen['ap_years']:.1f} years of an access point in {row.runs} runs, "
        f"{row.reading_count:,} readings."
    )


def _table(made: dict[str, dict[str, Figure]], columns: Sequence[Column]) -> list[str]:
    shown = [c for c in columns if any(c.figure in row for row in made.values())]
    lines = [
        "| | " + " | ".join(column.head for column in shown) + " |",
        "|---|" + "---|" * len(shown),
    ]
    for name, row in made.items():
        cells = (_cell(row.get(column.figure), column) for column in shown)
        bold = f"**{name}**" if name in (OURS, ORACLE) else name
        lines.append(f"| {bold} | " + " | ".join(cells) + " |")
    return lines


def _cell(figure: Figure | None, column: Column) -> str:
    if figure is None:
        return _ABSENT
    scale, unit = (100, " %") if column.as_share else (1, "")
    text = f"{scale * figure.value:,.{column.digits}f}{unit}"
    low, high = (f"{scale * end:,.{column.digits}f}" for end in (figure.low, figure.high))
    return text if figure.low == figure.high else f"{text} ({low}…{high})"


def _calibration_block(score: Score) -> str:
    rows = calibration(score)
    if not rows:
        return ""
    lines = [
        "## Calibration",
        "",
        "False alarms a year and access point: what the closed form says, and what was counted.",
        "",
        "| scenario | detector | predicted | counted | within |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {row.scenario} | {row.detector} | {row.predicted:.3g} | "
        f"{row.observed.value:.3g} ({row.observed.low:.3g}…{row.observed.high:.3g}) | "
        f"{'yes' if row.within else '**no**'} |"
        for row in rows
    ]
    return "\n".join(lines)


def json_text(score: Score) -> str:
    """The JSON, a figure to a line."""
    text = msgspec.json.format(msgspec.json.encode(as_data(score)), indent=1).decode()
    return re.sub(r"\[\s+([^\[\]{}]*?)\s+\]", _on_one_line, text)


def _on_one_line(found: re.Match[str]) -> str:
    return f"[{' '.join(found[1].split())}]"


def write(score: Score, directory: Path) -> list[Path]:
    """JSON and Markdown; gives what was written."""
    directory.mkdir(parents=True, exist_ok=True)
    as_json, as_text = directory / JSON_NAME, directory / MARKDOWN_NAME
    as_json.write_text(json_text(score) + "\n", encoding="utf-8")
    as_text.write_text(as_markdown(score), encoding="utf-8")
    return [as_json, as_text]
