"""``lamplighter demo``: the whole thing on one machine, nothing else installed."""

import sys
from pathlib import Path

import click
import msgspec
from rich.console import Console

from simulators import demo_run
from simulators.demo_options import DemoOptions
from simulators.demo_screen import print_summary
from simulators.demo_summary import Summary
from vocabulary.exit_codes import ExitCode


def _progress_line(console: Console, share: float) -> None:
    if console.is_terminal:
        console.print(f"simulated {share:6.1%}", end="\r", highlight=False)


def _report(summary: Summary, *, as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.encode(summary).decode())
        return
    console = Console()
    print_summary(console if console.is_terminal else Console(width=120), summary, click.echo)


@click.command()
@click.option("--minutes", default=10.0, show_default=True, help="Simulated minutes.")
@click.option("--speed", default=6.0, show_default=True, help="Simulated seconds per second.")
@click.option("--seed", default=1, show_default=True, help="What happens, and to whom.")
@click.option("--virtual", is_flag=True, help="On a virtual clock, as fast as it will go.")
@click.option("--forever", is_flag=True, help="Round after round until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="The summary as JSON on standard output.")
@click.option("--out", type=click.Path(path_type=Path), help="Keep ledger and points here.")
@click.option("--broker", default="", help="Use this broker: mqtt://HOST:PORT.")
@click.option("--influx", default="", help="Use this InfluxDB: http://HOST:PORT.")
@click.option("--port", default=0, help="Port of the page on this machine; 0 takes a free one.")
def demo(**options: object) -> None:
    """Watch a simulated neighbourhood go dark and come back, with a reason beside each.

    Real agents, real payloads, the real host and its kernels; only the broker is a small one in
    this process. Exit 0 when nothing was lost or doubled and every planted outage was found and
    none invented, 1 otherwise.

    \b
    Examples:
      lamplighter demo
      lamplighter demo --virtual --minutes 60 --seed 1 --json
    """
    chosen = msgspec.convert(options, DemoOptions)
    if chosen.virtual and (chosen.broker or chosen.forever):
        both = "--broker" if chosen.broker else "--forever"
        raise click.UsageError(f"--virtual runs in one process and ends: leave out {both}")
    if not demo_run.MINUTES_MIN <= chosen.minutes < float("inf"):
        raise click.UsageError(
            f"--minutes {chosen.minutes:g}: a run needs at least {demo_run.MINUTES_MIN:g}, "
            "so that every outage is long enough to be one"
        )
    if not chosen.speed > 0:
        raise click.UsageError(f"--speed {chosen.speed:g}: time must go forward, say 6")
    errors = Console(stderr=True)
    clean = True
    seed = chosen.seed
    while True:
        turn = msgspec.structs.replace(chosen, seed=seed)
        if chosen.virtual:
            summary = demo_run.run_virtual(turn, lambda share: _progress_line(errors, share))
        else:
            from simulators.live_demo import run_live  # noqa: PLC0415 - asyncio, pty, uvicorn

            summary = run_live(turn, errors if chosen.as_json else Console())
        _report(summary, as_json=chosen.as_json)
        clean = clean and summary.is_clean
        if not chosen.forever:
            break
        seed += 1
    if not clean:
        sys.exit(ExitCode.DEGRADED)
