"""``lamplighter host deadletter``: lines that the database refused, to look at and to try again."""

from pathlib import Path

import click
import msgspec

from ingest.configuration_file import influx_settings, read
from ingest.influx import InfluxSink
from ingest.ledger import Ledger
from ingest.ledger_reader import DeadLetterRow, LedgerReader
from ingest.sink import Sink
from vocabulary.errors import WorldFault
from vocabulary.event_log import rfc3339
from vocabulary.exit_codes import ExitCode
from vocabulary.units import NS_PER_MS

DEFAULT_CONFIG = "/etc/lamplighter/host.toml"
DEFAULT_LEDGER = "/var/lib/lamplighter/ledger.sqlite"


class Replayed(msgspec.Struct, frozen=True):
    """What became of the dead letters."""

    stored: int
    still_refused: int


class ReplayHalted(WorldFault):
    """The database did not take part in a replay."""

    remedy = "Nothing was removed that was not stored. See to the database and replay again."
    exit_code = ExitCode.TRY_AGAIN

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return f"replay halted: {self.reason}"


def replay(sink: Sink, ledger: Ledger, letters: list[DeadLetterRow]) -> Replayed:
    """Write each line again; those that are stored leave the ledger, the others stay.

    Raises:
        ReplayHalted: the database is away; what was stored until then is removed.
    """
    stored: list[int] = []
    halted = ""
    for letter in letters:
        outcome = sink.write([letter.line])
        if not outcome.settled:
            reason = outcome.retry or outcome.stop
            halted = reason.reason if reason is not None else ""
            break
        if outcome.stored:
            stored.append(letter.id)
    ledger.remove_dead_letters(stored)
    if halted:
        raise ReplayHalted(halted)
    return Replayed(len(stored), len(letters) - len(stored))


@click.group("deadletter")
def dead_letter() -> None:
    """Look at lines that the database refused, and try them again.

    Example: lamplighter host deadletter list --json
    """


@dead_letter.command("list")
@click.option("--ledger", default=DEFAULT_LEDGER, show_default=True, help="The ledger's file.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, one array.")
def list_letters(ledger: str, as_json: bool) -> None:
    """List them with the database's reason; safe while the host runs.

    Example: lamplighter host deadletter list --ledger ledger.sqlite
    """
    with LedgerReader(Path(ledger)) as reader:
        rows = reader.dead_letters()
    if as_json:
        click.echo(msgspec.json.encode(rows).decode())
        return
    for row in rows:
        click.echo(f"{row.id}  {rfc3339(row.at_ms * NS_PER_MS)}  {row.status} {row.reason}")
        click.echo(f"    {row.line}")
    if not rows:
        click.echo("no dead letters")


@dead_letter.command("replay")
@click.option("--config", default=DEFAULT_CONFIG, show_default=True, help="The host's file.")
@click.option("--json", "as_json", is_flag=True, help="The result as JSON.")
def replay_letters(config: str, as_json: bool) -> None:
    """Write them again, once what was wrong is mended. Stop the host first: it holds the ledger.

    Exit 0 if none is left, 1 if some are still refused, 75 if the host runs or the database is
    away.

    Example: lamplighter host deadletter replay --config deploy/host.toml
    """
    made, _city = read(config)
    with Ledger.open(Path(made.ledger.path)) as ledger:
        with LedgerReader(Path(made.ledger.path)) as reader:
            letters = reader.dead_letters()
        sink = InfluxSink(influx_settings(made.influx))
        try:
            result = replay(sink, ledger, letters)
        finally:
            sink.close()
    if as_json:
        click.echo(msgspec.json.encode(result).decode())
    else:
        click.echo(f"{result.stored} stored, {result.still_refused} still refused")
    if result.still_refused:
        raise click.exceptions.Exit(ExitCode.DEGRADED)
