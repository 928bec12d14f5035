"""``lamplighter host nodes``: asks the running host what it believes of its gateways."""

import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Final

import click
import msgspec

from ingest.beliefs import NodeBelief
from ingest.configuration import MetricsPage
from ingest.configuration_file import read
from ingest.errors import HostAway
from ingest.metrics_page import NODES_PATH, NODES_WAIT_S_MAX
from vocabulary.event_log import rfc3339
from vocabulary.units import NS_PER_MS

DEFAULT_CONFIG: Final = "/etc/lamplighter/host.toml"
ANSWER_BYTES_MAX: Final = 256 << 20


@click.command()
@click.option("--config", default=DEFAULT_CONFIG, show_default=True, help="The host's file.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, one array.")
def nodes(config: str, as_json: bool) -> None:
    """Show what the running host believes of each gateway and its devices.

    State, session, last word, staleness, how far its records are stored, what was refused, and
    who is in quarantine. Exit 69 if no host runs there, 78 if the configuration is wrong.

    Example: lamplighter host nodes --config /etc/lamplighter/host.toml --json
    """
    made, _city = read(config)
    body = asked(made.metrics_page)
    if as_json:
        click.echo(body)
        return
    for node in msgspec.json.decode(body, type=list[NodeBelief]):
        for line in lines_of(node):
            click.echo(line)


def asked(page: MetricsPage) -> bytes:
    """The host's answer, as JSON.

    Raises:
        HostAway: nobody answers, or not in time.
    """
    url = f"http://{page.address}:{page.port}{NODES_PATH}"
    if not page.port:
        raise HostAway(url, "the page is switched off")
    try:
        with urllib.request.urlopen(url, timeout=2 * NODES_WAIT_S_MAX) as answer:
            body: bytes = answer.read(ANSWER_BYTES_MAX)
    except urllib.error.HTTPError as error:
        raise HostAway(url, f"HTTP {error.code}, its loop is busy") from None
    except OSError as error:
        raise HostAway(url, str(error)) from None
    return body


def _time(ms: int | None) -> str:
    return "never" if ms is None else rfc3339(ms * NS_PER_MS)


def lines_of(node: NodeBelief) -> Iterator[str]:
    """A gateway as text: one line, and one for each epoch, device and refusal."""
    stale = "  stale" if node.stale else ""
    held = f"  until {_time(node.quarantine_until_ms)}" if node.quarantine_until_ms else ""
    yield (
        f"{node.district}/{node.gateway}  {node.state}{held}{stale}  heard {_time(node.heard_ms)}  "
        f"bdSeq {node.bd_seq}  configuration {node.configuration or 'unknown'}"
    )
    for epoch in node.epochs:
        mark = "" if epoch.current else "  (another spool)"
        yield (
            f"  epoch {epoch.epoch}{mark}  committed {epoch.committed}  "
            f"received below {epoch.received_below}  ranges {epoch.ranges}"
        )
    for device in node.devices:
        note = ("  stale" if device.stale else "") + ("" if device.listed else "  not listed")
        yield f"  {device.device}  {device.state}{note}  heard {_time(device.heard_ms)}"
    for reason, count in node.refused.items():
        yield f"  refused {reason} {count}"
