"""``lamplighter dashboards``: builds boards and rules, asks whether their queries have answers."""

from pathlib import Path

import click
import msgspec

from vocabulary.exit_codes import ExitCode
from vocabulary.measurements import MEASUREMENTS
from vocabulary.measurements_page import page

SHORT_D = 7


@click.group()
def dashboards() -> None:
    """Build the screens, and check them against a real database.

    Example: lamplighter dashboards build --out deploy/grafana
    """


@dashboards.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
@click.option("--markdown", is_flag=True, help="The page of docs/reference.")
def fields(*, as_json: bool, markdown: bool) -> None:
    """List every measurement with its tags and typed fields.

    Example: lamplighter dashboards fields --json
    """
    if markdown:
        click.echo(page(), nl=False)
        return
    if as_json:
        rows = {row.name: {"tags": row.tags, "fields": row.fields} for row in MEASUREMENTS.values()}
        click.echo(msgspec.json.encode(rows).decode())
        return
    for row in MEASUREMENTS.values():
        click.echo(f"{row.name} by {', '.join(row.tags) or 'nothing'}")
        for name, kind in row.fields.items():
            click.echo(f"  {name:<28} {kind}")


@dashboards.command()
@click.option(
    "--out",
    default="deploy/grafana",
    show_default=True,
    type=click.Path(path_type=Path),
    help="Where to write.",
)
def build(out: Path) -> None:
    """Write boards, data sources, folders and alert rules, for Grafana to read from files.

    Example: lamplighter dashboards build --out deploy/grafana
    """
    from dashboards.provisioning import write  # noqa: PLC0415 - `fields` needs no grafanalib

    for path in write(out):
        click.echo(path)


@dashboards.command()
@click.option("--influx", required=True, help="Url of the InfluxDB.")
@click.option("--database", default="lamplighter", show_default=True, help="Name of the set.")
@click.option(
    "--story",
    type=click.Path(path_type=Path, exists=True),
    help="What the data hold; written by `lamplighter simulate wall`.",
)
@click.option("--repeats", default=1, show_default=True, help="Loads of each board.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, with the figures.")
def check(influx: str, database: str, story: Path | None, repeats: int, *, as_json: bool) -> None:
    """Send every query of every panel and alert rule, and judge the answers.

    Exit 0 if all is well, 1 with findings, 69 if the database is silent.

    Example: lamplighter dashboards check --influx http://127.0.0.1:8086 --story story.json
    """
    from dashboards.asking import Asking  # noqa: PLC0415
    from dashboards.check import DAY_MS, Check, Story, story_of, table  # noqa: PLC0415
    from dashboards.check import as_json as told_json  # noqa: PLC0415
    from dashboards.filled import Span  # noqa: PLC0415

    told: Story | None = story_of(story.read_bytes()) if story is not None else None
    with Asking(influx) as asking:
        if told is not None:
            end_ms, start_ms = told.end_ms, told.start_ms
        else:
            newest = asking.ask(database, "SELECT last(readings) FROM detector")
            end_ms = newest.series[0].values[0][0] if newest.series else 30 * DAY_MS
            start_ms = end_ms - 30 * DAY_MS
        spans = [Span(start_ms, end_ms)]
        if end_ms - start_ms > SHORT_D * DAY_MS:
            spans.insert(0, Span(end_ms - SHORT_D * DAY_MS, end_ms))
        outcome = Check(asking, database, told).run(spans, repeats=repeats)
    if as_json:
        click.echo(told_json(outcome, spans))
    else:
        click.echo(table(outcome.rows))
        for span in spans:
            days = round((span.end_ms - span.start_ms) / DAY_MS)
            all_s, best_s = outcome.load_s_p95(days), outcome.load_s_p95(days, best=True)
            click.echo(
                f"load of a board over {days} days, p95: {all_s:.3f} s; "
                f"of each board's fastest: {best_s:.3f} s"
            )
        if len(spans) > 1:
            days = round((spans[-1].end_ms - spans[-1].start_ms) / DAY_MS)
            all_times = outcome.growth(SHORT_D, days)
            best = outcome.growth(SHORT_D, days, best=True)
            click.echo(
                f"growth from {SHORT_D} to {days} days: {all_times:.2f}; fastest: {best:.2f}"
            )
        click.echo(f"{len(outcome.rows)} queries, {len(outcome.findings)} findings")
    if outcome.findings:
        raise click.exceptions.Exit(ExitCode.DEGRADED)


@dashboards.command()
@click.option("--influx", required=True, help="Url of the InfluxDB.")
@click.option("--database", default="lamplighter", show_default=True, help="Name of the set.")
@click.option(
    "--story",
    type=click.Path(path_type=Path, exists=True),
    required=True,
    help="What to choose on each board; written by `lamplighter simulate wall`.",
)
@click.option(
    "--png", type=click.Path(path_type=Path), required=True, help="Directory for the pictures."
)
@click.option("--board", "only", default="", help="One board, by its uid.")
@click.option("--whole", is_flag=True, help="The whole story, not each board's usual range.")
def preview(influx: str, database: str, story: Path, png: Path, only: str, *, whole: bool) -> None:
    """Draw every board from its JSON and a database's answers, as pictures.

    Exit 69 if the database is silent.

    Example: lamplighter dashboards preview --influx http://127.0.0.1:8086 --story s.json --png out
    """
    from dashboards.asking import Asking  # noqa: PLC0415
    from dashboards.check import Check, story_of  # noqa: PLC0415
    from dashboards.preview import draw  # noqa: PLC0415
    from dashboards.provisioning import BOARDS, board_json  # noqa: PLC0415

    told = story_of(story.read_bytes())
    png.mkdir(parents=True, exist_ok=True)
    with Asking(influx) as asking:
        check = Check(asking, database, told)
        for board in map(board_json, BOARDS):
            if only and board["uid"] != only:
                continue
            span = told.span if whole else told.usual(board)
            path = png / f"{board['uid'].removeprefix('lamplighter-')}.png"
            draw(board, span, check.answers(board, span), path)
            click.echo(path)


@dashboards.command("alerts")
@click.option("--influx", required=True, help="Url of the InfluxDB.")
@click.option("--database", default="lamplighter", show_default=True, help="Name of the set.")
@click.option(
    "--story",
    type=click.Path(path_type=Path, exists=True),
    required=True,
    help="When it is; written by `lamplighter simulate wall`.",
)
@click.option("--json", "as_json", is_flag=True, help="As JSON, one array.")
def alert_texts(influx: str, database: str, story: Path, *, as_json: bool) -> None:
    """Show every alert that would fire at the end of the story, as people would read it.

    Exit 69 if the database is silent.

    Example: lamplighter dashboards alerts --influx http://127.0.0.1:8086 --story story.json
    """
    from dashboards.alert_text import alerts  # noqa: PLC0415
    from dashboards.asking import Asking  # noqa: PLC0415
    from dashboards.check import story_of  # noqa: PLC0415

    with Asking(influx) as asking:
        made = list(alerts(asking, database, story_of(story.read_bytes()).span))
    if as_json:
        click.echo(msgspec.json.encode([one._asdict() for one in made]).decode())
        return
    for one in made:
        click.echo(f"[{one.severity}] {one.summary}")
        click.echo(f"  {one.description}")
        click.echo(f"  {one.owner}; {one.runbook}")
    if not made:
        click.echo("no alert fires")
