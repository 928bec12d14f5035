"""A city's list of new gateways, as a CSV file: every fault at once, then a signed job for each.

    gateway_id,site_id,district,adapters,access_points
    gw-library,library-north,riverside,air-library-1,ap-library-1 ap-library-2

The last two may be left out; several values are separated by spaces.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

import msgspec

from ingest.enrol_rows import GatewayRow, GatewayState, is_ours
from vocabulary.enrolment import JOB_VERSION, Job
from vocabulary.errors import ConfigurationInvalid, Finding
from vocabulary.ids import SLUG_EXPECTED, is_slug

REQUIRED: Final = ("gateway_id", "site_id", "district")
OPTIONAL: Final = ("adapters", "access_points")
ROWS_MAX: Final = 5_000
FINDINGS_MAX: Final = 200
LISTED_MAX: Final = 64


class BatchRow(NamedTuple):
    """One gateway to come."""

    gateway_id: str
    site_id: str
    district: str
    adapters: tuple[str, ...]
    access_points: tuple[str, ...]


class Surroundings(NamedTuple):
    """What every job of a batch says alike."""

    enrol_url: str
    broker: str
    host_id: str


def read(text: str, *, file: str, known: Mapping[str, GatewayRow]) -> list[BatchRow]:
    """The rows of a list.

    Raises:
        ConfigurationInvalid: with every fault: row, column, found, expected.
    """
    findings: list[Finding] = []
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff")), strict=True)
    rows: list[BatchRow] = []
    try:
        lines = [(reader.line_num, [cell.strip() for cell in row]) for row in reader if any(row)]
    except csv.Error as error:
        findings.append(Finding(file, reader.line_num, "(file)", str(error), "CSV"))
        raise ConfigurationInvalid(findings) from None
    header = lines[0][1] if lines else []
    findings += _header_faults(file, header)
    if findings:
        raise ConfigurationInvalid(findings)
    first: dict[str, int] = {}
    for number, row in lines[1:]:
        cells = dict(zip(header, row, strict=False))
        faults = list(_row_faults(cells, len(row), len(header), number, known, first))
        findings += [Finding(file, number, *fault) for fault in faults]
        if not faults:
            rows.append(_row(cells))
    if len(lines) > ROWS_MAX + 1:
        expected = f"at most {ROWS_MAX}"
        findings.append(Finding(file, 0, "(file)", f"{len(lines) - 1} rows", expected))
    if not rows and not findings:
        findings.append(Finding(file, 0, "(file)", "no rows", "one row for each gateway"))
    if findings:
        raise ConfigurationInvalid(findings[:FINDINGS_MAX])
    return rows


def _header_faults(file: str, header: list[str]) -> Iterator[Finding]:
    for name in REQUIRED:
        if name not in header:
            yield Finding(file, 1, name, "no such column", f"the columns {', '.join(REQUIRED)}")
    for name in header:
        if name not in (*REQUIRED, *OPTIONAL):
            expected = f"one of {', '.join((*REQUIRED, *OPTIONAL))}"
            yield Finding(file, 1, name[:80] or "(empty)", "an unknown column", expected)
        elif header.count(name) > 1:
            yield Finding(file, 1, name, "the same column twice", "each column once")


def _row_faults(
    cells: Mapping[str, str],
    found: int,
    expected: int,
    number: int,
    known: Mapping[str, GatewayRow],
    first: dict[str, int],
) -> Iterator[tuple[str, str, str]]:
    if found != expected:
        yield "(row)", f"{found} cells", f"{expected}, as in the first line"
    for name in REQUIRED:
        if not is_slug(cells.get(name, "")):
            yield name, repr(cells.get(name, ""))[:80], SLUG_EXPECTED
    for name in OPTIONAL:
        words = cells.get(name, "").split()
        if len(words) > LISTED_MAX or not all(map(is_slug, words)):
            yield name, repr(cells.get(name, ""))[:80], "ids separated by spaces"
    gateway_id = cells.get("gateway_id", "")
    if first.setdefault(gateway_id, number) != number:
        yield "gateway_id", f"`{gateway_id}` again", f"an id that line {first[gateway_id]} has not"
    if is_ours(gateway_id):
        yield "gateway_id", f"`{gateway_id}`", "a name without a host's or a consumer's rights"
    row = known.get(gateway_id)
    if row is not None and row.state is not GatewayState.EXPECTED:
        yield "gateway_id", f"`{gateway_id}` is {row.state}", "a new one, or use replace or reopen"


def _row(cells: Mapping[str, str]) -> BatchRow:
    return BatchRow(
        cells["gateway_id"],
        cells["site_id"],
        cells["district"],
        tuple(cells.get("adapters", "").split()),
        tuple(cells.get("access_points", "").split()),
    )


def configuration_of(row: BatchRow, around: Surroundings) -> str:
    """What the gateway is told to begin with; its sources and ports come with the next steps."""
    identity = "/var/lib/lamplighter/identity"
    return (
        f'gateway_id = "{row.gateway_id}"\n'
        f'district = "{row.district}"\n\n'
        "[uplink]\n"
        f'broker = "{around.broker}"\n'
        f'host_id = "{around.host_id}"\n\n'
        "[uplink.login]\n"
        f'ca_file = "{identity}/authority.pem"\n'
        f'certificate_file = "{identity}/identity.pem"\n'
    )


def job_of(
    row: BatchRow, around: Surroundings, *, code: str, generation: int, expires_s: int
) -> bytes:
    """One job's bytes, ready to be signed."""
    job = Job(
        JOB_VERSION,
        row.gateway_id,
        row.site_id,
        row.district,
        generation,
        code,
        expires_s,
        around.enrol_url,
        around.broker,
        around.host_id,
        configuration_of(row, around),
        row.adapters,
        row.access_points,
    )
    return msgspec.json.encode(job)
