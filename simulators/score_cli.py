"""``lamplighter simulate score``: every detector on the same town, and what came of it."""

import signal
import time
from collections.abc import Generator
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import click
import msgspec

from simulators import score_plots, score_report
from simulators.score import DETECTORS, Cell, Score, Scored, check, score_cell
from simulators.score_suites import SUITES, cells_of, first_seed
from simulators.score_world import town_world

INTERRUPTED: Final = 130
WORKERS_MAX: Final = 64


@click.command()
@click.option("--suite", type=click.Choice(list(SUITES)), default="quick", show_default=True)
@click.option("--seed", type=int, default=None, help="First seed; one from the scoring range.")
@click.option("--detector", "names", multiple=True, help=f"Only these; of {', '.join(DETECTORS)}.")
@click.option("--workers", type=click.IntRange(1, WORKERS_MAX), default=2, show_default=True)
@click.option("--report", type=click.Path(path_type=Path), help="Write JSON, tables, plots here.")
@click.option("--json", "as_json", is_flag=True, help="Print the whole score as JSON.")
@click.option("--commit", default="", help="Noted in the report.")
def score(
    suite: str,
    seed: int | None,
    names: tuple[str, ...],
    workers: int,
    report: Path | None,
    as_json: bool,
    commit: str,
) -> None:
    """Score detectors against a truth they cannot see.

    Ctrl-C ends it and leaves the report of the runs done so far.

    Example: lamplighter simulate score --suite quick --report /tmp/score
    """
    wanted = check(names)
    first = first_seed() if seed is None else seed
    cells = cells_of(suite, first)
    made = Score(suite, first, commit=commit, cells_planned=len(cells))
    interrupted = False
    results = played(cells, wanted, workers)
    try:
        for scored in results:
            made.add(scored)
            _progress(made, scored.cell)
    except KeyboardInterrupt:
        interrupted = True
        click.echo("interrupted; reporting what was done", err=True)
    finally:
        results.close()
    made.complete = not interrupted
    if report is not None:
        for path in [*score_report.write(made, report), *score_plots.write(made, report)]:
            click.echo(f"wrote {path}", err=True)
    if as_json:
        click.echo(msgspec.json.encode(score_report.as_data(made)).decode())
    elif report is None:
        click.echo(score_report.as_markdown(made))
    if interrupted:
        raise SystemExit(INTERRUPTED)


def played(
    cells: list[Cell], names: tuple[str, ...], workers: int
) -> Generator[Scored, None, None]:
    """Cells as they are done; in their order with one worker. Closing it ends the workers."""
    play = partial(score_cell, world=town_world, names=names, cost_clock_ns=time.thread_time_ns)
    if workers == 1:
        yield from map(play, cells)
        return
    with get_context("spawn").Pool(workers, initializer=_leave_interrupts) as pool:
        yield from pool.imap_unordered(play, cells)


def _leave_interrupts() -> None:
    """Ctrl-C is for the one who gathers; it ends the workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _progress(made: Score, cell: Cell) -> None:
    done = f"{made.cells_done:3} of {made.cells_planned}"
    click.echo(f"{done}  {cell.scenario:8} seed {cell.seed}", err=True)
