"""``lamplighter host ca``: the city's authority, and certificates for its servers and clients."""

import ipaddress
import secrets
from pathlib import Path
from typing import Final

import click
from cryptography import x509

from ingest import authority
from ingest.authority_files import (
    PASSPHRASE_CHARS_MIN,
    PUBLIC_MODE,
    SECRET_MODE,
    AuthorityFiles,
    key_pem,
    write,
)
from ingest.clock import SystemClock
from ingest.enrol_register import EnrolRegister
from ingest.enrol_rows import is_ours
from vocabulary.ids import SLUG_EXPECTED, is_slug
from vocabulary.units import NS_PER_S

DEFAULT_DIRECTORY: Final = "/var/lib/lamplighter/authority"

directory_option = click.option(
    "--directory", default=DEFAULT_DIRECTORY, show_default=True, help="The authority's directory."
)


def now_s() -> int:
    """Unix seconds."""
    return SystemClock().now_ns() // NS_PER_S


def slug(_context: click.Context, parameter: click.Parameter, value: str) -> str:
    """An id from the command line."""
    if not is_slug(value):
        raise click.BadParameter(f"{value!r} is not {SLUG_EXPECTED}", param=parameter)
    return value


@click.group()
def ca() -> None:
    """Make the city's certificate authority, and certificates for its servers.

    Example: lamplighter host ca init --city riverside --passphrase-file root.pass
    """


@ca.command("init")
@click.option("--city", required=True, callback=slug, help="Stands in the authority's name.")
@click.option("--passphrase-file", required=True, type=click.Path(), help="For the root key.")
@directory_option
def ca_init(city: str, passphrase_file: str, directory: str) -> None:
    """Make a root (to be carried away) and an issuing key (stays here).

    Exit 78 if there is an authority already, or if the passphrase is too short.

    Example: lamplighter host ca init --city riverside --passphrase-file root.pass
    """
    try:
        passphrase = Path(passphrase_file).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise click.BadParameter(f"{passphrase_file}: {error}") from None
    if len(passphrase) < PASSPHRASE_CHARS_MIN:
        raise click.BadParameter(f"a passphrase of at least {PASSPHRASE_CHARS_MIN} characters")
    files = AuthorityFiles(Path(directory))
    found = files.init(city, passphrase=passphrase, now_s=now_s(), entropy=secrets.token_bytes)
    EnrolRegister.open(files.register_path).close()
    publish_revoked(files)
    click.echo(f"fingerprint {found}")
    click.echo(f"Now carry {directory}/root.key away and delete it here; nothing needs it daily.")


def publish_revoked(files: AuthorityFiles) -> None:
    """Write the revocation list anew."""
    with EnrolRegister.open(files.register_path) as register:
        rows = register.revoked(now_s())
    files.publish_revoked(authority.revocation_list(files.issuing(), rows, now_s=now_s()))


@ca.command("server")
@click.argument("name", callback=slug)
@click.option("--host", "hosts", multiple=True, required=True, help="Name or address; repeatable.")
@click.option("--out", required=True, type=click.Path(file_okay=False), help="Where to.")
@directory_option
def ca_server(name: str, hosts: tuple[str, ...], out: str, directory: str) -> None:
    """Make key and certificate for a server: the broker, or the enrolment service.

    Example: lamplighter host ca server broker --host broker.example --out /etc/mosquitto
    """
    files = AuthorityFiles(Path(directory))
    names: list[x509.GeneralName] = []
    for one in hosts:
        try:
            names.append(x509.IPAddress(ipaddress.ip_address(one)))
        except ValueError:
            names.append(x509.DNSName(one))
    key = authority.new_key()
    leaf = authority.sign_server(
        files.issuing(), names, name, key.public_key(), now_s=now_s(), entropy=secrets.token_bytes
    )
    _write_leaf(files, Path(out), name, leaf.pem, key_pem(key))


@ca.command("client")
@click.argument("name", callback=slug)
@click.option("--out", required=True, type=click.Path(file_okay=False), help="Where to.")
@directory_option
def ca_client(name: str, out: str, directory: str) -> None:
    """Make key and certificate for a client of ours: a host or a consumer, one each.

    Example: lamplighter host ca client host1 --out /etc/lamplighter/identity
    """
    files = AuthorityFiles(Path(directory))
    if not is_ours(name):
        raise click.BadParameter(f"{name!r}: host1, consumer1 and so on; gateways: see enrol add")
    key = authority.new_key()
    leaf = authority.sign_client(
        files.issuing(), name, key.public_key(), now_s=now_s(), entropy=secrets.token_bytes
    )
    _write_leaf(files, Path(out), name, leaf.pem, key_pem(key))


def _write_leaf(files: AuthorityFiles, out: Path, name: str, pem: str, key: bytes) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for path in (out / f"{name}.key", out / f"{name}.crt", out / "authority.pem"):
        path.unlink(missing_ok=True)
    write(out / f"{name}.key", key, SECRET_MODE)
    write(out / f"{name}.crt", (pem + files.chain()).encode(), PUBLIC_MODE)
    write(out / "authority.pem", files.chain().encode(), PUBLIC_MODE)
    click.echo(f"{out / name}.crt and .key, {out / 'authority.pem'}")
