"""``lamplighter dashboards``: what a board may draw, by the names it has in the database.

Boards and pages will be made from this same list, so that no name is ever typed by hand.
"""

import click
import msgspec

from vocabulary.measurements import MEASUREMENTS


@click.group()
def dashboards() -> None:
    """Build the screens. Boards and pages are not built yet; their words are here.

    Example: lamplighter dashboards fields
    """


@dashboards.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
def fields(*, as_json: bool) -> None:
    """List every measurement with its tags and typed fields.

    Example: lamplighter dashboards fields --json
    """
    if as_json:
        rows = {row.name: {"tags": row.tags, "fields": row.fields} for row in MEASUREMENTS.values()}
        click.echo(msgspec.json.encode(rows).decode())
        return
    for row in MEASUREMENTS.values():
        click.echo(f"{row.name} by {', '.join(row.tags) or 'nothing'}")
        for name, kind in row.fields.items():
            click.echo(f"  {name:<28} {kind}")
