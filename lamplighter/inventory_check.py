"""``lamplighter inventory``: the city's list, judged before anything runs on it.

It needs nothing but the vocabulary, so it works where no room is installed.
"""

from pathlib import Path
from typing import Final

import click
import msgspec

from vocabulary import inventory as words
from vocabulary.errors import ConfigurationInvalid, Finding, WorldFault
from vocabulary.exit_codes import ExitCode

FILE_BYTES_MAX: Final = 64 << 20


class InventoryUnreadable(WorldFault):
    """The file cannot be read at all."""

    remedy = "Check the path and that this user may read the file."

    def __init__(self, file: str, reason: str) -> None:
        super().__init__(file, reason)
        self.file, self.reason = file, reason

    def __str__(self) -> str:
        return f"cannot read {self.file}: {self.reason}"


def _unfit(path: Path, line: int, found: str, expected: str) -> ConfigurationInvalid:
    return ConfigurationInvalid([Finding(str(path), line, "(file)", found, expected)])


def read_text(path: Path) -> str:
    """The file's text.

    Raises:
        InventoryUnreadable: absent, a directory, not ours to read.
        ConfigurationInvalid: too long, or not UTF-8.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        raise InventoryUnreadable(str(path), error.strerror or str(error)) from error
    if len(raw) > FILE_BYTES_MAX:
        raise _unfit(path, 0, f"over {FILE_BYTES_MAX} bytes", f"at most {FILE_BYTES_MAX} bytes")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise _unfit(path, line, "bytes that are not UTF-8", "UTF-8 text") from None


def counts(inventory: words.Inventory) -> dict[str, int]:
    """How many rows each table has."""
    return {name: len(getattr(inventory, name)) for name in inventory.__struct_fields__}


@click.group()
def inventory() -> None:
    """Check the list of sites and devices.

    Example: lamplighter inventory check inventory.toml
    """


@inventory.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
def check(file: Path, *, as_json: bool) -> ExitCode:
    """Judge FILE and name every fault with its line; exit 78 if there is one.

    Example: lamplighter inventory check inventory.toml
    """
    findings: list[Finding] = []
    sizes: dict[str, int] = {}
    try:
        sizes = counts(words.parse(read_text(file), file=str(file)))
    except ConfigurationInvalid as error:
        if not as_json:
            raise
        findings = error.findings
    if as_json:
        report = {"file": str(file), "ok": not findings, "counts": sizes, "findings": findings}
        click.echo(msgspec.json.encode(report).decode())
    else:
        rows = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in sizes.items())
        click.echo(f"{file}: fine ({rows})")
    return ExitCode.CONFIGURATION if findings else ExitCode.FINE
