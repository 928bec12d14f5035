"""``lamplighter simulate wall``: fill a database with a month of a city, for the boards."""

from pathlib import Path

import click
import msgspec

from ingest.influx_http import InfluxSettings
from ingest.influx_stores import InfluxStores
from ingest.ledger import Ledger
from ingest.ledger_rows import LedgerBatch
from simulators.wall_lines import batches, lines_of
from simulators.wall_story import WallStory, selections
from vocabulary.errors import WorldFault
from vocabulary.exit_codes import ExitCode

LINES_AT_ONCE = 50_000


class FillHalted(WorldFault):
    """The database did not take a line."""

    remedy = "See to the database, then run it again: writing a line twice changes nothing."
    exit_code = ExitCode.UNAVAILABLE

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return f"the fill halted: {self.reason}"


def fill(story: WallStory, settings: InfluxSettings, *, raw_s: int) -> int:
    """Write every line of the month; how many there were.

    Raises:
        FillHalted: with the database's reason.
    """
    sink, count = InfluxStores(settings), 0
    try:
        for part in batches(lines_of(story, raw_s=raw_s), LINES_AT_ONCE):
            outcome = sink.write(part)
            if outcome.stored != len(part):
                trouble = outcome.retry or outcome.stop
                dead = outcome.dead[0].reason if outcome.dead else ""
                raise FillHalted(trouble.reason if trouble is not None else dead)
            count += len(part)
    finally:
        sink.close()
    return count


def write_ledger(story: WallStory, path: Path) -> None:
    """The same month as the ledger would hold it."""
    with Ledger.open(path) as ledger:
        ledger.set_inventory(story.town.inventory)
        incidents = tuple(one.incident for one in story.told)
        ledger.store(
            LedgerBatch(1, story.end_ms, intervals=tuple(story.intervals), incidents=incidents)
        )


@click.command("wall")
@click.option("--influx", required=True, help="Url of the InfluxDB to fill.")
@click.option("--database", default="lamplighter", show_default=True, help="Name of the set.")
@click.option("--access-points", "aps", default=500, show_default=True, help="How many.")
@click.option("--days", default=30, show_default=True, help="How many.")
@click.option("--seed", default=1, show_default=True, help="Of the city and its faults.")
@click.option("--raw-s", default=60, show_default=True, help="Seconds between raw points.")
@click.option("--story", type=click.Path(path_type=Path), help="Where to say what to expect.")
@click.option("--ledger", type=click.Path(path_type=Path), help="Where to put its ledger.")
def wall(
    influx: str,
    database: str,
    aps: int,
    days: int,
    seed: int,
    raw_s: int,
    story: Path | None,
    ledger: Path | None,
) -> None:
    """Fill an InfluxDB with what a host would have written in a month of a simulated city.

    Exit 69 if the database does not take it.

    Example: lamplighter simulate wall --influx http://127.0.0.1:8086 --story story.json
    """
    made = WallStory(aps=aps, days=days, seed=seed)
    if ledger is not None:
        write_ledger(made, ledger)
    if story is not None:
        story.write_bytes(msgspec.json.format(msgspec.json.encode(selections(made))))
    count = fill(made, InfluxSettings(influx, database=database), raw_s=raw_s)
    click.echo(f"{count} lines, {len(made.told)} incidents, {days} days of {aps} access points")
