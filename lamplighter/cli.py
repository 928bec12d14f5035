"""The door: a table from subcommand to room, and what the process says when it ends.

A room is imported when its subcommand is called and not before, so a gateway without numpy can
run ``gateway`` and everyone can read ``lamplighter --help``.
"""

import sys
import traceback
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, Final, NamedTuple

import click

from vocabulary.errors import ExtraMissing, LamplighterError
from vocabulary.exit_codes import ExitCode

INTERRUPTED: Final = 130
MAXSIZE_64_BIT: Final = 2**63 - 1
ROOMS: Final = frozenset(
    {
        "vocabulary",
        "firmware_bridge",
        "processing",
        "edge",
        "ingest",
        "dashboards",
        "simulators",
        "lamplighter",
    }
)
CONTEXT: Final = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class Entry(NamedTuple):
    """Where a subcommand lives (``module:attribute``), the extra it needs, what it is for."""

    target: str
    extra: str
    help: str


TABLE: Final[dict[str, Entry]] = {
    "demo": Entry(
        "simulators.demo_cli:demo",
        "simulators",
        "Watch a small simulated neighbourhood go dark and come back.",
    ),
    "gateway": Entry("edge.cli:gateway", "gateway", "Run the agent on a gateway; its tools."),
    "host": Entry("ingest.cli:host", "host", "Run the host; look into its ledger."),
    "simulate": Entry(
        "simulators.cli:simulate", "simulators", "Simulate cities, faults and crashes."
    ),
    "dashboards": Entry("dashboards.cli:dashboards", "dashboards", "Build the screens."),
    "inventory": Entry(
        "lamplighter.inventory_check:inventory", "", "Check the list of sites and devices."
    ),
}


def extra_for(error: ModuleNotFoundError, name: str, entry: Entry) -> ExtraMissing | None:
    """What to install when a stranger's package is absent; None when it is a room: our bug."""
    package = (error.name or "").split(".")[0]
    if not package or package in ROOMS or not entry.extra:
        return None
    return ExtraMissing(name, entry.extra, package)


class Door(click.Group):
    """The top group; its commands are rows of a table until somebody calls one."""

    def __init__(self, table: Mapping[str, Entry], **rest: Any) -> None:
        super().__init__(**rest)
        self.table = table

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The table's names, in the table's order."""
        del ctx
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the room now; None for a word that is not in the table."""
        del ctx
        entry = self.table.get(cmd_name)
        if entry is None:
            return None
        module, attribute = entry.target.split(":")
        try:
            command = getattr(import_module(module), attribute)
        except ModuleNotFoundError as error:
            missing = extra_for(error, cmd_name, entry)
            if missing is None:
                raise
            raise missing from error
        assert isinstance(command, click.Command), entry.target
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands from the table: reading the help imports nothing."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in self.table.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a room may import a package as late as it likes."""
        try:
            return super().invoke(ctx)
        except ModuleNotFoundError as error:
            name = ctx.invoked_subcommand or ""
            missing = extra_for(error, name, self.table[name]) if name in self.table else None
            if missing is None:
                raise
            raise missing from error


def make_door(table: Mapping[str, Entry] = TABLE) -> Door:
    """The command with its options; a table may be given by a test."""
    door = Door(
        table,
        name="lamplighter",
        help="Sees what goes dark in a city's Wi-Fi and sensors, and says why and since when.",
        epilog="Example: lamplighter demo --minutes 3",
        context_settings=CONTEXT,
    )
    return click.version_option(package_name="lamplighter")(door)


def fits(maxsize: int) -> bool:
    """Whether this Python is a 64-bit one; nanoseconds need it."""
    return maxsize >= MAXSIZE_64_BIT


def _complain(error: LamplighterError) -> ExitCode:
    click.echo(f"lamplighter: {error}", err=True)
    click.echo(f"what to do: {error.remedy}", err=True)
    return error.exit_code


def run(
    arguments: Sequence[str] | None = None,
    *,
    table: Mapping[str, Entry] = TABLE,
    maxsize: int = sys.maxsize,
) -> int:
    """One command from words to exit code; whatever goes wrong is said on standard error."""
    if not fits(maxsize):
        click.echo(
            "lamplighter: this is a 32-bit Python.\n"
            "what to do: install a 64-bit system (on a Raspberry Pi: the 64-bit image).",
            err=True,
        )
        return ExitCode.UNAVAILABLE
    words = None if arguments is None else list(arguments)
    try:
        code = make_door(table).main(words, prog_name="lamplighter", standalone_mode=False)
    except click.Abort:  # control-C, also during a question
        return INTERRUPTED
    except click.UsageError as error:
        error.show()
        return ExitCode.USAGE
    except click.ClickException as error:
        error.show()
        return ExitCode.IO_ERROR if isinstance(error, click.FileError) else ExitCode.USAGE
    except LamplighterError as error:
        return _complain(error)
    except Exception:  # noqa: BLE001  (our mistake: 70, never Python's 1, which means degraded)
        traceback.print_exc()
        return ExitCode.INTERNAL
    return int(code) if isinstance(code, int) else ExitCode.FINE


def main() -> None:
    """What the installed command calls."""
    sys.exit(run())
