"""A score in pictures: delays, calibration, and one incident as everybody saw it.

matplotlib is imported when the first picture is drawn, and never opens a window.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from simulators.score import ORACLE, OURS, Score
from simulators.score_calibration import calibration
from simulators.score_metrics import LEVELS
from simulators.score_suites import CAUSES
from simulators.score_timeline import Bar, Timeline
from vocabulary.units import MS_PER_S

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Picture

PREDICTED_MIN: Final = 1e-3
"""Rarer false alarms than this are not counted in any suite."""
_DPI: Final = 80
_STRONG: Final = {OURS: "#c0392b", ORACLE: "#111111"}
_FAINT: Final = ("#1f77b4", "#2ca02c", "#9467bd", "#8c564b", "#17becf", "#bcbd22", "#7f7f7f")
_SHADES: Final = {"down": "#c0392b", "unseen": "#b0b7bd"}


def write(score: Score, directory: Path) -> list[Path]:
    """Every picture there is something for; gives what was written."""
    directory.mkdir(parents=True, exist_ok=True)
    draws: dict[str, Callable[[Score], Picture | None]] = {
        "delay.png": delays,
        "calibration.png": calibrated,
        "timeline.png": timeline,
    }
    made = []
    for name, draw in draws.items():
        picture = draw(score)
        if picture is not None:
            picture.savefig(directory / name, dpi=_DPI)
            made.append(directory / name)
    return made


def _picture(width: float, height: float) -> "Picture":
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - heavy, optional
    from matplotlib.figure import Figure as Picture  # noqa: PLC0415

    picture = Picture(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(picture)
    return picture


def delays(score: Score) -> "Picture | None":
    """Share of incidents told by a time after their onset, one panel a level."""
    scenario = CAUSES if CAUSES in score.scenarios() else next(iter(score.scenarios()), "")
    rows = score.of(scenario)
    levels = [level for level in LEVELS if any(f.level == level for r in rows for f in r.found)]
    if not levels:
        return None
    picture = _picture(11, 3.6)
    panels = picture.subplots(1, len(levels), sharey=True, squeeze=False)[0]
    for axes, level in zip(panels, levels, strict=True):
        count = sum(f.level == level for f in rows[0].found)
        for number, row in enumerate(rows):
            found = [f for f in row.found if f.level == level]
            told = np.sort([f.delay_ms / MS_PER_S for f in found if f.delay_ms is not None])
            share = np.arange(1, told.size + 1) / count
            strong = row.detector in _STRONG
            axes.step(
                np.maximum(told, 0.3),
                share,
                where="post",
                label=row.detector,
                color=_STRONG.get(row.detector, _FAINT[number % len(_FAINT)]),
                linewidth=2.2 if strong else 1.0,
                linestyle="--" if row.detector == ORACLE or number > len(_FAINT) else "-",
                zorder=3 if strong else 2,
            )
        axes.set_xscale("log")
        axes.set_xlabel("s after onset")
        axes.set_title(f"{level}, n = {count}", fontsize=10)
        axes.grid(alpha=0.3)
    panels[0].set_ylabel("share told")
    handles, labels = panels[0].get_legend_handles_labels()
    picture.legend(handles, labels, loc="outside right upper", fontsize=7)
    return picture


def calibrated(score: Score) -> "Picture | None":
    """Counted over predicted false alarms."""
    points = [point for point in calibration(score) if point.predicted > PREDICTED_MIN]
    if not points:
        return None
    picture = _picture(5.2, 4.6)
    axes = picture.subplots()
    for name in dict.fromkeys(point.detector for point in points):
        mine = [point for point in points if point.detector == name]
        x = np.array([point.predicted for point in mine])
        y = np.array([point.observed.value for point in mine])
        low = np.array([point.observed.low for point in mine])
        high = np.array([point.observed.high for point in mine])
        y = np.where(y > 0, y, high)  # nothing counted: the upper end of what it may be
        spread = np.array([np.maximum(y - np.maximum(low, 1e-4), 0), np.maximum(high - y, 0)])
        axes.errorbar(x, y, spread, fmt="o", label=name, markersize=4, capsize=2, alpha=0.8)
    ends = [min(p.predicted for p in points) / 3, max(p.predicted for p in points) * 3]
    axes.plot(ends, ends, color="#888888", linewidth=1)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("predicted false alarms / AP-year")
    axes.set_ylabel("counted, 95 %")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=7)
    return picture


def timeline(score: Score) -> "Picture | None":
    """One incident: the truth above what each detector showed."""
    shown = score.timeline
    if shown is None:
        return None
    picture = _picture(9, 1.0 + 0.52 * (len(shown.views) + 1))
    axes = picture.subplots()
    rows = [("truth", shown.truth), *shown.views.items()]
    for at, (_, by_node) in enumerate(reversed(rows)):
        _lanes(axes, shown, by_node, at)
    axes.axvline(0, color="#333333", linewidth=0.8, linestyle=":")
    axes.set_yticks(range(len(rows)), [name for name, _ in reversed(rows)])
    axes.set_xlim(shown.low_s, shown.high_s)
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.set_xlabel("s after onset; red: down, grey: not seen, one lane a node")
    axes.set_title(f"{shown.level} {shown.node}: {len(shown.nodes)} nodes shown", fontsize=10)
    axes.grid(axis="x", alpha=0.3)
    return picture


def _lanes(axes: "Axes", shown: Timeline, by_node: dict[str, list[Bar]], at: int) -> None:
    """The bars of one witness, a thin lane for each node."""
    height = 0.8 / len(shown.nodes)
    axes.axhspan(at - 0.42, at + 0.42, color="#eef1f3", zorder=0)
    for lane, node in enumerate(shown.nodes):
        for bar in by_node.get(node, ()):
            low_s, high_s = max(bar.start_s, shown.low_s), min(bar.end_s, shown.high_s)
            axes.broken_barh(
                [(low_s, high_s - low_s)],
                (at - 0.4 + lane * height, height * 0.85),
                facecolors=_SHADES[bar.view],
            )
