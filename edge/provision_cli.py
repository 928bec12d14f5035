"""``lamplighter gateway provision``: eight steps, one line each, and a hand-off at the end."""

import io
import os
import sys
import threading
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from edge import identity
from edge.clock import SystemClock
from edge.doctor_cli import MARKS
from edge.doctor_finding import Severity
from edge.errors import BundleForged
from edge.provision import HandOff, Record, StepName, StepRow, Walk, exit_code, key_of
from edge.provision_probe import NoServices, Systemd
from edge.provision_steps import CLOCK_WAIT_S, Places, Steps, Wanted
from vocabulary.enrolment import JOB_BYTES_MAX, Bundle
from vocabulary.event_log import rfc3339
from vocabulary.units import NS_PER_S

DEFAULT_STATE: Final = "/var/lib/lamplighter"
DEFAULT_CONFIG: Final = "/etc/lamplighter/gateway.toml"
PIN_FILE: Final = "/etc/lamplighter/authority.fingerprint"
PIN_CHARS: Final = 64
PASSES: Final = 4


def _keep(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".tmp")
    with fresh.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _record(path: Path) -> Record:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Record)
    except (OSError, msgspec.DecodeError):  # none yet, or torn: begin again, which harms nothing
        return Record()


def _pin(given: str) -> str:
    """The fingerprint to trust: as given, else the image's; empty if there is none."""
    if not given:
        try:
            given = Path(PIN_FILE).read_text("ascii").strip()
        except (OSError, UnicodeDecodeError):
            return ""
    plain = given.replace(":", "").lower()
    if len(plain) != PIN_CHARS or not set(plain) <= set("0123456789abcdef"):
        what = f"{given[:80]!r} is not a SHA-256 fingerprint: {PIN_CHARS} hexadecimal digits"
        raise click.BadParameter(what, param_hint="--ca-fingerprint")
    return plain


def wanted_of(code: str, job: str, pinned: str, enrol_url: str) -> Wanted:
    """What was typed or handed over, checked.

    Raises:
        BundleForged: the job is not what the city's authority wrote.
    """
    if job:
        try:
            with Path(job).open("rb") as file:
                bundle = msgspec.json.decode(file.read(PASSES * JOB_BYTES_MAX), type=Bundle)
        except OSError as error:
            raise click.BadParameter(f"{job}: {error.strerror}", param_hint="--job") from None
        except (msgspec.DecodeError, RecursionError):
            raise BundleForged("E-ENR-09", "no job bundle", "the file as it was written") from None  # noqa: EM101
        made = identity.open_job(bundle, pinned=_pin(pinned))
        root = identity.root_of(bundle.authority)
        assert root is not None  # open_job has seen it
        chain = bundle.issuer + bundle.authority
        return Wanted(made.code, identity.fingerprint(root), made.enrol_url, made, chain)
    key = key_of(code)
    if key is None:
        msg = "not a code, and not a sheet's QR code"
        raise click.BadParameter(msg, param_hint="--code")
    found = _pin(pinned or key.fingerprint)
    return Wanted(key.code, found, enrol_url or key.enrol_url, None, "")


def _say(number: int, row: StepRow) -> None:
    seconds = row.dur_ms / 1_000
    code = f" {row.code}" if row.code else ""
    mark = MARKS[row.severity].strip()
    click.echo(f"{number} {row.name:<9} {mark}{code}  {row.found}  ({seconds:.1f} s)", err=True)
    if row.remedy:
        click.echo(f"            expected: {row.expected}", err=True)
        click.echo(f"            remedy: {row.remedy}", err=True)


@click.command()
@click.option("--code", default="", help="Of the sheet, or its QR code; - asks for it.")
@click.option("--job", default="", help="A job bundle, for a site without a network.")
@click.option("--enrol-url", default="", help="https://HOST:PORT, if neither QR nor job says it.")
@click.option("--ca-fingerprint", default="", help="Else the image's, the QR code's, the job's.")
@click.option("--resume", is_flag=True, help="Go on after the last step that was reached.")
@click.option("--waive", "waived", multiple=True, help="A code that shall not stop us.")
@click.option("--reason", default="", help="Why it is waived; kept in the record.")
@click.option("--state", default=DEFAULT_STATE, show_default=True, help="The gateway's directory.")
@click.option("--config", default=DEFAULT_CONFIG, show_default=True, help="The gateway's file.")
@click.option("--clock-wait-s", default=CLOCK_WAIT_S, show_default=True, help="Patience for it.")
@click.option("--no-services", is_flag=True, help="Somebody else starts the agent.")
@click.option("--json", "as_json", is_flag=True, help="One object on standard output.")
def provision(**given: Any) -> None:
    """Make this board a trusted gateway, and end with a real point read back from the database.

    Eight steps, each safe to repeat: power, clock, way, enrolment, serial, access points, doctor,
    read-back. With --code - the code is read from standard input, so that no list of processes
    shows it. Exit 0 if all is well, 1 if something works badly, 2 if a step stopped it; 64, 65 for
    what was typed or handed over.

    Example: sudo lamplighter gateway provision --code 7KQ2-M4XD --enrol-url https://e:8443
    """
    if given["waived"] and not given["reason"].strip():
        msg = "say why with --reason"
        raise click.BadParameter(msg, param_hint="--waive")
    places = Places(Path(given["state"]), Path(given["config"]))
    code = sys.stdin.readline() if given["code"] == "-" else given["code"]
    wanted = wanted_of(code.strip(), given["job"], given["ca_fingerprint"], given["enrol_url"])
    clock = SystemClock()
    steps = Steps(
        wanted,
        places,
        clock=clock,
        services=NoServices() if given["no_services"] else Systemd(),
        wait=threading.Event().wait,
        clock_wait_s=given["clock_wait_s"],
    )
    kept = places.state / "provision" / "state.json"
    record = _record(kept)
    record.waived.update(dict.fromkeys(given["waived"], given["reason"].strip()[:200]))
    walk = Walk(
        steps.all(),
        record,
        mono_ns=clock.mono_ns,
        keep=lambda now: _keep(kept, msgspec.json.encode(now)),
        say=_say,
    )
    rows = walk.run(resume=given["resume"])
    result = exit_code(rows)
    hand_off = _hand_off(steps, rows, rfc3339(clock.now().wall_ns))
    if hand_off is not None:
        _keep(places.state / "provision" / "handoff.json", msgspec.json.encode(hand_off))
    if given["as_json"]:
        shown = {
            "command": "provision",
            "result": result.name.lower(),
            "code": int(result),
            "steps": rows,
            "hand_off": hand_off,
        }
        click.echo(msgspec.json.encode(shown).decode())
    elif hand_off is not None:
        click.echo(f"handed over: {hand_off.gateway_id} at {hand_off.site_id}: {hand_off.point}")
        click.echo(_qr(hand_off.qr_text()))
    raise click.exceptions.Exit(int(result))


def _hand_off(steps: Steps, rows: list[StepRow], finished_at: str) -> HandOff | None:
    """Only when the point was truly seen in this run."""
    placed, told = steps.store.placed(), steps.told
    reached = {row.name for row in rows if row.severity is not Severity.FATAL}
    if placed is None or told is None or not told.seen or reached != set(map(str, StepName)):
        return None
    own = identity.certificates(steps.store.identity())
    ends_s = identity.lifetime(own[0]).ends_s if own else 0
    return HandOff(
        placed.gateway_id,
        placed.site_id,
        placed.generation,
        rfc3339(ends_s * NS_PER_S),
        finished_at,
        told.measurement,
        told.time_ms,
        told.found,
        tuple(f"{row.name}: {row.code} {row.found}" for row in rows if row.code),
    )


def _qr(text: str) -> str:
    import segno  # noqa: PLC0415 - only here, and only at the end

    out = io.StringIO()
    segno.make(text, error="l", micro=False).terminal(out, border=2, compact=True)
    return out.getvalue()
