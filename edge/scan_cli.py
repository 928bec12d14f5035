"""``lamplighter gateway scan``: what is on each serial port, and the lines to configure it."""

import os
import tomllib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import click
import msgspec

from edge import configuration
from edge.clock import SystemClock
from edge.configuration_file import DEFAULT_CONFIG
from edge.scan_port import scan as scan_port
from edge.scan_probe import USUAL_RATE, Outcome, PortProbe
from edge.scan_report import PortReport, exit_code, new_lines, of_fault, of_probe
from edge.serial_adapters import adapters
from edge.serial_configuration import SerialPort
from edge.serial_status import Adapter
from vocabulary.errors import ConfigurationInvalid

PORTS_AT_ONCE: Final = 8
MARKS: Final = {Outcome.FOUND: "ok      "}


def addresses_of(text: str) -> list[int]:
    """``1-4,9`` as numbers.

    Raises:
        click.BadParameter: it is not of that form, or no Modbus address.
    """
    found: list[int] = []
    for part in text.split(","):
        first, dash, last = part.partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            raise click.BadParameter(f"{part!r} is not like 1-4 or 9", param_hint="--addresses")
        found += range(int(first), int(last or first) + 1)
    if not all(1 <= one <= 247 for one in found):
        fault = "Modbus addresses are 1 to 247"
        raise click.BadParameter(fault, param_hint="--addresses")
    return found


def known_rows(path: str) -> dict[str, SerialPort]:
    """Ports that a configuration names; none if there is no such file yet, or it is faulty."""
    try:
        made = configuration.parse(Path(path).read_text("utf-8"), file=path)
    except (OSError, UnicodeDecodeError, ConfigurationInvalid):
        return {}
    return {row.port: row for row in made.serial}


def scan_all(
    ports: Sequence[Adapter],
    known: dict[str, SerialPort],
    *,
    addresses: Sequence[int],
    haste: float = 1.0,
) -> list[PortReport]:
    """Scan every port, side by side."""
    from edge.modbus_codec import PymodbusCodec  # noqa: PLC0415 - only a scan needs it here

    clock = SystemClock()
    taken = {row.sensor_id for row in known.values()}
    probes = [
        PortProbe(
            clock.mono_ns(),
            PymodbusCodec(),
            addresses=addresses,
            first_rate=known[port.path].rate if port.path in known else USUAL_RATE,
            haste=haste,
        )
        for port in ports
    ]
    with ThreadPoolExecutor(PORTS_AT_ONCE) as threads:
        faults = list(
            threads.map(
                lambda pair: scan_port(pair[0].path, pair[1], clock.mono_ns),
                zip(ports, probes, strict=True),
            )
        )
    reports = []
    for port, probe, fault in zip(ports, probes, faults, strict=True):
        if fault is not None:
            reports.append(of_fault(port, fault.reason, fault.detail))
            continue
        baud = known[port.path].rate if port.path in known else 0
        reports.append(of_probe(port, probe, configured_baud=baud, taken=taken))
    return reports


def apply(path: str, lines: str) -> None:
    """Add ``lines`` to the configuration, if the whole is then without fault.

    Raises:
        ConfigurationInvalid: the file, or the file with the lines, is faulty; nothing is changed.
        OSError: it cannot be read or written.
    """
    file = Path(path)
    text = file.read_text("utf-8")
    joined = f"{text.rstrip()}\n\n{lines}"
    configuration.parse(joined, file=path)
    tomllib.loads(joined)
    fresh = file.with_name(f".{file.name}.new")
    try:
        with fresh.open("w", encoding="utf-8") as out:
            os.fchmod(out.fileno(), file.stat().st_mode & 0o777)
            out.write(joined)
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(file)
    finally:
        fresh.unlink(missing_ok=True)


def show(reports: Sequence[PortReport]) -> None:
    """One paragraph a port; the lines to paste stand below it."""
    for one in reports:
        mark = MARKS.get(one.outcome, one.code or "?")
        click.echo(f"{mark:<9} {one.port}: {one.said}")
        if one.remark:
            click.echo(f"          note: {one.remark}")
        if one.remedy:
            click.echo(f"          expected: {one.expected}")
            click.echo(f"          remedy: {one.remedy}")
        for line in one.lines.splitlines():
            click.echo(f"    {line}".rstrip())


@click.command()
@click.option("--port", "paths", multiple=True, help="Only this port; may be given again.")
@click.option("--config", default=DEFAULT_CONFIG, show_default=True, help="The gateway's file.")
@click.option("--addresses", default="1-3", show_default=True, help="Modbus slaves to ask.")
@click.option("--apply", "write", is_flag=True, help="Add what was found to the gateway's file.")
@click.option("--json", "as_json", is_flag=True, help="One object with all ports.")
def scan(paths: tuple[str, ...], config: str, addresses: str, write: bool, as_json: bool) -> None:
    """Find out what is on each serial port, and how to configure it.

    Listens, and asks for readings; changes nothing in any sensor. Stop the agent first, for it has
    its ports for itself.

    Exit 0 if every port is understood, 1 if one is not, 69 if there is no port, 77 if one may not
    be opened, 78 if the lines do not fit the gateway's file (--apply).

    Example: lamplighter gateway scan --port /dev/ttyUSB0 --addresses 1-4
    """
    ports = [Adapter(path, path) for path in paths] or adapters()
    known = known_rows(config)
    if ports and not as_json:
        click.echo(f"listening on {len(ports)} ports, at most half a minute ..", err=True)
    reports = scan_all(ports, known, addresses=addresses_of(addresses))
    code = exit_code(reports)
    lines = new_lines(reports, known)
    if write and lines:
        apply(config, lines)
    if as_json:
        shown = {
            "command": "scan",
            "code": int(code),
            "result": code.name.lower(),
            "ports": reports,
            "applied": bool(write and lines),
        }
        click.echo(msgspec.json.encode(shown).decode())
    else:
        show(reports)
        if not reports:
            click.echo("no serial port: plug an adapter in, or name one with --port")
        if write:
            click.echo(f"added to {config}" if lines else "nothing new to add")
    raise click.exceptions.Exit(int(code))
