"""A board's JSON -> the questions a browser would send: range, step and variables filled in.

As Grafana does it: the step is the range over the panel's most points, rounded to a usual one and
never finer than the data source's. ``now()`` becomes the end of the range, so that a month of the
past is asked as if it had just ended.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from dashboards.influxql import literal
from dashboards.panels import SOURCE_UID
from vocabulary.measurements import Store

MIN_STEP_MS: Final = 60_000
POINTS_USUAL: Final = 400
_STEPS_MS: Final = (
    (90_000, 60_000),
    (210_000, 120_000),
    (450_000, 300_000),
    (750_000, 600_000),
    (1_050_000, 900_000),
    (1_500_000, 1_200_000),
    (2_700_000, 1_800_000),
    (5_400_000, 3_600_000),
    (9_000_000, 7_200_000),
    (16_200_000, 10_800_000),
    (32_400_000, 21_600_000),
    (64_800_000, 43_200_000),
)
"""(below, step): Grafana's own rounding, from a minute up; a day beyond the last."""
_STORE_OF: Final = {uid: store for store, uid in SOURCE_UID.items()}
Values = Mapping[str, str | list[str]]


class Question(NamedTuple):
    """One query of one panel, ready to send."""

    panel: str
    ref: str
    store: Store
    influxql: str
    alias: str
    as_table: bool
    step_ms: int


class Span(NamedTuple):
    """A time range, in UTC milliseconds."""

    start_ms: int
    end_ms: int


def step_ms(span: Span, points: int, least: str | None = None) -> int:
    """The step for a range, a panel's most points, and the least step that it names in minutes."""
    raw = (span.end_ms - span.start_ms) / max(points, 1)
    rounded = next((step for below, step in _STEPS_MS if raw < below), 86_400_000)
    named_ms = int(least.removesuffix("m")) * MIN_STEP_MS if least else 0
    return max(rounded, MIN_STEP_MS, named_ms)


def _regex(value: str | list[str]) -> str:
    if value == ".*":
        return ".*"
    many = [value] if isinstance(value, str) else value
    escaped = [re.sub(r"([.*+?^${}()|\[\]\\/])", r"\\\1", one) for one in many]
    return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"


def filled(query: str, span: Span, values: Values, step: int) -> str:
    """A query with everything of Grafana's replaced."""
    text = query.replace("$timeFilter", f"time >= {span.start_ms}ms and time <= {span.end_ms}ms")
    text = text.replace("now()", f"{span.end_ms}ms").replace("$__interval_ms", str(step))
    text = text.replace("$__interval", f"{step}ms")
    for name, value in values.items():
        text = text.replace(f"${{{name}:regex}}", _regex(value))
        plain = value if isinstance(value, str) else ",".join(value)
        text = text.replace(f"${{{name}}}", literal(plain)[1:-1])
    return text


def questions(board: Mapping[str, Any], span: Span, values: Values) -> Iterator[Question]:
    """Every query of a board."""
    for panel in board["panels"]:
        step = step_ms(span, panel.get("maxDataPoints") or POINTS_USUAL, panel.get("interval"))
        for target in panel["targets"]:
            yield Question(
                panel["title"],
                target["refId"],
                _STORE_OF[target["datasource"]["uid"]],
                filled(target["query"], span, values, step),
                target["alias"],
                target["resultFormat"] == "table",
                step,
            )


def choices(board: Mapping[str, Any]) -> dict[str, tuple[Store, str]]:
    """Variables that are asked for: name -> where, and what."""
    return {
        row["name"]: (_STORE_OF[row["datasource"]["uid"]], row["query"])
        for row in board["templating"]["list"]
        if row["type"] == "query"
    }


def has_all(board: Mapping[str, Any], name: str) -> bool:
    """Whether a variable may be everything at once."""
    return any(row["name"] == name and row.get("includeAll") for row in board["templating"]["list"])
