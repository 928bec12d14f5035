"""``lamplighter simulate crash``: kill real processes, then count every reading."""

import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn

import click
import msgspec

from simulators.crash import Summary, run
from simulators.crash_plan import Kind
from simulators.interrupt import Interrupt
from vocabulary.exit_codes import ExitCode

CYCLES_MAX: Final = 100_000
INTERRUPTED: Final = 130
TERMINATED: Final = 143


def in_words(summary: Summary) -> str:
    """The summary for people."""
    figures = summary.figures
    kills = ", ".join(
        f"{victim} {by_kind[Kind.KILLED]} + {by_kind[Kind.FROZEN]}"
        for victim, by_kind in summary.kills.items()
    )
    lines = [
        f"{summary.cycles} of {summary.cycles_planned} cycles in {summary.wall_s:.0f} s, "
        f"seed {summary.seed}",
        f"killed + frozen: {kills}",
    ]
    if summary.settled:
        lines += [
            f"{figures.said} messages said, {figures.unheard} of them to dead gateways; "
            f"{figures.records} records with {figures.produced} readings",
            f"{figures.stored} stored, {figures.missing} missing, {figures.stored_twice} stored "
            f"twice, {figures.declared_lost} declared lost, {figures.false_outages} false outages",
        ]
    else:
        lines.append("no account could be made")
    return "\n".join([*lines, *(f"FOUND {what}" for what in figures.findings)])


def _terminate(_number: int, _frame: FrameType | None) -> NoReturn:
    """As an exception, so that no process of ours is left behind."""
    raise SystemExit(TERMINATED)


@click.command()
@click.option("--cycles", "count", type=click.IntRange(1, CYCLES_MAX), default=8, show_default=True)
@click.option("--seed", default=1, show_default=True, help="Who is hit, how, when.")
@click.option("--json", "as_json", is_flag=True, help="The summary as JSON on standard output.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep summary, logs, ledger and spools here.",
)
def crash(count: int, seed: int, as_json: bool, out: Path | None) -> None:
    """Kill real processes at random moments and show that no reading is lost or doubled.

    Runs two gateways, Mosquitto, a host and InfluxDB on this machine. Each cycle takes some
    seconds: SIGKILL for one of them, often SIGSTOP for another. Exit 0 when every reading is
    stored once, none is declared lost and no outage was invented; 1 otherwise. Ctrl-C ends it
    after the cycle under way, with the account of what was done.

    Example: lamplighter simulate crash --cycles 50 --seed 1 --json
    """
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        with Interrupt() as interrupted:
            summary = run(
                count,
                seed,
                say=lambda line: click.echo(line, err=True),
                interrupted=interrupted,
                out=out,
            )
            ended_early = interrupted()
    finally:
        signal.signal(signal.SIGTERM, before)
    made = msgspec.json.encode(summary)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        (out / "summary.json").write_bytes(msgspec.json.format(made) + b"\n")
    click.echo(made.decode() if as_json else in_words(summary))
    if ended_early:
        sys.exit(INTERRUPTED)
    if not summary.is_clean:
        sys.exit(ExitCode.DEGRADED)
