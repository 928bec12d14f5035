"""``lamplighter gateway``: the agent and the technician's tools."""

import asyncio
import os
import sys
from pathlib import Path

import click

from edge import configuration
from edge.gateway_process import GatewayProcess
from vocabulary.errors import ConfigurationInvalid, Finding
from vocabulary.event_log import EventLog

DEFAULT_CONFIG = "/etc/lamplighter/gateway.toml"


def _read(path: str) -> configuration.GatewayConfiguration:
    try:
        text = Path(path).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        found = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ConfigurationInvalid(
            [Finding(path, 0, "(file)", found, "a readable file; name it with --config")]
        ) from None
    return configuration.parse(text, file=path)


@click.group()
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
    made = _read(config)
    as_json = os.environ.get("LAMPLIGHTER_LOG_FORMAT") == "json" or not sys.stdout.isatty()

    def write(line: str) -> None:
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
    made = _read(file)
    click.echo(
        f"{file}: fine. Gateway {made.gateway_id} in {made.district}, "
        f"{len(made.source)} access point topics, {len(made.serial)} serial ports."
    )
