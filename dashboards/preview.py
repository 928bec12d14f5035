"""Draws a board from its real JSON and real answers, so that people can look at it without Grafana.

Not Grafana's picture: the same panels in the same places with the same values, words and gaps,
drawn by matplotlib. What a panel kind means here is one function; a kind without one is a fault.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib import dates
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image

from dashboards.asking import Answer
from dashboards.filled import Question, Span
from dashboards.frames import Frame, Line, frame_of, lines_of, transformed
from dashboards.panels import CODES, GREY, STATES
from dashboards.values import shown

Answers = Mapping[str, list[tuple[Question, Answer]]]
"""Panel's title -> its questions and what came back."""

COLUMNS: Final = 24
WIDTH_IN, ROW_IN = 14.0, 0.32
DPI: Final = 65
COLOURS_MAX: Final = 128
TABLE_ROWS_MAX: Final = 14
TABLE_COLUMNS_MAX: Final = 11
LINES_MAX: Final = 12
_INK, _PAPER, _PANEL = "#20242a", "#eef0f2", "#ffffff"
_COLOURS: Final = ("#3b6ea5", "#c0392b", "#4d9078", "#8a5a9e", "#b7791f", "#5f6a72")
_STYLES: Final = ("-", "--", ":", "-.")
FONTS: Final = ("DejaVu Sans", "Noto Sans Arabic", "Noto Naskh Arabic", "Noto Sans")


def draw(board: Mapping[str, Any], span: Span, answers: Answers, path: Path) -> None:
    """One picture of a board."""
    rows = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in board["panels"])
    head_in = 0.5
    height_in = head_in + rows * ROW_IN
    figure = Figure(figsize=(WIDTH_IN, height_in), dpi=DPI, facecolor=_PAPER)
    FigureCanvasAgg(figure)
    with mpl.rc_context({"font.family": list(_known_fonts()), "font.size": 8}):
        figure.text(0.008, 1 - 0.3 / height_in, board["title"], fontsize=14, color=_INK)
        times = f"{_day(span.start_ms)} to {_day(span.end_ms)} UTC"
        figure.text(0.992, 1 - 0.3 / height_in, times, ha="right", color=_INK)
        for panel in board["panels"]:
            place = panel["gridPos"]
            left, width = place["x"] / COLUMNS, place["w"] / COLUMNS
            top = (head_in + place["y"] * ROW_IN) / height_in
            tall = place["h"] * ROW_IN / height_in
            box = (left + 0.004, 1 - top - tall + 0.004, width - 0.008, tall - 0.008)
            _panel(figure, panel, box, answers.get(panel["title"], []), span)
        figure.savefig(path, facecolor=_PAPER, metadata={"Software": ""})
    with Image.open(path) as picture:  # few colours are enough, and a third of the size
        small = picture.convert("RGB").quantize(COLOURS_MAX, method=Image.Quantize.MAXCOVERAGE)
    small.save(path, optimize=True)


def _known_fonts() -> tuple[str, ...]:
    from matplotlib.font_manager import fontManager  # noqa: PLC0415 - looks at the disk

    there = set(fontManager.get_font_names())
    return tuple(name for name in FONTS if name in there)


def _day(ms: int) -> str:
    return f"{datetime.fromtimestamp(ms / 1_000, UTC):%Y-%m-%d %H:%M}"


def _panel(
    figure: Figure,
    panel: Mapping[str, Any],
    box: tuple[float, float, float, float],
    held: list[tuple[Question, Answer]],
    span: Span,
) -> None:
    left, bottom, width, height = box
    back = Rectangle(
        (left, bottom), width, height, facecolor=_PANEL, edgecolor="#d4d8dc", zorder=-1
    )
    back.set_transform(figure.transFigure)
    figure.add_artist(back)
    inch = 1 / (figure.get_figheight())
    figure.text(left + 0.005, bottom + height - 0.17 * inch, panel["title"], weight="bold")
    inner = (left + 0.035, bottom + 0.3 * inch, width - 0.045, height - 0.62 * inch)
    if panel["type"] in ("state-timeline", "barchart"):
        inner = (left + 0.075, bottom + 0.45 * inch, width - 0.095, height - 0.77 * inch)
    elif panel["type"] in ("stat", "table"):
        inner = (left + 0.005, bottom + 0.05 * inch, width - 0.01, height - 0.3 * inch)
    axes = figure.add_axes(inner)
    if not any(answer.points for _question, answer in held):
        axes.set_axis_off()
        axes.text(0.5, 0.5, "No data", ha="center", va="center", color=GREY, fontsize=11)
        return
    _KINDS[panel["type"]](axes, panel, held, span)


def _lines(held: list[tuple[Question, Answer]]) -> list[Line]:
    return [line for question, answer in held for line in lines_of(answer.series, question.alias)]


def _chart(
    axes: Axes, panel: Mapping[str, Any], held: list[tuple[Question, Answer]], span: Span
) -> None:
    defaults = panel["fieldConfig"]["defaults"]
    as_bars = defaults["custom"]["drawStyle"] == "bars"
    for ix, line in enumerate(_lines(held)[:LINES_MAX]):
        times = [datetime.fromtimestamp(ms / 1_000, UTC) for ms in line.times_ms]
        values = [float("nan") if value is None else float(value) for value in line.values]
        colour, style = _COLOURS[ix % len(_COLOURS)], _STYLES[ix % len(_STYLES)]
        if as_bars:
            axes.bar(times, values, width=0.6, color=colour, alpha=0.7, label=line.name)  # type: ignore[arg-type]
        else:
            axes.plot(times, values, style, color=colour, lw=1, label=line.name)  # type: ignore[arg-type]
            lone = _alone(values)
            axes.plot([times[at] for at in lone], [values[at] for at in lone], ".", color=colour)  # type: ignore[arg-type]
    _time_axis(axes, span)
    axes.yaxis.set_major_formatter(lambda value, _ix: shown(value, defaults["unit"]))
    if defaults.get("min") is not None:
        axes.set_ylim(bottom=defaults["min"])
    axes.legend(loc="upper left", fontsize=6, ncols=4, frameon=False)
    axes.grid(visible=True, lw=0.3)


def _alone(values: list[float]) -> list[int]:
    """Points with a gap on both sides, which no line would show."""
    gap = [True, *(value != value for value in values), True]
    return [ix for ix in range(len(values)) if gap[ix] and gap[ix + 2] and not gap[ix + 1]]


def _time_axis(axes: Axes, span: Span) -> None:
    start, end = (datetime.fromtimestamp(ms / 1_000, UTC) for ms in span)
    axes.set_xlim(start, end)  # type: ignore[arg-type]
    ticks: Any = dates
    locator = ticks.AutoDateLocator(maxticks=8)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ticks.ConciseDateFormatter(locator))
    axes.tick_params(labelsize=6)
    axes.xaxis.get_offset_text().set_visible(False)


def _timeline(
    axes: Axes, _panel: Mapping[str, Any], held: list[tuple[Question, Answer]], span: Span
) -> None:
    rows = _lines(held)[:LINES_MAX]
    day_ms = 86_400_000
    for y, line in enumerate(rows):
        ends = [*line.times_ms[1:], span.end_ms]
        for start, end, state in zip(line.times_ms, ends, line.values, strict=True):
            word, colour = STATES.get(str(state), (str(state), GREY))
            axes.barh(
                y, (end - start) / day_ms, left=start / day_ms, color=colour, alpha=0.75, height=0.8
            )
            if end - start > (span.end_ms - span.start_ms) / 12 and state != "up":
                axes.text(start / day_ms, y, word, va="center", fontsize=6)
    axes.set_yticks(range(len(rows)), [line.name for line in rows])
    axes.set_xlim(span.start_ms / day_ms, span.end_ms / day_ms)
    axes.xaxis.set_major_formatter(lambda day, _ix: _day(round(day * day_ms))[5:10])
    axes.tick_params(labelsize=6)
    words = {STATES.get(str(s), (str(s), GREY)) for line in rows for s in line.values}
    for ix, (word, colour) in enumerate(sorted(words)):
        place = (0.16 * ix, 1.03)
        axes.text(*place, word, color=colour, transform=axes.transAxes, fontsize=7)


def _overridden(panel: Mapping[str, Any], what: str) -> dict[str, str]:
    return {
        override["matcher"]["options"]: one["value"]
        for override in panel["fieldConfig"].get("overrides", ())
        for one in override["properties"]
        if one["id"] == what
    }


def _height_in(axes: Axes) -> float:
    figure = axes.figure
    assert isinstance(figure, Figure)
    return float(figure.get_figheight())


def _table(
    axes: Axes, panel: Mapping[str, Any], held: list[tuple[Question, Answer]], _span: Span
) -> None:
    frame = Frame([], [])
    for _question, answer in held:
        frame = frame_of(answer.series)
    frame = transformed(frame, panel.get("transformations", ()))
    units = {"time": "dateTimeAsIso"} | _overridden(panel, "unit")
    columns = frame.columns[:TABLE_COLUMNS_MAX]
    words = _overridden(panel, "displayName")
    heads = [words.get(name, name) for name in columns]
    matrix = bool(panel.get("transformations"))
    most = 24 if matrix else TABLE_ROWS_MAX
    texts = [
        [shown(value, units.get(name, "none"), 0 if matrix else None)
         for name, value in zip(columns, row, strict=False)]
        for row in frame.rows[:most]
    ]  # fmt: skip
    axes.set_axis_off()
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    widths = [
        max([len(name), *(len(row[ix]) for row in texts)]) + 2 for ix, name in enumerate(heads)
    ]
    edges = [sum(widths[:ix]) / sum(widths) for ix in range(len(columns))]
    step = 1 / (max(len(texts), 4) + 1.6)
    width_pt = axes.get_position().width * WIDTH_IN * 72
    size = min(
        7.0,
        width_pt / (0.62 * sum(widths)),
        560 * step * axes.get_position().height * _height_in(axes) / 10,
    )
    for x, name in zip(edges, heads, strict=True):
        axes.text(x, 1 - 0.6 * step, name, fontsize=size, weight="bold", va="center")
    for y, row in enumerate(texts, start=1):
        for x, text in zip(edges, row, strict=True):
            axes.text(x, 1 - (y + 0.6) * step, text, fontsize=size, va="center")
    if len(frame.rows) > most:
        axes.text(1, 0, f"and {len(frame.rows) - most} more", ha="right", fontsize=6, color=GREY)


def _stat(
    axes: Axes, panel: Mapping[str, Any], held: list[tuple[Question, Answer]], _span: Span
) -> None:
    defaults = panel["fieldConfig"]["defaults"]
    values: list[tuple[str, Any]] = []
    for _question, answer in held:
        frame = frame_of(answer.series)
        for ix, name in enumerate(frame.columns):
            last = [row[ix] for row in frame.rows if row[ix] is not None]
            if name != "time" and last:
                values.append((name, last[-1]))
    axes.set_axis_off()
    for ix, (name, value) in enumerate(values):
        x = (ix + 0.5) / len(values)
        colour = _threshold(defaults, value)
        said = shown(value, defaults["unit"], defaults.get("decimals"))
        axes.text(x, 0.55, said, ha="center", va="center", fontsize=15, color=colour)
        axes.text(x, 0.12, name, ha="center", va="center", fontsize=7)


def _threshold(defaults: Mapping[str, Any], value: Any) -> str:
    colour = _INK
    for step in defaults["thresholds"]["steps"]:
        if step["value"] is None or (isinstance(value, int | float) and value >= step["value"]):
            colour = step["color"]
    return colour


def _map(
    axes: Axes, _panel: Mapping[str, Any], held: list[tuple[Question, Answer]], _span: Span
) -> None:
    marks = {"working": "o", "partly": "^", "dark": "s", "unknown": "X"}
    for _question, answer in held:
        frame = frame_of(answer.series)
        at = {name: ix for ix, name in enumerate(frame.columns)}
        for row in frame.rows:
            word = CODES[int(row[at["code"]])]
            said, colour = STATES[word]
            place = (row[at["lon"]], row[at["lat"]])
            axes.plot(*place, marks[word], color=colour, ms=6 + 2 * bool(row[at["down"]]))
            if word != "working":
                axes.annotate(f"{said} {row[at['name']]}", place, fontsize=6)
    axes.set_title("● working  ▲ partly  ■ dark  ✕ cannot tell", fontsize=6, loc="left")
    axes.tick_params(labelsize=6)


def _bars(
    axes: Axes, panel: Mapping[str, Any], held: list[tuple[Question, Answer]], _span: Span
) -> None:
    by, unit = panel["options"]["xField"], panel["fieldConfig"]["defaults"]["unit"]
    for _question, answer in held:
        frame = frame_of(answer.series)
        names = [str(row[frame.columns.index(by)]) for row in frame.rows]
        values = [float(row[-1] or 0) for row in frame.rows]
        drawn = axes.barh(names, values, color=_COLOURS[0])
        axes.bar_label(drawn, [shown(value, unit, 0) for value in values], fontsize=6)
    axes.invert_yaxis()
    axes.tick_params(labelsize=6)


_Draw = Callable[[Axes, Mapping[str, Any], list[tuple[Question, Answer]], Span], None]
_KINDS: Final[dict[str, _Draw]] = {
    "timeseries": _chart,
    "state-timeline": _timeline,
    "table": _table,
    "stat": _stat,
    "geomap": _map,
    "barchart": _bars,
}
KINDS: Final = frozenset(_KINDS)
"""The panel kinds that can be drawn; a test holds every board to them."""
