"""``lamplighter gateway recover``: one look up the recovery ladder; a timer runs it."""

import os
import socket
import subprocess
from pathlib import Path
from typing import Final

import click
import msgspec

from edge.clock import SystemClock
from edge.configuration import GatewayConfiguration, broker_address
from edge.configuration_file import DEFAULT_CONFIG, read
from edge.doctor_cli import read_page
from edge.doctor_probes import ask_name, name_servers
from edge.ladder import Answers, Ladder, Rung, climb, committed
from vocabulary.units import NS_PER_S

FILE: Final = "ladder.json"
CONNECT_S_MAX: Final = 10.0
COMMAND_S_MAX: Final = 60.0
COMMANDS: Final = {
    Rung.RESTART_NETWORK: (
        ("systemctl", "try-restart", "NetworkManager", "systemd-networkd", "dhcpcd"),
    ),
    Rung.REBOOT: (("systemctl", "reboot"),),
}


class Kept(msgspec.Struct, frozen=True):
    """What the card remembers: the ladder, and how many commits the agent had counted."""

    ladder: Ladder = Ladder()
    commits: float = 0.0


def load(directory: Path) -> Kept:
    """What was kept; a file that cannot be read means an unarmed ladder, which harms nobody."""
    try:
        return msgspec.json.decode((directory / FILE).read_bytes(), type=Kept)
    except (OSError, msgspec.DecodeError):
        return Kept()


def keep(directory: Path, kept: Kept) -> None:
    """Durable before anything is done. Raises ``OSError``: then nothing is done."""
    fresh = directory / (FILE + ".tmp")
    with fresh.open("wb") as file:
        file.write(msgspec.json.encode(kept))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(directory / FILE)


def answers(made: GatewayConfiguration) -> Answers:
    """The broker by TCP, and any name server: two ways, neither of them a ping."""
    address = broker_address(made.uplink.broker)
    try:
        with socket.create_connection((address.host, address.port), timeout=CONNECT_S_MAX):
            reached = True
    except OSError:
        reached = False
    second = any(not ask_name(server, address.host) for server in name_servers())
    return Answers(reached, second)


def look(made: GatewayConfiguration, directory: Path, given: Answers, now_s: int) -> Rung:
    """One look: what is to be done is on the card when this returns."""
    kept = load(directory)
    page = read_page(made.metrics_page)
    numbers = page.numbers if page else {}
    commits = numbers.get("commits_total", 0.0)
    ladder = kept.ladder
    if commits > kept.commits or (commits and commits < kept.commits):  # more, or a new agent's
        ladder = committed(ladder, now_s)
    made_climb = climb(ladder, given, now_s)
    keep(directory, Kept(made_climb.ladder, commits))
    click.echo(f"{made_climb.rung}: {made_climb.reason}")
    return made_climb.rung


@click.command()
@click.option("--config", default=DEFAULT_CONFIG, show_default=True, help="The gateway's file.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
def recover(config: str, dry_run: bool) -> None:
    """Restart the network after an hour without an answer, the board after three; once a day.

    Off until the city has confirmed a reading once; and never while anything answers.
    Exit 0 whatever was decided, 74 if it cannot be kept (then nothing is done).

    Example: lamplighter gateway recover --dry-run
    """
    made = read(config)
    now_s = SystemClock().now().wall_ns // NS_PER_S
    try:
        rung = look(made, Path(made.spool.directory), answers(made), now_s)
    except OSError as error:
        click.echo(f"not kept: {error}", err=True)
        raise click.exceptions.Exit(74) from None
    if dry_run:
        return
    for words in COMMANDS.get(rung, ()):
        subprocess.run(words, check=False, timeout=COMMAND_S_MAX)  # noqa: S603 - our own words
