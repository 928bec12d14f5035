"""``lamplighter simulate city``, ``play``, ``replay``: towns that do not exist, from a seed."""

import sys
from pathlib import Path
from typing import Final

import click
import msgspec

from processing.settings import Settings
from simulators import play_report, replay, scenario, town_files
from simulators.arrivals import Arrivals
from simulators.full_path import scratch_directory
from simulators.interrupt import Interrupt
from simulators.nature import BROKER, HOST
from simulators.places import load as load_places
from simulators.town import APS_MAX, Town, generate
from vocabulary import configuration
from vocabulary.exit_codes import ExitCode
from vocabulary.units import S_PER_MIN

INTERRUPTED: Final = 130
FINDINGS_SHOWN_MAX: Final = 50


class CityMade(msgspec.Struct, frozen=True):
    """What ``simulate city`` wrote."""

    areas: int
    sites: int
    gateways: int
    access_points: int
    sensors: int
    files: tuple[str, ...]
    findings: tuple[str, ...] = ()
    """What was wrong with the list of places; those rows were left out."""


def _say(what: msgspec.Struct, text: str, *, as_json: bool) -> None:
    click.echo(msgspec.json.encode(what).decode() if as_json else text)


@click.command()
@click.option("--aps", type=click.IntRange(1, APS_MAX), default=100, show_default=True)
@click.option("--seed", default=1, show_default=True, help="Which town of that size.")
@click.option("--places", type=click.Path(path_type=Path), help="Real places: .csv or .geojson.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Directory to fill.")
@click.option("--json", "as_json", is_flag=True, help="Say what was written as JSON.")
def city(aps: int, seed: int, places: Path | None, out: Path, as_json: bool) -> None:
    """Make a town: inventory.toml and people.toml, without any truth about its future.

    With --places, sites are real ones; rows that cannot be used are named and left out (exit 1).

    \b
    Examples:
      lamplighter simulate city --aps 1000 --seed 7 --out /tmp/town
      lamplighter simulate city --places libraries.csv --out /tmp/town
    """
    findings: list[str] = []
    if places is None:
        made = generate(aps, seed)
    else:
        found = load_places(places)
        findings = [str(one) for one in found.findings]
        made = town_files.of_places(found.places, seed)
    files = town_files.write(made, out)
    inventory = made.inventory
    summary = CityMade(
        len(inventory.area),
        len(inventory.site),
        len(inventory.gateway),
        len(inventory.access_point),
        len(inventory.sensor),
        tuple(map(str, files)),
        tuple(findings),
    )
    for line in findings[:FINDINGS_SHOWN_MAX]:
        click.echo(f"left out: {line}", err=True)
    if len(findings) > FINDINGS_SHOWN_MAX:
        click.echo(f"and {len(findings) - FINDINGS_SHOWN_MAX} more", err=True)
    text = (
        f"{summary.access_points} access points behind {summary.gateways} gateways at "
        f"{summary.sites} sites in {summary.areas} areas: {out}"
    )
    _say(summary, text, as_json=as_json)
    if findings:
        sys.exit(ExitCode.DEGRADED)


def town_of(path: Path | None, aps: int, seed: int) -> Town:
    """A town from a file or directory, or a generated one."""
    return generate(aps, seed) if path is None else town_files.load(path, seed)


def _progress(share: float) -> None:
    if sys.stderr.isatty():
        click.echo(f"\rplayed {share:6.1%}", nl=False, err=True)


@click.command()
@click.argument("scenarios", nargs=-1, required=True)
@click.option("--virtual", is_flag=True, help="On a virtual clock, as fast as it goes (default).")
@click.option("--broker", default="", help="In real time through this broker: mqtt://HOST:PORT.")
@click.option("--speed", type=click.FloatRange(0.1, 1_000), default=1.0, show_default=True)
@click.option("--seed", default=1, show_default=True, help="What happens, and to whom.")
@click.option("--minutes", type=click.FloatRange(0.1, 10_000_000), default=60.0, show_default=True)
@click.option("--aps", type=click.IntRange(1, APS_MAX), default=100, show_default=True)
@click.option("--town", type=click.Path(path_type=Path), help="A town of `simulate city`.")
@click.option("--record", type=click.Path(path_type=Path), help="Keep what the host received.")
@click.option("--truth", type=click.Path(path_type=Path), help="Write the truth ledger here.")
@click.option("--ptys", type=click.Path(path_type=Path), help="With --broker: boards on real ptys.")
@click.option("--json", "as_json", is_flag=True, help="The report as JSON.")
def play(  # noqa: PLR0913 - one parameter an option
    scenarios: tuple[str, ...],
    virtual: bool,
    broker: str,
    speed: float,
    seed: int,
    minutes: float,
    aps: int,
    town: Path | None,
    record: Path | None,
    truth: Path | None,
    ptys: Path | None,
    as_json: bool,
) -> None:
    """Play one or more scenarios through real agents and the real host, and say what came of it.

    SCENARIOS are names (s1, s4-crash) or .toml files; several are combined, later keys win.
    Ctrl-C ends a run early and leaves the report of what was done.

    \b
    Examples:
      lamplighter simulate play s4 --minutes 120 --record /tmp/tape
      lamplighter simulate play s1 s7 --broker mqtt://127.0.0.1 --speed 10
    """
    if virtual and broker:
        raise click.UsageError(f"--virtual runs in one process: leave out --broker {broker}")
    if ptys is not None and not broker:
        raise click.UsageError(f"--ptys {ptys} are real: give a --broker too")
    wanted = scenario.load(*scenarios)
    place = town_of(town, aps, seed)
    known = place.nodes() | {BROKER, HOST}
    scenario.check_nodes(wanted, known, file=" + ".join(scenarios))
    with scratch_directory() as scratch, Interrupt() as stop:
        run = Arrivals(place, wanted, seed, minutes * S_PER_MIN)
        ledger = Path(scratch) / "ledger.sqlite"
        if broker:
            from simulators import play_live  # noqa: PLC0415 - asyncio, paho, threads

            how = play_live.Live(broker, speed, ptys, record)
            report, true = play_live.play(run, ledger, how, progress=_progress, stop=stop)
        else:
            from simulators import play_virtual  # noqa: PLC0415 - the agents

            report, true = play_virtual.play(
                run, ledger, progress=_progress, stop=stop, record=record
            )
    if truth is not None:
        truth.write_bytes(true.to_json())
    _say(report, play_report.text(report), as_json=as_json)
    if not report.finished:
        sys.exit(INTERRUPTED)


@click.command("replay")
@click.argument("recording", type=click.Path(path_type=Path))
@click.option("--settings", type=click.Path(path_type=Path), help="A .toml of detector settings.")
@click.option("--json", "as_json", is_flag=True, help="The difference as JSON.")
def replay_command(recording: Path, settings: Path | None, as_json: bool) -> None:
    """Feed a recording through a fresh host and print which incidents would have changed.

    Without --settings nothing should: the same bytes, at the same times, give the same incidents.

    \b
    Example: lamplighter simulate replay /tmp/tape --settings detector.toml
    """
    chosen = None
    if settings is not None:
        text = town_files.text_of(settings)
        chosen = configuration.parse(text, Settings, file=str(settings))
    made = replay.difference(recording, chosen)
    _say(made, replay.text(made), as_json=as_json)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def scenarios(as_json: bool) -> None:
    """List the scenarios that come with Lamplighter.

    Example: lamplighter simulate scenarios
    """
    titles = {name: scenario.load(name).title for name in scenario.names()}
    if as_json:
        click.echo(msgspec.json.encode(titles).decode())
        return
    for name, title in titles.items():
        click.echo(f"{name:22} {title}")
