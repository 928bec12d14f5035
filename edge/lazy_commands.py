"""Commands that are imported when they are called: a small board reads its help without them."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final, NamedTuple

import click


class Row(NamedTuple):
    """Where a command lives (``module:attribute``) and what it is for."""

    target: str
    help: str


COMMANDS: Final[Mapping[str, Row]] = {
    "doctor": Row("edge.doctor_cli:doctor", "Say what is wrong, and what to do about it."),
    "lamp": Row("edge.lamp_cli:lamp_command", "Let the board's light say how it is."),
    "provision": Row("edge.provision_cli:provision", "Make this board a trusted gateway."),
    "recover": Row("edge.recover_cli:recover", "One look up the recovery ladder."),
    "renew": Row("edge.renew_cli:renew", "Renew this gateway's certificate when it is due."),
    "scan": Row("edge.scan_cli:scan", "Say what is on each serial port, and how to configure it."),
}


class LazyGroup(click.Group):
    """A group, some of whose commands are rows of a table until somebody calls one."""

    def __init__(self, *args: Any, table: Mapping[str, Row] = COMMANDS, **more: Any) -> None:
        super().__init__(*args, **more)
        self.table = table

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in their order."""
        return sorted({*super().list_commands(ctx), *self.table})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A command by its name, imported if need be; None for a stranger."""
        row = self.table.get(cmd_name)
        if row is None:
            return super().get_command(ctx, cmd_name)
        module, _, attribute = row.target.partition(":")
        found = getattr(import_module(module), attribute)
        assert isinstance(found, click.Command), row.target
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in the help, without importing what stands in the table."""
        rows = []
        for name in self.list_commands(ctx):
            if name in self.table:
                rows.append((name, self.table[name].help))
            elif (command := super().get_command(ctx, name)) is not None and not command.hidden:
                rows.append((name, command.get_short_help_str()))
        with formatter.section("Commands"):
            formatter.write_dl(rows)
