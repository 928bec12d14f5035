"""``lamplighter host influx``: makes the databases, and says how many series a city is."""

import click
import msgspec

from ingest.configuration_file import influx_settings, read
from ingest.errors import DatabaseAway
from ingest.influx import InfluxSink
from ingest.influx_cardinality import SERIES_MAX, cardinality
from ingest.influx_http import InfluxHttp
from ingest.influx_setup import Setup
from vocabulary.exit_codes import ExitCode

DEFAULT_CONFIG = "/etc/lamplighter/host.toml"
MAJOR_MAX = 3


@click.group("influx")
def influx() -> None:
    """Set up the time-series database, and look at what a city asks of it.

    Example: lamplighter host influx setup --config deploy/host.toml
    """


@influx.command("setup")
@click.option("--config", default=DEFAULT_CONFIG, show_default=True, help="The host's file.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, one array.")
def setup(config: str, as_json: bool) -> None:
    """Make the databases with their retention; a second run changes nothing.

    1.x, 2.x (with mappings for InfluxQL) and 3.x. Exit 69 if the database is away, 65 if it
    refuses.

    Example: lamplighter host influx setup --config deploy/host.toml
    """
    made, _city = read(config)
    settings = influx_settings(made.influx)
    sink = InfluxSink(msgspec.structs.replace(settings, create_database=False))
    said = sink.probe()
    sink.close()
    if not isinstance(said, str) or sink.version is None:
        raise DatabaseAway(settings.url, str(getattr(said, "reason", said)))
    first = sink.version.text.lstrip("v").split(".")[0]
    major = min(int(first), MAJOR_MAX) if first.isdigit() and int(first) else sink.version.api
    http = InfluxHttp(settings)
    try:
        rows = list(Setup(http, settings, major=major).run())
    finally:
        http.close()
    if as_json:
        click.echo(msgspec.json.encode(rows).decode())
        return
    click.echo(f"InfluxDB {sink.version.text} at {settings.url}")
    for row in rows:
        click.echo(f"  {row.database:<24} kept {row.retention_d:>5} days  {row.done}")


@influx.command("cardinality")
@click.option("--config", default=DEFAULT_CONFIG, show_default=True, help="The host's file.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, one array.")
def count(config: str, as_json: bool) -> None:
    """Count the series that the inventory's city makes at most. Asks no database.

    Exit 1 if they are more than one server of InfluxDB 1.x should hold.

    Example: lamplighter host influx cardinality --config deploy/host.toml
    """
    _made, city = read(config)
    rows = cardinality(city)
    total = sum(row.series for row in rows)
    if as_json:
        click.echo(msgspec.json.encode(rows).decode())
    else:
        for row in rows:
            click.echo(f"{row.measurement:<20} {row.series:>9}")
        click.echo(f"{'all':<20} {total:>9}  of {SERIES_MAX} that one server should hold")
    if total > SERIES_MAX:
        raise click.exceptions.Exit(ExitCode.DEGRADED)
