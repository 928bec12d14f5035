"""``lamplighter simulate``: parts of the world on purpose, for engineers without hardware."""

import time
from importlib import import_module
from pathlib import Path
from typing import Final

import click

from simulators.pty_port import PtyPort
from simulators.sds011_board import Sds011Board
from simulators.street import air
from vocabulary.units import NS_PER_S

LATER: Final[dict[str, str]] = {
    "city": "simulators.town_cli:city",
    "conformance": "simulators.conformance.conformance_cli:conformance",
    "crash": "simulators.crash_cli:crash",
    "play": "simulators.town_cli:play",
    "replay": "simulators.town_cli:replay_command",
    "scenarios": "simulators.town_cli:scenarios",
    "score": "simulators.score_cli:score",
    "swarm": "simulators.swarm_cli:swarm",
}
"""Commands that need kernels and more: imported when they are called."""


class _Later(click.Group):
    """A group some of whose commands are rows of a table until somebody calls one."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All of them, by name."""
        return sorted({*super().list_commands(ctx), *LATER})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One of them."""
        if cmd_name not in LATER:
            return super().get_command(ctx, cmd_name)
        module, _, attribute = LATER[cmd_name].partition(":")
        command = getattr(import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command


@click.group(cls=_Later)
def simulate() -> None:
    """Simulate boards and whole streets, without hardware.

    Example: lamplighter simulate board --port /tmp/air-1
    """


@simulate.command()
@click.option("--kind", type=click.Choice(["sds011"]), default="sds011", show_default=True)
@click.option("--port", required=True, type=click.Path(path_type=Path), help="Path to appear at.")
@click.option("--seconds", default=0.0, help="End after this long; 0 goes on until Ctrl-C.")
def board(kind: str, port: Path, seconds: float) -> None:
    """Put a simulated sensor on a pseudo-terminal that any program can open.

    Example: lamplighter simulate board --kind sds011 --port /tmp/air-1
    """
    now_ns = time.monotonic_ns  # noqa: TID251 - a command that lives in real time
    start_ns = now_ns()
    device = Sds011Board(start_ns, air(0.0))
    with PtyPort(port) as line:
        click.echo(f"{kind} on {port}; Ctrl-C ends it")
        while not seconds or now_ns() - start_ns < seconds * NS_PER_S:
            device.receive(line.read(), now_ns())
            line.write(device.advance(now_ns()))
            time.sleep(min(0.1, max(0.0, (device.next_ns - now_ns()) / NS_PER_S)))
