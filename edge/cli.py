"""``lamplighter gateway``: the agent and the technician's tools."""

import asyncio
import os
import sys
from contextlib import suppress

import click

from edge.configuration_file import DEFAULT_CONFIG, read
from edge.lazy_commands import LazyGroup
from edge.spool_cli import spool
from vocabulary.event_log import EventLog


@click.group(cls=LazyGroup)
def gateway() -> None:
    """Run the gateway agent, and look after it.

    Example: lamplighter gateway run --config /etc/lamplighter/gateway.toml
    """


@gateway.command()
@click.option("--config", default=DEFAULT_CONFIG, show_default=True, help="The gateway's file.")
def run(config: str) -> None:
    """Read sensors and access points, keep every reading, send it.

    Ends cleanly on SIGTERM (exit 0); exit 78 if the configuration is wrong.

    Example: lamplighter gateway run --config deploy/gateway.toml
    """
    from edge.gateway_process import GatewayProcess  # noqa: PLC0415 - only the agent needs it all

    made = read(config)
    as_json = os.environ.get("LAMPLIGHTER_LOG_FORMAT") == "json" or not sys.stdout.isatty()

    def write(line: str) -> None:
        with suppress(OSError):  # a log that nobody takes, or no disk has room for, stops nothing
            sys.stdout.write(line)
            sys.stdout.flush()

    async def main() -> None:
        process = GatewayProcess(made, EventLog("gateway", as_json=as_json, write=write))
        await process.run(handle_signals=True)

    asyncio.run(main())


@gateway.group()
def config() -> None:
    """Look at the configuration without starting anything."""


@config.command("check")
@click.argument("file", default=DEFAULT_CONFIG)
def check(file: str) -> None:
    """Name every fault of FILE at once; exit 0 if there is none, 78 otherwise.

    Example: lamplighter gateway config check deploy/gateway.toml
    """
    made = read(file)
    click.echo(
        f"{file}: fine. Gateway {made.gateway_id} in {made.district}, "
        f"{len(made.source)} access point topics, {len(made.serial)} serial ports."
    )


gateway.add_command(spool)
