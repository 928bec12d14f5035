"""``lamplighter host``: the processor, and what the ledger knows."""

import os
import random
import signal
import sys
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

import click
import msgspec

from ingest.authority_cli import ca
from ingest.clock import SystemClock
from ingest.configuration import HostConfiguration
from ingest.configuration_file import influx_settings, read, webhook_of
from ingest.dead_letter_cli import dead_letter
from ingest.enrol_batch_cli import batch
from ingest.enrol_cli import enrol
from ingest.host_process import HostProcess
from ingest.influx_cli import influx
from ingest.influx_stores import InfluxStores
from ingest.ledger import Ledger
from ingest.ledger_reader import IncidentRow, LedgerReader
from ingest.maintenance_cli import maintenance
from ingest.nodes_cli import nodes
from ingest.notice_desk import NoticeDesk
from processing.incidents import Incident
from vocabulary.event_log import EventLog, rfc3339
from vocabulary.inventory import Inventory
from vocabulary.units import NS_PER_MS

DEFAULT_CONFIG = "/etc/lamplighter/host.toml"
DEFAULT_LEDGER = "/var/lib/lamplighter/ledger.sqlite"


@click.group()
def host() -> None:
    """Run the host, and ask what it knows.

    Example: lamplighter host run --config /etc/lamplighter/host.toml
    """


@host.command()
@click.option("--config", default=DEFAULT_CONFIG, show_default=True, help="The host's file.")
def run(config: str) -> None:
    """Take in readings, work out outages and usage, store both, commit to the gateways.

    Ends cleanly on SIGTERM (exit 0); exit 78 if the configuration or inventory is wrong, 75 if
    another host holds the ledger.

    Example: lamplighter host run --config deploy/host.toml
    """
    made, city = read(config)
    as_json = os.environ.get("LAMPLIGHTER_LOG_FORMAT") == "json" or not sys.stdout.isatty()

    def write(line: str) -> None:
        with suppress(OSError):  # a log that nobody takes, or no disk has room for, stops nothing
            sys.stdout.write(line)
            sys.stdout.flush()

    sink = InfluxStores(influx_settings(made.influx))
    ledger = Ledger.open(Path(made.ledger.path))
    ledger.set_inventory(city)
    log = EventLog("host", as_json=as_json, write=write)
    process = HostProcess(
        made, city, log, sink=sink, ledger=ledger, desk=_desk(made, city, Path(made.ledger.path))
    )

    def stop(_number: int, _frame: FrameType | None) -> None:
        process.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    process.run()


def _desk(made: HostConfiguration, city: Inventory, ledger: Path) -> NoticeDesk | None:
    """The desk for notices, knowing what is open; None where no webhook is configured."""
    webhook = webhook_of(made.webhook)
    if webhook is None:
        return None
    clock, rng = SystemClock(), random.Random()  # noqa: S311 - jitter, no secret
    desk = NoticeDesk(
        ledger,
        city,
        made.webhook.policy,
        webhook.post,
        now_ms=lambda: clock.now_ns() // NS_PER_MS,
        rng=rng,
    )
    with LedgerReader(ledger) as reader:
        rows = [Incident(**_plain(row)) for row in reader.incidents() if row.end_ms is None]
    desk.restore(rows)
    return desk


def _plain(row: IncidentRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in Incident.__struct_fields__}


@host.group("config")
def config_group() -> None:
    """Look at the configuration without starting anything."""


@config_group.command("check")
@click.argument("file", default=DEFAULT_CONFIG)
def check(file: str) -> None:
    """Name every fault of FILE and of its inventory; exit 0 if there is none, 78 otherwise.

    Example: lamplighter host config check deploy/host.toml
    """
    _made, city = read(file)
    click.echo(
        f"{file}: fine. {len(city.site)} sites, {len(city.gateway)} gateways, "
        f"{len(city.access_point)} access points, {len(city.sensor)} sensors."
    )


@host.group("ledger")
def ledger_group() -> None:
    """Read the ledger; safe while the host runs."""


def _time(ms: int | None) -> str:
    return "still open" if ms is None else rfc3339(ms * NS_PER_MS)


@ledger_group.command("outages")
@click.option("--ledger", default=DEFAULT_LEDGER, show_default=True, help="The ledger's file.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, one array.")
def outages(ledger: str, as_json: bool) -> None:
    """List outages: what went dark, from when to when, and why.

    Example: lamplighter host ledger outages --ledger ledger.sqlite --json
    """
    with LedgerReader(Path(ledger)) as reader:
        rows = reader.outages()
    if as_json:
        click.echo(msgspec.json.encode(rows).decode())
        return
    for row in rows:
        click.echo(
            f"{_time(row.start_ms)}  {_time(row.end_ms)}  {row.level} {row.node}  "
            f"{row.state}  {row.cause}  {row.status} v{row.version}"
        )
    if not rows:
        click.echo("no outages")


@ledger_group.command("incidents")
@click.option("--ledger", default=DEFAULT_LEDGER, show_default=True, help="The ledger's file.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, one array.")
def incidents(ledger: str, as_json: bool) -> None:
    """List incidents: one per cause, with the nodes it took along.

    Example: lamplighter host ledger incidents --ledger ledger.sqlite
    """
    with LedgerReader(Path(ledger)) as reader:
        rows = reader.incidents()
    if as_json:
        click.echo(msgspec.json.encode(rows).decode())
        return
    for row in rows:
        click.echo(
            f"{_time(row.start_ms)}  {_time(row.end_ms)}  {row.level} {row.node}  {row.cause}  "
            f"{len(row.members)} affected: {', '.join(row.members)}"
        )
    if not rows:
        click.echo("no incidents")


@ledger_group.command("completeness")
@click.option("--ledger", default=DEFAULT_LEDGER, show_default=True, help="The ledger's file.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, one array.")
def completeness(ledger: str, as_json: bool) -> None:
    """Show what became of each gateway's records: received, late, double, refused, lost.

    Example: lamplighter host ledger completeness --ledger ledger.sqlite --json
    """
    with LedgerReader(Path(ledger)) as reader:
        rows = reader.accounts()
    if as_json:
        click.echo(msgspec.json.encode(rows).decode())
        return
    for row in rows:
        click.echo(
            "  ".join(f"{name}={value}" for name, value in msgspec.structs.asdict(row).items())
        )
    if not rows:
        click.echo("no records yet")


host.add_command(dead_letter)
host.add_command(nodes)
host.add_command(ca)
host.add_command(enrol)
host.add_command(batch)
host.add_command(influx)
host.add_command(maintenance)
