"""``lamplighter simulate``: parts of the world on purpose, for engineers without hardware."""

import time
from pathlib import Path

import click

from simulators.pty_port import PtyPort
from simulators.sds011_board import Sds011Board
from simulators.street import air
from vocabulary.units import NS_PER_S


@click.group()
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
