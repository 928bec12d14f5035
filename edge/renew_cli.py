"""``lamplighter gateway renew``: run by a timer, every hour; does nothing until it is due."""

from pathlib import Path
from typing import Final

import click

from edge import enrolment, machine
from edge.clock import SystemClock
from edge.configuration import broker_address
from edge.enrol_client import EnrolClient
from edge.errors import IdentityUnusable
from edge.identity_store import IdentityStore
from edge.provision_cli import wanted_of
from edge.renewal import try_identity
from vocabulary.units import NS_PER_S

DEFAULT_DIRECTORY: Final = "/var/lib/lamplighter/identity"
JOB: Final = "/etc/lamplighter/gateway.job"


def _enrol(store: IdentityStore, job: str) -> None:
    """What provisioning could not do without a link; the agent takes it at its next attempt."""
    wanted = wanted_of("", job, "", "")
    assert wanted.job is not None
    if not store.authority():
        store.keep_authority(wanted.job_chain)
    client = EnrolClient(wanted.enrol_url, store.authority())
    placed = enrolment.enrol(client, store, wanted.code, machine.boot_info().board_serial)
    click.echo(f"enrolled as {placed.gateway_id}")


@click.command()
@click.option("--directory", default=DEFAULT_DIRECTORY, show_default=True, help="The identity.")
@click.option("--job", default=JOB, show_default=True, help="Enrol with it, if there is one.")
@click.option("--now", "at_once", is_flag=True, help="Renew even if it is not due.")
def renew(directory: str, job: str, at_once: bool) -> None:
    """Renew this gateway's certificate when a third of its life is left.

    The new one is tried before it takes the old one's place; readings go on meanwhile. A
    certificate that ran out while the gateway was off can still renew itself for a year. A
    gateway that began without a network enrols here, once there is one.
    Exit 0 if done or not due, 75 if the service cannot be asked, 77 if it refused.

    Example: lamplighter gateway renew
    """
    store = IdentityStore(Path(directory))
    placed = store.placed()
    if placed is None and Path(job).exists():
        _enrol(store, job)
        return
    if placed is None:
        what = "not enrolled yet"
        raise IdentityUnusable(what)
    now_s = SystemClock().now().wall_ns // NS_PER_S
    if not at_once and not enrolment.renewal_due(store, now_s):
        click.echo("not due")
        return
    client = EnrolClient(placed.enrol_url, store.authority())
    address = broker_address(placed.broker)
    authority = str(store.authority_path)
    board = machine.boot_info().board_serial
    enrolment.renew(client, store, board, lambda path: try_identity(address, path, authority))
    click.echo("renewed; the agent uses it from its next connection on")
