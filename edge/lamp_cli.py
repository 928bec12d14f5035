"""``lamplighter gateway lamp``: lets the board's light say what ``lamp.py`` decides."""

import threading
from contextlib import suppress
from pathlib import Path
from typing import Final

import click
import msgspec

from edge import doctor_file, lamp
from edge.clock import SystemClock
from edge.doctor_finding import Severity
from edge.provision import Record, StepName
from vocabulary.units import NS_PER_S

STATE: Final = "/var/lib/lamplighter"
LED: Final = "/sys/class/leds/ACT"
STEP_S: Final = 0.1
LOOK_NS: Final = 5 * NS_PER_S


def sign_here(state: Path) -> lamp.Sign:
    """What this board should say."""
    try:
        raw = (state / "provision" / "state.json").read_bytes()
        steps = msgspec.json.decode(raw, type=Record).steps
    except (OSError, msgspec.DecodeError):
        steps = {}
    failed = any(row.severity is Severity.FATAL for row in steps.values())
    return lamp.sign_of(
        doctor_file.load(state),
        provisioning=bool(steps) and not failed and len(steps) < len(StepName),
        failed=failed,
        enrolled=(state / "identity" / "identity.pem").exists(),
    )


@click.command("lamp")
@click.option("--state", default=STATE, show_default=True, help="The gateway's directory.")
@click.option("--led", default=LED, show_default=True, help="The light's directory in /sys.")
@click.option("--rounds", default=0, hidden=True, help="So many looks; 0 for ever.")
def lamp_command(state: str, led: str, rounds: int) -> None:
    """Flash the board's light: once for well, twice for not enrolled, up to eight for power.

    Exit 69 if the board has no such light.

    Example: lamplighter gateway lamp --led /sys/class/leds/ACT
    """
    light, clock, pause = Path(led), SystemClock(), threading.Event()
    if not (light / "brightness").exists():
        click.echo(f"no light at {led}: name it with --led", err=True)
        raise click.exceptions.Exit(69)
    with suppress(OSError):
        (light / "trigger").write_text("none", "ascii")
    looked_ns, sign, shown, count = -LOOK_NS, lamp.Sign.WELL, "", 0
    while not rounds or count < rounds:
        now_ns = clock.mono_ns()
        if now_ns - looked_ns >= LOOK_NS:
            looked_ns, sign = now_ns, sign_here(Path(state))
        wanted = "1" if lamp.is_on(sign, now_ns) else "0"
        if wanted != shown:
            with suppress(OSError):
                (light / "brightness").write_text(wanted, "ascii")
            shown = wanted
        count += 1
        pause.wait(STEP_S)
