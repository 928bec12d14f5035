"""``lamplighter gateway spool``: look at a spool, check it, carry it from one card to another."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import click
import msgspec

from edge import machine
from edge.disk_files import RealDisk
from edge.errors import SpoolAbsent
from edge.spool_inspect import show, verify
from edge.spool_policy import SpoolLimits
from edge.spool_transfer import as_lines, export, import_bundle
from vocabulary.event_log import rfc3339
from vocabulary.exit_codes import ExitCode

DEFAULT_DIRECTORY = "/var/lib/lamplighter"
CHUNK_BYTES = 1 << 20

directory_option = click.option(
    "--directory",
    default=DEFAULT_DIRECTORY,
    show_default=True,
    type=click.Path(path_type=Path),
    help="The directory that the configuration names; the spool stands in it.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="One object as JSON.")


def _disk(directory: Path) -> RealDisk:
    if not directory.is_dir():
        raise SpoolAbsent(str(directory))
    return RealDisk(directory)


@click.group()
def spool() -> None:
    """Look at a spool, check it, carry it to another card. None of this needs the agent.

    Example: lamplighter gateway spool show --directory /media/card/var/lib/lamplighter
    """


@spool.command("show")
@directory_option
@json_option
def show_command(directory: Path, as_json: bool) -> None:
    """Say what the spool holds: epochs, records that wait, what is lost. Changes nothing.

    Example: lamplighter gateway spool show --json
    """
    shown = show(_disk(directory))
    if as_json:
        click.echo(msgspec.json.encode(shown).decode())
        return
    for epoch in shown.epochs:
        oldest = "" if epoch.oldest_wall_ns is None else f", oldest {rfc3339(epoch.oldest_wall_ns)}"
        click.echo(
            f"epoch {epoch.epoch} ({epoch.role}): {epoch.records} records wait in {epoch.files} "
            f"files{oldest}; committed below {epoch.committed}, next {epoch.next_offset}, "
            f"{epoch.lost} lost"
        )
    stop = "clean stop" if shown.clean_stop else "no clean stop"
    host = "a host acknowledges" if shown.host_acknowledges else "no host has acknowledged yet"
    click.echo(f"{len(shown.epochs)} epochs, {shown.aliases} aliases, {stop}, {host}")


@spool.command("verify")
@directory_option
@json_option
def verify_command(directory: Path, as_json: bool) -> None:
    """Read every record. Exit 0 if all are whole, 1 if some are damaged. Changes nothing.

    Damage needs no hands: the agent cuts it out, counts it and declares what is lost.

    Example: lamplighter gateway spool verify --directory /media/card/var/lib/lamplighter
    """
    found = verify(_disk(directory))
    if as_json:
        click.echo(msgspec.json.encode(found).decode())
    else:
        for file in found.files:
            state = "whole" if file.sound else "DAMAGED"
            click.echo(
                f"{state:<8} {file.name}: {file.records} records, {file.bad_stretches} bad "
                f"stretches, {file.missing} missing"
            )
        for name in found.unreadable:
            click.echo(f"UNREADABLE {name}")
        click.echo("all whole" if found.sound else "damaged: the agent will say what is lost")
    if not found.sound:
        raise click.exceptions.Exit(int(ExitCode.DEGRADED))


@spool.command("export")
@directory_option
@click.argument("bundle", type=click.File("wb"), default="-")
def export_command(directory: Path, bundle: BinaryIO) -> None:
    """Write what no host has yet as lines of JSON to BUNDLE, or to standard output.

    Example: lamplighter gateway spool export --directory /media/card/var/lib/lamplighter card.jsonl
    """
    count = 0
    for line in export(_disk(directory)):
        bundle.write(line)
        count += 1
    click.echo(f"{max(0, count - 2)} records and ranges written", err=True)


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(CHUNK_BYTES):
        yield chunk


@spool.command("import")
@directory_option
@json_option
@click.argument("bundle", type=click.File("rb"))
def import_command(directory: Path, as_json: bool, bundle: BinaryIO) -> None:
    """Take the records of another card in. Stop the agent first; twice is as good as once.

    Records keep their numbers, so the host recognises those that it has.

    Example: lamplighter gateway spool import card.jsonl
    """
    disk = _disk(directory)
    disk.claim()
    try:
        done = import_bundle(
            as_lines(_chunks(bundle)), disk, boot=machine.boot_info(), limits=SpoolLimits()
        )
    finally:
        disk.release()
    if as_json:
        click.echo(msgspec.json.encode(done._asdict()).decode())
        return
    click.echo(f"{done.records} records of {done.epochs} epochs taken in, {done.lost} known lost")
    if done.own_epochs:
        click.echo(f"{done.own_epochs} epochs are this gateway's own and stay as they are")
    if done.unknown_aliases:
        click.echo(f"{done.unknown_aliases} records name a metric that the bundle does not explain")
        sys.exit(ExitCode.DEGRADED)
