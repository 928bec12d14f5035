"""Figures as a table for people and as a flat map for programs."""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from bench.figure import Figure

HEADINGS: Final = ("figure", "value", "unit", "better", "beside")


def shown(value: float) -> str:
    """Four significant digits, thousands apart, as a person reads a number."""
    if value == round(value) and abs(value) < 1e15:
        return f"{round(value):,}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def table(figures: Sequence[Figure]) -> str:
    """Aligned plain text, one figure a line."""
    rows = [HEADINGS]
    for figure in figures:
        beside = ", ".join(f"{name} {shown(value)}" for name, value in figure.beside.items())
        rows.append((figure.name, shown(figure.value), figure.unit, figure.better, beside))
    widths = [max(len(row[ix]) for row in rows) for ix in range(len(HEADINGS))]
    lines = []
    for name, value, *rest in rows:
        cells = [name.ljust(widths[0]), value.rjust(widths[1])]
        cells += [cell.ljust(width) for cell, width in zip(rest, widths[2:], strict=True)]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def flat_map(figures: Iterable[Figure]) -> bytes:
    """``{name: {value, unit, better, beside}}`` as JSON that a person can read too."""
    report = {
        figure.name: {
            "value": figure.value,
            "unit": figure.unit,
            "better": figure.better,
            "beside": figure.beside,
        }
        for figure in figures
    }
    return msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n"
