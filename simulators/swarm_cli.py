"""``lamplighter simulate swarm``: worlds in which everything fails, each from one number.

It measures how fast they go, so this file reads the real clock; the worlds do not.
"""

import sys
import time
from collections.abc import Iterator

import click
import msgspec

from simulators.swarm import Outcome, run
from vocabulary.exit_codes import ExitCode
from vocabulary.units import S_PER_H


class Report(msgspec.Struct, frozen=True):
    """What a swarm found."""

    seeds: int
    violations: int
    failing_seeds: tuple[int, ...]
    simulated_h: float
    wall_s: float
    simulated_h_per_wall_s: float
    records_generated: int
    records_stored: int
    failures: tuple[Outcome, ...]


def report(outcomes: list[Outcome], wall_s: float) -> Report:
    """Add up."""
    failures = tuple(one for one in outcomes if not one.is_sound)
    simulated_h = sum(one.simulated_s for one in outcomes) / S_PER_H
    return Report(
        seeds=len(outcomes),
        violations=len(failures),
        failing_seeds=tuple(one.seed for one in failures),
        simulated_h=round(simulated_h, 3),
        wall_s=round(wall_s, 2),
        simulated_h_per_wall_s=round(simulated_h / wall_s, 3) if wall_s else 0.0,
        records_generated=sum(one.generated for one in outcomes),
        records_stored=sum(one.stored for one in outcomes),
        failures=failures,
    )


def _say_failure(outcome: Outcome) -> None:
    click.echo(f"seed {outcome.seed}: {outcome.invariant}", err=True)
    for line in outcome.what.splitlines():
        click.echo(f"    {line}", err=True)
    click.echo("  what happened last:", err=True)
    for line in outcome.log:
        click.echo(f"  {line}", err=True)
    again = f"lamplighter simulate swarm --seed {outcome.seed}"
    click.echo(f"  again, exactly: {again}", err=True)


def _runs(first: int, seeds: int, minutes: float | None, *, quiet: bool) -> Iterator[Outcome]:
    is_terminal = sys.stderr.isatty() and not quiet
    for seed in range(first, first + seeds):
        outcome = run(seed, minutes)
        if is_terminal:
            click.echo(f"\r{seed - first + 1}/{seeds} worlds", err=True, nl=False)
        if not outcome.is_sound and not quiet:
            _say_failure(outcome)
        yield outcome
    if is_terminal:
        click.echo("", err=True)


@click.command()
@click.option("--seeds", default=100, show_default=True, help="How many worlds.")
@click.option("--first", default=0, show_default=True, help="The first seed.")
@click.option("--seed", type=int, help="Only this world, with its digest; the same each time.")
@click.option("--minutes", type=float, help="Length of each world's troubles; drawn if not given.")
@click.option("--json", "as_json", is_flag=True, help="The report as JSON on standard output.")
def swarm(seeds: int, first: int, seed: int | None, minutes: float | None, as_json: bool) -> None:
    """Run worlds in which cards, wires, clocks, processes and databases fail, and check them.

    Real agents, spools, pipeline, kernels and ledger run on a virtual clock. In every world each
    reading must be stored once or declared lost, nothing that was called durable may be lost, and
    no commit may run ahead of the database. Exit 0 when all held, 1 otherwise.

    \b
    Examples:
      lamplighter simulate swarm --seeds 1000
      lamplighter simulate swarm --seed 17
    """
    if seed is not None:
        first, seeds = seed, 1
    began_s = time.perf_counter()  # noqa: TID251 - how fast the worlds go
    outcomes = list(_runs(first, seeds, minutes, quiet=as_json))
    found = report(outcomes, time.perf_counter() - began_s)  # noqa: TID251
    if as_json:
        click.echo(msgspec.json.encode(found).decode())
    else:
        _print(found, outcomes, one=seed is not None)
    if found.violations:
        sys.exit(ExitCode.DEGRADED)


def _print(found: Report, outcomes: list[Outcome], *, one: bool) -> None:
    if one:
        only = outcomes[0]
        click.echo(f"digest {only.digest} over {only.events} events, {only.simulated_s:.0f} s")
        click.echo(f"faults: {', '.join(only.kinds) or 'none'}")
        for gateway, fates in only.fates.items():
            counts = ", ".join(f"{name} {n}" for name, n in fates._asdict().items() if n)
            click.echo(f"{gateway}: {counts}")
    click.echo(
        f"{found.seeds} worlds, {found.violations} violations; "
        f"{found.simulated_h:.1f} simulated hours in {found.wall_s:.0f} s "
        f"({found.simulated_h_per_wall_s:.2f} h per second); "
        f"{found.records_generated} records, {found.records_stored} stored"
    )
    if found.failing_seeds:
        click.echo(f"failing seeds: {', '.join(map(str, found.failing_seeds))}")
