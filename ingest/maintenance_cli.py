"""``lamplighter host maintenance``: announced work, in one action."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import msgspec

from ingest.clock import SystemClock
from ingest.maintenance import LEVELS, Window
from ingest.maintenance_store import MaintenanceStore
from vocabulary.event_log import rfc3339
from vocabulary.units import NS_PER_MS

DEFAULT_LEDGER = "/var/lib/lamplighter/ledger.sqlite"
_LEDGER = click.option(
    "--ledger", default=DEFAULT_LEDGER, show_default=True, help="The ledger's file."
)
_JSON = click.option("--json", "as_json", is_flag=True, help="As JSON.")


def _moment(text: str) -> datetime:
    try:
        made = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"`{text}` is no time like 2026-12-01T08:00-06:00") from None
    if made.tzinfo is None:
        raise click.BadParameter(f"`{text}` has no zone: end it with Z or -06:00")
    return made.astimezone(UTC)


def _said(window: Window) -> str:
    start, end = (rfc3339(ms * NS_PER_MS) for ms in (window.start_ms, window.end_ms))
    back = "" if window.stands else "  taken back"
    return f"{window.id}  {window.level} {window.node}  {start} to {end}  {window.reason}{back}"


@click.group("maintenance")
def maintenance() -> None:
    """Announce work: nobody is called, residents can read it, its time does not count.

    Example: lamplighter host maintenance list
    """


@maintenance.command("add")
@click.argument("level", type=click.Choice(LEVELS))
@click.argument("node")
@click.option("--from", "start", required=True, help="When it begins, with a zone.")
@click.option("--hours", default=2.0, show_default=True, help="How long.")
@click.option("--reason", required=True, help="A few words that residents may read.")
@_LEDGER
@_JSON
def add(
    level: str, node: str, start: str, hours: float, reason: str, ledger: str, as_json: bool
) -> None:
    """Announce work on NODE and everything below it; the host sees it within seconds.

    Exit 64 if the node or the time cannot be.

    Example: lamplighter host maintenance add site oak-library --from 2026-12-01T08:00Z
    --reason "new cables"
    """
    begins = _moment(start)
    ends = begins + timedelta(hours=hours)
    now_ms = SystemClock().now_ns() // NS_PER_MS
    start_ms, end_ms = (round(at.timestamp() * 1_000) for at in (begins, ends))
    store = MaintenanceStore(Path(ledger))
    try:
        made = store.add(Window(0, level, node, start_ms, end_ms, reason, now_ms))
    finally:
        store.close()
    click.echo(msgspec.json.encode(made).decode() if as_json else _said(made))


@maintenance.command("list")
@_LEDGER
@_JSON
def list_windows(ledger: str, as_json: bool) -> None:
    """List every announcement, those taken back too.

    Example: lamplighter host maintenance list --json
    """
    store = MaintenanceStore(Path(ledger))
    try:
        rows = store.all()
    finally:
        store.close()
    if as_json:
        click.echo(msgspec.json.encode(rows).decode())
        return
    for row in rows:
        click.echo(_said(row))
    if not rows:
        click.echo("no announced work")


@maintenance.command("remove")
@click.argument("number", type=int)
@_LEDGER
@_JSON
def remove(number: int, ledger: str, as_json: bool) -> None:
    """Take an announcement back; work under way ends now.

    Exit 64 if there is none of this number.

    Example: lamplighter host maintenance remove 7
    """
    store = MaintenanceStore(Path(ledger))
    try:
        made = store.remove(number, SystemClock().now_ns() // NS_PER_MS)
    finally:
        store.close()
    click.echo(msgspec.json.encode(made).decode() if as_json else _said(made))
