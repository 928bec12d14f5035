"""Answers -> what a panel shows: rows under names, after the transformations that our boards use.

Grafana does this in the browser; here it is done again, small, so that a picture and a test can
look at a board without one. Only what our boards use is known: ``groupBy``, ``groupingToMatrix``.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dashboards.asking import Series


class Line(NamedTuple):
    """One named line of a chart: times in UTC milliseconds, values with gaps as None."""

    name: str
    times_ms: list[int]
    values: list[Any]


class Frame(NamedTuple):
    """A table."""

    columns: list[str]
    rows: list[list[Any]]


def lines_of(series: Sequence[Series], alias: str) -> list[Line]:
    """Series as a chart names them: by the alias, else by column and tags."""
    made = []
    for one in series:
        times = [int(row[0]) for row in one.values]
        for ix, column in enumerate(one.columns[1:], start=1):
            tags = ", ".join(value for value in one.tags.values() if value)
            name = _aliased(alias, column, one.tags) if alias else f"{column} {tags}".strip()
            made.append(Line(name, times, [row[ix] for row in one.values]))
    return made


def _aliased(alias: str, column: str, tags: Mapping[str, str]) -> str:
    made = alias.replace("$col", column)
    for tag, value in tags.items():
        made = made.replace(f"$tag_{tag}", value)
    return made.strip()


def frame_of(series: Sequence[Series]) -> Frame:
    """Series as one table: the time, each tag, each column."""
    if not series:
        return Frame([], [])
    tags = list(series[0].tags)
    columns = [series[0].columns[0], *tags, *series[0].columns[1:]]
    rows = [
        [row[0], *(one.tags[tag] for tag in tags), *row[1:]] for one in series for row in one.values
    ]
    return Frame(columns, rows)


def transformed(frame: Frame, transformations: Sequence[Mapping[str, Any]]) -> Frame:
    """The table after a panel's transformations."""
    for one in transformations:
        frame = {"groupBy": _grouped, "groupingToMatrix": _matrix}[one["id"]](frame, one["options"])
    return frame


def _grouped(frame: Frame, options: Mapping[str, Any]) -> Frame:
    fields = options["fields"]
    keys = [name for name, row in fields.items() if row["operation"] == "groupby"]
    sums = [name for name, row in fields.items() if row["operation"] == "aggregate"]
    at = {name: ix for ix, name in enumerate(frame.columns)}
    held: dict[tuple[Any, ...], list[float]] = {}
    for row in frame.rows:
        values = held.setdefault(tuple(row[at[name]] for name in keys), [0.0] * len(sums))
        for ix, name in enumerate(sums):
            values[ix] += row[at[name]] or 0
    columns = [*keys, *(f"{name} (sum)" for name in sums)]
    return Frame(columns, [[*key, *values] for key, values in held.items()])


def _matrix(frame: Frame, options: Mapping[str, Any]) -> Frame:
    at = {name: ix for ix, name in enumerate(frame.columns)}
    across, down, value = (options[key] for key in ("columnField", "rowField", "valueField"))
    heads = sorted({row[at[across]] for row in frame.rows})
    held = {(row[at[down]], row[at[across]]): row[at[value]] for row in frame.rows}
    rows = [
        [side, *(held.get((side, head)) for head in heads)]
        for side in sorted({row[at[down]] for row in frame.rows})
    ]
    return Frame([f"{down}\\{across}", *map(str, heads)], rows)
