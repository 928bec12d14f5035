"""What a scan says to a technician: what is on each port, what to do, and the lines to paste."""

import re
from collections.abc import Collection, Sequence
from itertools import count
from typing import Final

import msgspec

from edge.scan_probe import LAMPLIGHTER, Found, Outcome, PortProbe, rate_hint
from edge.serial_backoff import Reason
from edge.serial_status import Adapter
from firmware_bridge.plain_form import Check, unchecked
from firmware_bridge.sensors import KINDS
from vocabulary.exit_codes import ExitCode

HEX_SHOWN: Final = 16
_NUMBER: Final = re.compile(r"-?\d+(?:\.\d+)?")

CODES: Final = {
    Outcome.FOUND: "",
    Outcome.WRONG_DEVICE: "E-SER-03",
    Outcome.GARBAGE: "E-SER-03",
    Outcome.ECHO: "E-SER-04",
    Outcome.NOTHING: "E-SER-04",
    Outcome.ABSENT: "E-SER-01",
    Outcome.LOST: "E-SER-01",
    Outcome.BUSY: "E-SER-02",
    Outcome.DENIED: "E-SER-06",
}
REMEDIES: Final = {
    Outcome.FOUND: "",
    Outcome.WRONG_DEVICE: "Replace it by a product of the list.",
    Outcome.GARBAGE: "Look up its rate and parity and set `baud` and `parity`; join the grounds.",
    Outcome.ECHO: "Only we are on the line: swap A and B, check the slave's power and its address.",
    Outcome.NOTHING: "Check its power; swap RX and TX (RS-485: A and B); wake it, if it can sleep.",
    Outcome.ABSENT: "Push the plug until it clicks; `lsusb` shows whether the adapter is seen.",
    Outcome.LOST: "Check the cable and the adapter's power, then scan again.",
    Outcome.BUSY: "Stop the program that has it; if that is the agent: systemctl stop "
    "lamplighter-gateway.",
    Outcome.DENIED: "sudo usermod -aG dialout $USER, then log in again; or run this with sudo.",
}
OUTCOMES: Final = {
    Reason.ABSENT: Outcome.ABSENT,
    Reason.BUSY: Outcome.BUSY,
    Reason.DENIED: Outcome.DENIED,
}
"""Why a port could not be opened -> how its scan ended; all else is ``LOST``."""


class PortReport(msgspec.Struct, frozen=True):
    """One port."""

    port: str
    outcome: Outcome
    said: str
    """What was seen, in words."""
    expected: str
    code: str
    remedy: str
    found: tuple[Found, ...] = ()
    lines: str = ""
    """For the configuration file."""
    remark: str = ""


def _title(found: Found) -> str:
    if found.kind == LAMPLIGHTER:
        return "a Lamplighter board"
    return KINDS[found.kind].title


def _said(found: Found) -> str:
    values = ", ".join(f"{name} {value:g}" for name, value in found.values)
    where = f", address {found.address}" if found.address else ""
    return f"{_title(found)} at {found.baud}{where}: {values or found.remark or 'it lives'}"


def sensor_id(kind: str, taken: set[str]) -> str:
    """A free id for a product; ``taken`` grows by it."""
    name = next(name for number in count(1) if (name := f"{kind}-{number}") not in taken)
    taken.add(name)
    return name


def configuration_lines(port: str, found: Found, taken: set[str]) -> str:
    """The table to paste."""
    lines = [
        "[[serial]]",
        f'sensor_id = "{sensor_id(found.kind, taken)}"',
        f'port = "{port}"',
        f'protocol = "{found.kind}"',
    ]
    kind = KINDS.get(found.kind)
    if kind is None or found.baud != kind.baud:
        lines.append(f"baud = {found.baud}")
    if found.address and kind is not None and found.address != kind.address:
        lines.append(f"address = {found.address}")
    return "\n".join(lines) + "\n"


def text_lines(port: str, text: str, baud: int, taken: set[str]) -> str:
    """A table for lines of text, with what only a person knows left to fill in."""
    said, check = text, Check.NONE
    for one in (Check.XOR, Check.CRC32):
        body = unchecked(text.encode("ascii"), one)
        if body is not None:
            text, check = body.decode("ascii"), one
    parts: list[str] = []
    values, end = "", 0
    for number, match in enumerate(_NUMBER.finditer(text), start=1):
        between = re.escape(text[end : match.start()])
        parts += [between, f"(?P<v{number}>-?\\d+(?:\\.\\d+)?)"]
        values += f'#   {{ name = "env/temperature_c", source = "v{number}" }},\n'
        end = match.end()
    pattern = "".join([*parts, re.escape(text[end:])])
    return (
        f"# It said: {said}\n# Name each value, then take the # away.\n"
        f'# [[serial]]\n# sensor_id = "{sensor_id("plain", taken)}"\n# port = "{port}"\n'
        f'# protocol = "plain"\n# baud = {baud}\n# [serial.plain]\n'
        f"# check = \"{check}\"\n# pattern = '{pattern}'\n# values = [\n{values}# ]\n"
    )


def of_probe(
    adapter: Adapter, probe: PortProbe, *, configured_baud: int, taken: set[str]
) -> PortReport:
    """What listening and asking found out."""
    outcome, remedy = probe.outcome, REMEDIES[probe.outcome]
    expected = "a sensor of the list"
    lines = ""
    if probe.found:
        said = "; ".join(map(_said, probe.found))
        lines = "\n".join(configuration_lines(adapter.path, found, taken) for found in probe.found)
        rate = probe.found[0].baud
        if configured_baud and configured_baud != rate:
            outcome, expected = Outcome.GARBAGE, f"the configured rate, {configured_baud}"
            remedy = f"Set baud = {rate} for this port in the configuration."
            said = f"wrong rate: it speaks at {rate}, not at {configured_baud}. {said}"
    elif probe.text:
        said = f"lines of text at {probe.baud}: {probe.text}"
        lines = text_lines(adapter.path, probe.text, probe.baud, taken)
    elif outcome is Outcome.WRONG_DEVICE:
        said = probe.stranger
    elif outcome is Outcome.GARBAGE:
        shown = probe.heard[:HEX_SHOWN].hex(" ")
        said = f"bytes that make no unit at any rate ({rate_hint(probe.heard)}): {shown} .."
    elif outcome is Outcome.ECHO:
        said = "our own questions came back and nothing else"
    else:
        said = "not one byte, and no answer to any question"
    return PortReport(
        port=adapter.path,
        outcome=outcome,
        said=said,
        expected=expected,
        code=CODES[outcome],
        remedy=remedy,
        found=tuple(probe.found),
        lines=lines,
        remark=adapter.remark,
    )


def of_fault(adapter: Adapter, reason: Reason, detail: str) -> PortReport:
    """A port that could not be opened, or that failed under the scan."""
    outcome = OUTCOMES.get(reason, Outcome.LOST)
    return PortReport(
        port=adapter.path,
        outcome=outcome,
        said=f"{reason}: {detail}",
        expected="a port that we may open",
        code=CODES[outcome],
        remedy=REMEDIES[outcome],
        remark=adapter.remark,
    )


def exit_code(reports: Sequence[PortReport]) -> ExitCode:
    """0 if every port is understood, 77 where rights are missing, 69 without ports, else 1."""
    outcomes = {report.outcome for report in reports}
    if not outcomes:
        return ExitCode.UNAVAILABLE
    if outcomes == {Outcome.FOUND}:
        return ExitCode.FINE
    return ExitCode.PERMISSION if Outcome.DENIED in outcomes else ExitCode.DEGRADED


def new_lines(reports: Sequence[PortReport], known_ports: Collection[str]) -> str:
    """What ``--apply`` adds: understood ports that the configuration does not name yet."""
    return "\n".join(
        report.lines
        for report in reports
        if report.outcome is Outcome.FOUND and report.lines and report.port not in known_ports
    )
