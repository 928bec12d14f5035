"""Questions in InfluxQL that cannot name what does not exist.

A query is made from the schema's words: an unknown measurement, field or tag, or a sum of truths,
is refused where the board is written. What Grafana fills in stays as its own words: the time range
(``$timeFilter``), the step (``$__interval``), a variable's choice (``$site``).
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from vocabulary.errors import CallerFault
from vocabulary.measurements import MEASUREMENTS, FieldType, Measurement, Store

RANGE: Final = "$timeFilter"
STEP: Final = "$__interval"
STEP_MS: Final = "$__interval_ms"
PER_HOUR: Final = "($__interval_ms / 3600000)"
"""Divisors: a sum over a step becomes a mean, or what it is an hour, however long the step."""
_NUMBERS: Final = frozenset({FieldType.INTEGER, FieldType.FLOAT})
_OF_NUMBERS: Final = frozenset({"sum", "mean", "max", "min", "median", "percentile", "spread"})
_OF_ANYTHING: Final = frozenset({"last", "first", "count", ""})


class QueryUnfit(CallerFault):
    """A query names what the schema has not."""

    remedy = "See `lamplighter dashboards fields` for what there is."

    def __init__(self, measurement: str, what: str) -> None:
        super().__init__(measurement, what)
        self.measurement, self.what = measurement, what

    def __str__(self) -> str:
        return f"query of `{self.measurement}`: {self.what}"


class Pick(NamedTuple):
    """One column of an answer: a field, what is done with it, what it is divided by, its name."""

    field: str
    function: str = "last"
    by: float | str = 1
    name: str = ""

    @property
    def column(self) -> str:
        """The name of the column in the answer."""
        return self.name or self.field


class Query(NamedTuple):
    """One question, and the store that answers it."""

    text: str
    store: Store
    measurement: str
    columns: tuple[str, ...]
    tags: tuple[str, ...] = ()


def quoted(name: str) -> str:
    """A name as InfluxQL writes it."""
    return f'"{name}"'


def literal(text: str) -> str:
    """A text as InfluxQL writes it, quotes and backslashes escaped."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def chosen(tag: str) -> str:
    """The condition that a tag is what the variable of the same name says, one or many."""
    return f'"{tag}" =~ /^${{{tag}:regex}}$/'


def _schema(measurement: str) -> Measurement:
    row = MEASUREMENTS.get(measurement)
    if row is None:
        raise QueryUnfit(measurement, "there is no such measurement")
    return row


def _checked(row: Measurement, pick: Pick) -> None:
    kind = row.fields.get(pick.field)
    if kind is None:
        raise QueryUnfit(row.name, f"there is no field `{pick.field}`")
    if pick.function not in _OF_NUMBERS | _OF_ANYTHING:
        raise QueryUnfit(row.name, f"there is no function `{pick.function}`")
    if kind not in _NUMBERS and (pick.function in _OF_NUMBERS or pick.by != 1):
        raise QueryUnfit(row.name, f"`{pick.field}` is {kind}, no number")


def _term(pick: Pick) -> str:
    made = quoted(pick.field)
    if pick.function:
        made = f"{pick.function}({made})"
    if pick.by != 1:
        less = pick.by if isinstance(pick.by, str) else f"{pick.by:.9f}".rstrip("0").rstrip(".")
        made = f"{made} / {less}"
    bare = not pick.function and pick.by == 1 and pick.column == pick.field
    return made if bare else f"{made} AS {quoted(pick.column)}"


def ask(
    measurement: str,
    *picks: Pick,
    where: Sequence[str] = (),
    by: Sequence[str] = (),
    step: str = "",
    fill: str = "",
    within: str = RANGE,
    latest: int = 0,
) -> Query:
    """One query; ``by`` are tags, ``where`` conditions made by ``is_`` and ``chosen``.

    Raises:
        QueryUnfit: naming what the schema has not.
    """
    row = _schema(measurement)
    for pick in picks:
        _checked(row, pick)
    for tag in by:
        if tag not in row.tags:
            raise QueryUnfit(measurement, f"there is no tag `{tag}`")
    for condition in where:
        name = condition.split('"')[1]
        if name not in row.tags and name not in row.fields:
            raise QueryUnfit(measurement, f"there is neither tag nor field `{name}`")
    terms = ", ".join(map(_term, picks))
    conditions = " AND ".join([*where, within] if within else where)
    text = f"SELECT {terms} FROM {quoted(measurement)}"  # noqa: S608 - our own words
    text += f" WHERE {conditions}" if conditions else ""
    groups = [*([f"time({step})"] if step else []), *map(quoted, by)]
    text += f" GROUP BY {', '.join(groups)}" if groups else ""
    text += f" fill({fill})" if fill else ""
    text += f" ORDER BY time DESC LIMIT {latest}" if latest else ""
    return Query(text, row.store, measurement, tuple(pick.column for pick in picks), tuple(by))


def total(inner: Query, function: str = "sum", *, step: str = "", by: Sequence[str] = ()) -> Query:
    """One number of many series: the inner answer's columns, added up over its tags."""
    terms = ", ".join(f"{function}({quoted(name)}) AS {quoted(name)}" for name in inner.columns)
    groups = [*([f"time({step})"] if step else []), *map(quoted, by)]
    text = f"SELECT {terms} FROM ({inner.text}) WHERE {RANGE}"  # noqa: S608 - our own words
    text += f" GROUP BY {', '.join(groups)}" if groups else ""
    text += " fill(null)" if step else ""
    return Query(text, inner.store, inner.measurement, inner.columns, tuple(by))


def share(
    measurement: str,
    parts: Sequence[tuple[str, Sequence[str], Sequence[str]]],
    *,
    where: Sequence[str] = (),
    by: Sequence[str] = (),
    step: str = "",
) -> Query:
    """Shares in per cent: each a name, the fields above and the fields below the line.

    Raises:
        QueryUnfit: naming what the schema has not.
    """
    terms = []
    for name, above, below in parts:
        over = " + ".join(f"sum({quoted(field)})" for field in above)
        under = " + ".join(f"sum({quoted(field)})" for field in below)
        terms.append(f"100 * ({over}) / ({under}) AS {quoted(name)}")
    fields = {field for _name, above, below in parts for field in (*above, *below)}
    base = ask(measurement, *(Pick(f, "sum") for f in sorted(fields)), where=where, by=by)
    text = base.text.split(" FROM ", 1)[1].split(" GROUP BY ")[0]
    groups = [*([f"time({step})"] if step else []), *map(quoted, by)]
    text = f"SELECT {', '.join(terms)} FROM {text}"  # noqa: S608 - our own words
    text += f" GROUP BY {', '.join(groups)}" if groups else ""
    text += " fill(null)" if step else ""
    names = tuple(name for name, _above, _below in parts)
    return Query(text, base.store, measurement, names, tuple(by))


def is_(measurement: str, name: str, value: str | int) -> str:
    """The condition that a tag or field has a value; text may hold any sign, or a variable.

    Raises:
        QueryUnfit: naming what the schema has not.
    """
    row = _schema(measurement)
    if name not in row.tags and name not in row.fields:
        raise QueryUnfit(measurement, f"there is neither tag nor field `{name}`")
    return f"{quoted(name)} = {value if isinstance(value, int) else literal(value)}"
