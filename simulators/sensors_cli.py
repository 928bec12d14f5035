"""``lamplighter simulate sensors``: all sensors at once, through everything real, and judged."""

import sys
import tempfile
from pathlib import Path

import click
import msgspec

from simulators.sensors_run import Account, SensorsRun
from vocabulary.exit_codes import ExitCode
from vocabulary.units import S_PER_MIN


def show(account: Account) -> None:
    """A line a sensor, and the sum."""
    click.echo(
        f"{'sensor':<15}{'sent':>6}{'believed':>10}{'values':>8}{'wrong':>7}"
        f"{'crc':>6}{'refused':>9}{'silent':>8}{'resyncs':>9}{'reopens':>9}"
    )
    for one in account.sensors:
        click.echo(
            f"{one.sensor_id:<15}{one.sent:>6}{one.samples:>10}{one.stored_values:>8}"
            f"{one.wrong:>7}{one.crc_errors:>6}{one.refused:>9}{one.timeouts:>8}"
            f"{one.resyncs:>9}{one.reopens:>9}"
        )
    said = "sound" if account.sound else "NOT SOUND"
    click.echo(
        f"{account.seconds:.0f} s: {account.committed} of {account.numbered} records stored; {said}"
    )


@click.command()
@click.option("--minutes", default=5.0, show_default=True, help="How long the boards speak.")
@click.option("--seed", default=1, show_default=True, help="Of cables and habits.")
@click.option("--json", "as_json", is_flag=True, help="One object with everything.")
def sensors(minutes: float, seed: int, as_json: bool) -> None:
    """Read all simulated sensors and boards at once with faults on, into a real database.

    Needs the programs mosquitto and influxd. Boards in C need gcc, emulated ones qemu-system-arm
    and arm-none-eabi-gcc; they are left out where these are absent. Every value that is stored was
    truly said by its board, or the command says how many were not. Exit 0 if all is sound, 1 if
    not, 69 if a program is missing.

    Example: lamplighter simulate sensors --minutes 5
    """
    live = sys.stderr.isatty()

    def progress(share: float) -> None:
        if live:
            click.echo(f"\r{share:4.0%} of {minutes:g} minutes", nl=False, err=True)

    with tempfile.TemporaryDirectory(prefix="lamplighter-sensors-") as folder:
        run = SensorsRun(Path(folder), seconds=minutes * S_PER_MIN, seed=seed)
        account = run.run(progress)
    if as_json:
        click.echo(msgspec.json.encode(account).decode())
    else:
        show(account)
    raise click.exceptions.Exit(int(ExitCode.FINE if account.sound else ExitCode.DEGRADED))
