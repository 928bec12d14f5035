"""``lamplighter host enrol``: which gateways may come, and the service that they come to."""

import asyncio
import secrets
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from ingest.authority_cli import directory_option, now_s, publish_revoked, slug
from ingest.authority_files import AuthorityFiles
from ingest.clock import SystemClock
from ingest.configuration import address
from ingest.configuration_file import influx_settings, read
from ingest.enrol_desk import EnrolDesk, Place, hash_code
from ingest.enrol_register import EnrolRegister
from ingest.enrol_rows import CodeRow, GatewayRow, GatewayState
from ingest.enrol_server import EnrolServer, tls
from ingest.errors import LedgerMissing
from ingest.eviction import put_out
from ingest.influx_query import InfluxReader
from ingest.ledger_reader import LedgerReader
from ingest.read_back import read_back
from vocabulary.enrolment import ReadBack, code_of, shown_code
from vocabulary.event_log import EventLog, Level, rfc3339
from vocabulary.exit_codes import ExitCode
from vocabulary.units import NS_PER_S, S_PER_DAY, S_PER_H

DEFAULT_CONFIG: Final = "/etc/lamplighter/host.toml"
CODE_S: Final = 24 * S_PER_H
BATCH_S: Final = 14 * S_PER_DAY
PORT: Final = 8443
OPERATOR: Final = "operator"

json_option = click.option("--json", "as_json", is_flag=True, help="One JSON value.")


def fresh_code(
    files: AuthorityFiles, gateway_id: str, *, batch: str, expires_s: int
) -> tuple[str, CodeRow]:
    """A new code and what the register keeps of it."""
    code = code_of(secrets.token_bytes(5))
    return code, CodeRow(hash_code(code, files.pepper()), gateway_id, batch, expires_s)


@click.group()
def enrol() -> None:
    """Say which gateways may come, and serve those that do.

    Example: lamplighter host enrol add gw-library --site library-north --district riverside
    """


def _told_code(code: str, gateway_id: str, expires_s: int) -> None:
    click.echo(f"{gateway_id}  code {shown_code(code)}  good until {rfc3339(expires_s * NS_PER_S)}")


@enrol.command("add")
@click.argument("gateway", callback=slug)
@click.option("--site", required=True, callback=slug, help="The site's id in the inventory.")
@click.option("--district", required=True, callback=slug, help="The district's id.")
@directory_option
def add(gateway: str, site: str, district: str, directory: str) -> None:
    """Expect a gateway, and print its code (good for a day). Again: a new code, the old one dies.

    Exit 65 if it is enrolled or retired already.

    Example: lamplighter host enrol add gw-library --site library-north --district riverside
    """
    files, now = AuthorityFiles(Path(directory)), now_s()
    code, row = fresh_code(files, gateway, batch="", expires_s=now + CODE_S)
    expected = GatewayRow(gateway, site, district, 1, GatewayState.EXPECTED, changed_s=now)
    with EnrolRegister.open(files.register_path) as register:
        register.expect([(expected, row)], OPERATOR)
    _told_code(code, gateway, row.expires_s)


@enrol.command("list")
@directory_option
@json_option
def list_gateways(directory: str, as_json: bool) -> None:
    """List gateways: state, generation, site, and why a person should look at one.

    Example: lamplighter host enrol list --json
    """
    with EnrolRegister.open(AuthorityFiles(Path(directory)).register_path) as register:
        rows = register.gateways()
    if as_json:
        click.echo(msgspec.json.encode(rows).decode())
        return
    for row in rows:
        flag = f"  LOOK: {row.flag}" if row.flag else ""
        click.echo(
            f"{row.gateway_id}  {row.state}  generation {row.generation}  {row.site_id}{flag}"
        )
    if not rows:
        click.echo("no gateways")


@enrol.command("replace")
@click.argument("gateway", callback=slug)
@directory_option
def replace(gateway: str, directory: str) -> None:
    """Put new hardware in a gateway's place: same id and history, next generation, new code.

    The old certificate is revoked when the new one's first data is in the database.

    Example: lamplighter host enrol replace gw-library
    """
    files, now = AuthorityFiles(Path(directory)), now_s()
    code, row = fresh_code(files, gateway, batch="", expires_s=now + CODE_S)
    with EnrolRegister.open(files.register_path) as register:
        register.replace(gateway, row, OPERATOR, now)
    _told_code(code, gateway, row.expires_s)


@enrol.command("reopen")
@click.argument("gateway", callback=slug)
@directory_option
def reopen(gateway: str, directory: str) -> None:
    """Let a retired gateway come again, with a new code.

    Example: lamplighter host enrol reopen gw-library
    """
    files, now = AuthorityFiles(Path(directory)), now_s()
    code, row = fresh_code(files, gateway, batch="", expires_s=now + CODE_S)
    with EnrolRegister.open(files.register_path) as register:
        register.reopen(gateway, row, OPERATOR, now)
    _told_code(code, gateway, row.expires_s)


@enrol.command("retire")
@click.argument("gateway", callback=slug)
@click.option("--broker", default="", help="mqtts://HOST:PORT: put it out there at once.")
@directory_option
def retire(gateway: str, broker: str, directory: str) -> None:
    """Take a gateway out of service: its certificates are revoked and its id is refused.

    Tell the broker to read the list (copy it, systemctl reload mosquitto), then put the gateway
    out with --broker, which may be said again. Exit 69 if the broker cannot be asked.

    Example: lamplighter host enrol retire gw-library --broker mqtts://broker.example:8883
    """
    place = address(broker, ("mqtts",)) if broker else None
    if broker and place is None:
        raise click.BadParameter(f"{broker[:80]!r} is not mqtts://HOST:PORT")
    files = AuthorityFiles(Path(directory))
    with EnrolRegister.open(files.register_path) as register:
        row = register.gateway(gateway)
        if row is None or row.state is not GatewayState.RETIRED or place is None:
            count = register.retire(gateway, OPERATOR, now_s())
            publish_revoked(files)
            click.echo(f"{gateway} retired, {count} certificates revoked in {files.revoked_path}")
    if place is not None:
        said = put_out(place, gateway, files.issuing(), files.chain(), now_s=now_s())
        click.echo(said or f"{gateway} was put out of {broker}", err=bool(said))
        if said:
            raise click.exceptions.Exit(int(ExitCode.UNAVAILABLE))


@enrol.command("move")
@click.argument("gateway", callback=slug)
@click.option("--site", required=True, callback=slug, help="The new site's id.")
@directory_option
def move(gateway: str, site: str, directory: str) -> None:
    """Send a gateway to another site; its history stays with the old one.

    Example: lamplighter host enrol move gw-library --site library-south
    """
    with EnrolRegister.open(AuthorityFiles(Path(directory)).register_path) as register:
        register.move(gateway, site, OPERATOR, now_s())
    click.echo(f"{gateway} is at {site} now; change the inventory too")


@enrol.command("audit")
@click.option("--gateway", default="", help="Only this gateway.")
@directory_option
@json_option
def audit(gateway: str, directory: str, as_json: bool) -> None:
    """Show what happened: who enrolled, renewed, was refused, locked out, retired.

    Example: lamplighter host enrol audit --gateway gw-library
    """
    with EnrolRegister.open(AuthorityFiles(Path(directory)).register_path) as register:
        rows = register.audit(gateway)
    if as_json:
        click.echo(msgspec.json.encode(rows).decode())
        return
    for row in rows:
        shown = rfc3339(row.at_s * NS_PER_S)
        click.echo(f"{shown}  {row.who}  {row.event}  {row.gateway_id}  {row.detail}")


@enrol.command("serve")
@click.option("--config", default=DEFAULT_CONFIG, show_default=True, help="The host's file.")
@click.option("--address", "listen", default="0.0.0.0", show_default=True, help="Where to listen.")  # noqa: S104
@click.option("--port", default=PORT, show_default=True, help="0 takes a free one.")
@click.option("--certificate", required=True, help="The server's certificate with its chain.")
@click.option("--key", required=True, help="The server's key.")
@click.option("--broker", required=True, help="What gateways are told: mqtts://HOST:PORT.")
@directory_option
def serve(
    config: str,
    listen: str,
    port: int,
    certificate: str,
    key: str,
    broker: str,
    directory: str,
) -> None:
    """Serve enrolment, renewal and read-back over HTTPS until SIGTERM (exit 0).

    Exit 69 if the port cannot be opened, 78 if the configuration is wrong.

    Example: lamplighter host enrol serve --certificate e.crt --key e.key --broker mqtts://b:8883
    """
    made, _city = read(config)
    files = AuthorityFiles(Path(directory))
    reader = InfluxReader(influx_settings(made.influx))

    def accounts() -> dict[str, int]:
        try:
            with LedgerReader(Path(made.ledger.path)) as ledger:
                rows = ledger.accounts()
        except LedgerMissing:
            return {}
        return {row.gateway: row.received for row in rows}

    def asks(gateway_id: str, marker: str) -> ReadBack:
        return read_back(gateway_id, marker, reader.query, accounts)

    def out(line: str) -> None:
        with suppress(OSError):
            sys.stdout.write(line)
            sys.stdout.flush()

    clock, log = SystemClock(), EventLog("enrol", as_json=True, write=out)

    def say(event: str, **more: Any) -> None:
        log.say(event, wall_ns=clock.now_ns(), **more)

    with EnrolRegister.open(files.register_path) as register:
        desk = EnrolDesk(
            files.issuing(),
            files.chain(),
            register,
            pepper=files.pepper(),
            entropy=secrets.token_bytes,
            place=Place(made.host_id, broker),
            read_back=asks,
        )
        server = EnrolServer(
            desk,
            clock,
            lambda path, status, peer: say(
                "exchange",
                key=f"{path} {status} {peer}",
                level=Level.INFO if status == 200 else Level.WARNING,
                path=path,
                status=status,
                peer=peer,
            ),
        )
        asyncio.run(_serve(server, listen, port, (certificate, key), say))


async def _serve(
    server: EnrolServer, listen: str, port: int, files: tuple[str, str], say: Any
) -> None:
    serving = asyncio.ensure_future(
        server.serve(
            listen,
            port,
            tls(Path(files[0]), Path(files[1])),
            lambda found: say("enrol_started", port=found),
        )
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, serving.cancel)
    with suppress(asyncio.CancelledError):
        await serving
    say("enrol_stopped")
