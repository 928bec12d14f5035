"""Our own programs as processes of their own: ``lamplighter host run`` and ``gateway run``.

Each has a directory with its configuration, its log and what it keeps, and finds all of it again
after a kill. What it says is read from its log, what it counts from its metrics page.
"""

import http.client
import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any, ClassVar, Final

import msgspec
from prometheus_client.parser import text_string_to_metric_families

from edge.configuration import GatewayConfiguration
from edge.configuration import MetricsPage as GatewayPage
from ingest.configuration import HostConfiguration, LedgerPlace
from ingest.configuration import MetricsPage as HostPage
from simulators import toml_text
from simulators.servers import LOOPBACK, READY_TRIES_MAX, Server, listens
from vocabulary.inventory import Inventory

COMMAND: Final = (sys.executable, "-m", "lamplighter")
COMMAND_S_MAX: Final = 120.0
ANSWER_S_MAX: Final = 10.0

Sample = tuple[str, tuple[tuple[str, str], ...]]
"""A number of a metrics page: its name and its labels in order."""


class MetricsAway(Exception):
    """The metrics page did not answer."""


def metrics(port: int) -> dict[Sample, float]:
    """Every number of a metrics page.

    Raises:
        MetricsAway: nobody serves it.
    """
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=ANSWER_S_MAX)
    try:
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
    except (OSError, http.client.HTTPException) as error:
        raise MetricsAway(port) from error
    finally:
        connection.close()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def run(*words: str) -> "subprocess.CompletedProcess[str]":
    """One ``lamplighter`` command to its end, its output captured."""
    return subprocess.run(  # noqa: S603 - our own arguments, no shell
        [*COMMAND, *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=COMMAND_S_MAX,
    )


class Program(Server):
    """One of our programs; ``port`` is that of its metrics page."""

    program = sys.executable
    stop_wait_s = 60.0
    ready_tries_max = 4 * READY_TRIES_MAX  # a host's first start on a machine compiles kernels
    room: ClassVar[str]
    started: ClassVar[str]
    """The event that says: everything is open, the work begins."""

    def __init__(self) -> None:
        super().__init__()
        self._life_bytes = 0

    def configuration(self) -> str:
        """The text of its file, for its port and its directory."""
        raise NotImplementedError

    def command(self, program: str) -> Sequence[str]:
        """Write the configuration and say what to execute."""
        self._life_bytes = self.log_path.stat().st_size
        path = self.directory / f"{self.room}.toml"
        path.write_text(self.configuration(), encoding="utf-8")
        return [program, *COMMAND[1:], self.room, "run", "--config", str(path)]

    def ready(self) -> bool:
        """It said that it started, and its metrics page is open."""
        return bool(self.events(self.started, this_life=True)) and listens(self.port)

    def events(self, name: str = "", *, this_life: bool = False) -> list[dict[str, Any]]:
        """What it has logged, oldest first: events called ``name``, or all."""
        raw = self.log_path.read_bytes()[self._life_bytes if this_life else 0 :]
        lines = raw.decode("utf-8", "replace").splitlines()
        rows = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
        return [row for row in rows if name in ("", row["event"])]

    def unexpected(self) -> list[str]:
        """Lines of the log that are no events: a trace, a warning of a library."""
        text = self.log_path.read_text("utf-8", "replace")
        return [line for line in text.splitlines() if not line.startswith("{")]

    def metric(self, name: str, **labels: str) -> float:
        """One number of its metrics page; 0 for one that nothing has counted yet."""
        return metrics(self.port).get((name, tuple(sorted(labels.items()))), 0.0)


class HostProgram(Program):
    """The host. ``made`` is what it is told, but for its ledger, inventory and page."""

    room = "host"
    started = "host_started"

    def __init__(self, made: HostConfiguration, inventory: Inventory) -> None:
        super().__init__()
        self._made, self._inventory = made, inventory

    @property
    def ledger(self) -> str:
        """The path of its ledger."""
        return str(self.directory / "ledger.sqlite")

    def configuration(self) -> str:
        """The text of its file; writes the inventory beside it."""
        text = toml_text.render(self._inventory)
        (self.directory / "inventory.toml").write_text(text, encoding="utf-8")
        made = msgspec.structs.replace(
            self._made,
            inventory="inventory.toml",
            ledger=LedgerPlace(self.ledger),
            metrics_page=HostPage(LOOPBACK, self.port),
        )
        return toml_text.render(made)


class GatewayProgram(Program):
    """A gateway. ``made`` is what it is told, but for its spool and page."""

    room = "gateway"
    started = "gateway_started"

    def __init__(self, made: GatewayConfiguration) -> None:
        super().__init__()
        self._made = made

    def configuration(self) -> str:
        """The text of its file."""
        spool = msgspec.structs.replace(self._made.spool, directory=str(self.directory / "spool"))
        page = GatewayPage(LOOPBACK, self.port)
        return toml_text.render(msgspec.structs.replace(self._made, spool=spool, metrics_page=page))
