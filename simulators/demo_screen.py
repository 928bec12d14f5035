"""The demo on a terminal: a live table; where there is no terminal, one line per change."""

from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from processing.changes import NodeState
from simulators.demo_summary import Summary
from simulators.demo_view import WORDS, Row, View, clock_text

_STYLES: Final = {
    NodeState.DOWN.value: "bold red",
    NodeState.UNOBSERVED.value: "dim",
    NodeState.SUSPECT.value: "yellow",
    NodeState.UP.value: "green",
}


def table(view: View, *, height: int) -> Table:
    """The rows that matter most first, as many as fit; the rest is counted."""
    made = Table(expand=False, padding=(0, 1))
    for title in ("Site", "Access point", "State", "Cause", "Since", "Devices"):
        made.add_column(title, justify="right" if title == "Devices" else "left")
    rank = {NodeState.DOWN.value: 0, NodeState.UNOBSERVED.value: 1, NodeState.SUSPECT.value: 2}
    rows = sorted(view.rows, key=lambda row: rank.get(row.state, 3))
    fitting = max(4, height - 9)
    for row in rows[:fitting]:
        devices = "" if row.devices is None else str(row.devices)
        word = Text(WORDS[NodeState(row.state)], style=_STYLES.get(row.state, ""))
        made.add_row(row.site, row.ap, word, row.cause, row.since, devices)
    if len(rows) > fitting:
        made.caption = f"and {len(rows) - fitting} more, all {rows[fitting].state}"
    return made


def change_lines(before: dict[str, str], view: View) -> list[str]:
    """What changed since ``before`` (access point -> state), which is brought up to date."""
    lines = []
    for row in view.rows:
        known = before.get(row.ap)
        if known == row.state or NodeState.SUSPECT.value in (row.state, known):
            continue
        before[row.ap] = row.state
        if known is not None:
            lines.append(_line(row, view.at_s))
    return lines


def _line(row: Row, at_s: float) -> str:
    why = f", {row.cause}" if row.cause else ""
    since = f", since {row.since}" if row.since else ""
    return f"{clock_text(at_s)}  {row.ap} ({row.site}): {row.state}{why}{since}"


class DemoScreen:
    """Shows views; ``with`` it, and call ``show`` about twice a second."""

    def __init__(self, console: Console, *, head: str) -> None:
        self._console, self._head = console, head
        self._before: dict[str, str] = {}
        self._progress = Progress(
            TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[note]}")
        )
        self._task = self._progress.add_task("simulated", total=1.0, note="")
        self._live = Live(console=console, refresh_per_second=4, transient=False)

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        else:
            self._console.print(self._head, highlight=False, soft_wrap=True)
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if self._console.is_terminal:
            self._live.stop()

    def show(self, view: View) -> None:
        """This is how things stand now."""
        if not self._console.is_terminal:
            for line in change_lines(self._before, view):
                self._console.print(line, highlight=False, soft_wrap=True)
            return
        note = (
            f"{clock_text(view.at_s)} / {clock_text(view.end_s)}   {view.readings} readings"
            f"   {view.backlog_records} waiting on gateways"
        )
        self._progress.update(self._task, completed=min(1.0, view.at_s / view.end_s), note=note)
        body = table(view, height=self._console.height)
        self._live.update(Group(Text(self._head), body, self._progress))


def print_summary(console: Console, summary: Summary, say: Callable[[str], None]) -> None:
    """The end of a run for a person."""
    made = Table(title="Planted outages, and what was found (times since the start)")
    for title in ("Level", "Node", "True", "Found", "Cause given", "Access points"):
        made.add_column(title)
    for line in summary.outages:
        found = "not found"
        if line.found_start_s is not None:
            end = clock_text(line.found_end_s) if line.found_end_s is not None else "still open"
            found = f"{clock_text(line.found_start_s)} to {end}"
        true = f"{clock_text(line.true_start_s)} to {clock_text(line.true_end_s)}"
        cause = line.found_cause.replace("_", " ")
        made.add_row(line.level, line.node, true, found, cause, str(line.affected))
    console.print(made)
    say(
        f"readings: {summary.readings_produced} produced, {summary.readings_stored} stored, "
        f"{summary.readings_waiting} still on gateways, {summary.readings_missing} lost, "
        f"{summary.readings_declared_lost} declared lost, "
        f"{summary.readings_stored_twice} stored twice"
    )
    say(
        f"outages: {summary.outages_true} true, {summary.outages_found} found, "
        f"{summary.outages_false} false"
    )
    say(
        f"{summary.readings_per_s:.0f} readings/s, {summary.wall_s:.1f} s; seed {summary.seed}; "
        f"results in {summary.out}"
    )
