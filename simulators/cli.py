"""``lamplighter simulate``: parts of the world on purpose, for engineers without hardware."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Final

import click

from firmware_bridge.descriptor import Fault, hash_of
from firmware_bridge.descriptor_source import encoded_of, header_of
from simulators.board_faults import MENU
from simulators.board_kinds import BOARD_KINDS, Level
from simulators.board_live import Order, live
from simulators.errors import DescriptorRefused

LATER: Final[dict[str, str]] = {
    "city": "simulators.town_cli:city",
    "conformance": "simulators.conformance.conformance_cli:conformance",
    "crash": "simulators.crash_cli:crash",
    "play": "simulators.town_cli:play",
    "replay": "simulators.town_cli:replay_command",
    "scenarios": "simulators.town_cli:scenarios",
    "score": "simulators.score_cli:score",
    "sensors": "simulators.sensors_cli:sensors",
    "swarm": "simulators.swarm_cli:swarm",
    "wall": "simulators.wall_cli:wall",
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


def _menu_text() -> str:
    """The fault menu, as --help shows it."""
    rows = [f"{name}: {fault.meaning}" for name, fault in MENU.items()]
    rows += [
        f"{name} ({kind}): {meaning}"
        for kind, row in BOARD_KINDS.items()
        for name, meaning in row.habits.items()
    ]
    return "\b\nFaults:\n" + "\n".join(f"  {row}" for row in rows)


@contextmanager
def _placed(port: Path | None) -> Iterator[Path]:
    """The path that was asked for, or one in a folder that goes with us."""
    if port is not None:
        yield port
        return
    with tempfile.TemporaryDirectory(prefix="lamplighter-board-") as folder:
        yield Path(folder) / "port"


@click.group(cls=_Later)
def simulate() -> None:
    """Simulate boards and whole streets, without hardware.

    Example: lamplighter simulate board --port /tmp/air-1
    """


@simulate.command(epilog=_menu_text())
@click.option("--kind", type=click.Choice(sorted(BOARD_KINDS)), default="sds011", show_default=True)
@click.option(
    "--level",
    type=click.Choice([one.value for one in Level]),
    default=Level.PYTHON.value,
    show_default=True,
    help="Where it runs: here, as C on this machine, or as C on an emulated Cortex-M.",
)
@click.option(
    "--port", type=click.Path(path_type=Path), help="Path to appear at; else one is made."
)
@click.option("--fault", "faults", multiple=True, help="What is wrong with it; may be repeated.")
@click.option("--baud", default=0, help="Line rate; 0 is the kind's own.")
@click.option("--seed", default=1, show_default=True, help="Of its number and its faults.")
@click.option("--seconds", default=0.0, help="End after this long; 0 goes on until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="Say where it is as one line of JSON.")
def board(
    kind: str,
    level: str,
    port: Path | None,
    faults: tuple[str, ...],
    baud: int,
    seed: int,
    seconds: float,
    as_json: bool,
) -> None:
    """Put a simulated board or sensor on a pseudo-terminal that any program can open.

    Exit codes: 0 ended in time, 64 no such fault or level, 69 a compiler or QEMU is missing.

    Example: lamplighter simulate board --kind lamplighter --level c --fault bit-errors
    """
    with _placed(port) as path:
        order = Order(kind, Level(level), path, faults, baud=baud, seed=seed, seconds=seconds)
        said = json.dumps({"kind": kind, "level": level, "port": str(path)})
        begun = said if as_json else f"{kind} ({level}) on {path}; Ctrl-C ends it"
        live(order, ready=lambda: click.echo(begun))


@simulate.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Size and hash instead of the C header.")
def descriptor(file: Path, as_json: bool) -> None:
    """Turn a board's TOML file into the C header that its firmware includes.

    Exit codes: 0 written to standard output, 65 the file is not a good descriptor.

    Example: lamplighter simulate descriptor board.toml > board_descriptor.h
    """
    text = file.read_text(encoding="utf-8")
    header, encoded = header_of(text), encoded_of(text)
    if isinstance(header, Fault) or isinstance(encoded, Fault):
        raise DescriptorRefused(str(file), str(header))
    if as_json:
        shown = {"size_bytes": len(encoded), "hash": f"{hash_of(encoded):08X}"}
        click.echo(json.dumps(shown))
    else:
        click.echo(header, nl=False)
