"""``lamplighter host batch``: a list of sites into signed jobs, codes and a sheet to print."""

from pathlib import Path
from typing import Final

import click
import msgspec

from ingest import authority, enrol_batch
from ingest.authority_cli import directory_option, now_s, slug
from ingest.authority_files import SECRET_MODE, AuthorityFiles, write
from ingest.enrol_batch import Surroundings
from ingest.enrol_cli import BATCH_S, OPERATOR, fresh_code, json_option
from ingest.enrol_register import EnrolRegister
from ingest.enrol_rows import GatewayRow, GatewayState
from ingest.enrol_sheet import Slip, sheet
from vocabulary.errors import ConfigurationInvalid, Finding

FILE_BYTES_MAX: Final = 4 << 20


@click.group()
def batch() -> None:
    """Prepare many gateways at once.

    Example: lamplighter host batch create sites.csv --out jobs --enrol-url https://e:8443 --broker mqtts://b:8883
    """


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            found = [Finding(str(path), 0, "(file)", "too large", f"{FILE_BYTES_MAX} bytes")]
            raise ConfigurationInvalid(found)
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        found = [Finding(str(path), 0, "(file)", str(error)[:80], "a readable UTF-8 CSV file")]
        raise ConfigurationInvalid(found) from None


@batch.command("create")
@click.argument("sites")
@click.option("--out", required=True, type=click.Path(file_okay=False), help="A new directory.")
@click.option("--enrol-url", required=True, help="https://HOST:PORT of the enrolment service.")
@click.option("--broker", required=True, help="mqtts://HOST:PORT of the city's broker.")
@click.option("--host-id", default="host1", show_default=True, callback=slug, help="The host.")
@click.option("--name", default="batch", show_default=True, callback=slug, help="Its name.")
@directory_option
@json_option
def create(
    sites: str,
    out: str,
    enrol_url: str,
    broker: str,
    host_id: str,
    name: str,
    directory: str,
    as_json: bool,
) -> None:
    """Write one signed job for each row of SITES, and a sheet with QR codes; good for 14 days.

    All faults of the file are named at once (exit 78), and then nothing was changed. What is
    written holds codes: it is a secret.

    Example: lamplighter host batch create sites.csv --out jobs --enrol-url https://e:8443 --broker mqtts://b:8883
    """
    files, now = AuthorityFiles(Path(directory)), now_s()
    issuing, root = files.issuing(), files.root()
    text = _text(Path(sites))
    around = Surroundings(enrol_url, broker, host_id)
    to = Path(out)
    to.mkdir(mode=0o700, parents=True, exist_ok=True)
    with EnrolRegister.open(files.register_path) as register:
        known = {row.gateway_id: row for row in register.gateways()}
        rows = enrol_batch.read(text, file=sites, known=known)
        expires_s = now + BATCH_S
        made, slips = [], []
        for row in rows:
            code, kept = fresh_code(files, row.gateway_id, batch=name, expires_s=expires_s)
            old = known.get(row.gateway_id)
            generation = old.generation if old else 1
            expected = GatewayRow(
                row.gateway_id, row.site_id, row.district, generation, GatewayState.EXPECTED
            )
            made.append((msgspec.structs.replace(expected, changed_s=now), kept))
            job = enrol_batch.job_of(
                row, around, code=code, generation=generation, expires_s=expires_s
            )
            bundle = msgspec.json.encode(authority.sign_job(issuing, root, job))
            _replace(to / f"{row.gateway_id}.job", bundle)
            print_of = authority.fingerprint(root)
            slips.append(Slip(row.gateway_id, row.site_id, code, expires_s, enrol_url, print_of))
        register.expect(made, OPERATOR)
    _replace(to / "sheet.html", sheet(slips, batch=name).encode())
    shown = {"jobs": [f"{slip.gateway_id}.job" for slip in slips], "sheet": "sheet.html"}
    if as_json:
        click.echo(msgspec.json.encode(shown).decode())
    else:
        click.echo(f"{len(slips)} jobs and sheet.html in {out}: codes are in them, keep them safe")


def _replace(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)
    write(path, content, SECRET_MODE)
