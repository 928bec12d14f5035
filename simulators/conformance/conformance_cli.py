"""``lamplighter simulate conformance``: the drive, the table, the gate."""

import asyncio
import tempfile
from pathlib import Path
from typing import Final

import click
import msgspec

from simulators.conformance import cases, table
from simulators.conformance.verdicts import faults, judge_all
from vocabulary.exit_codes import ExitCode

PREFIX: Final = "conformance-"


@click.command()
@click.option("--table", "whole", is_flag=True, help="Print every assertion, not only counts.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def conformance(*, whole: bool, as_json: bool) -> None:
    """Judge our gateway and host by every assertion of Sparkplug B 3.0, on real Mosquitto.

    Ends with 0 when nothing fails and nothing is left out that was not before, else with 2; with
    69 when Mosquitto is not installed.

    Example: lamplighter simulate conformance --table
    """
    click.echo("driving our gateways and hosts through every case ...", err=True)
    with tempfile.TemporaryDirectory(prefix=PREFIX) as directory:
        recording = asyncio.run(cases.drive(Path(directory)))
    verdicts = judge_all(recording.evidence)
    if as_json:
        click.echo(msgspec.json.encode(table.as_data(verdicts)).decode())
    else:
        lines = [*table.rows(verdicts), ""] if whole else []
        click.echo("\n".join([*lines, *table.summary(verdicts)]))
    if faults(verdicts):
        raise SystemExit(ExitCode.FATAL_FINDING)
