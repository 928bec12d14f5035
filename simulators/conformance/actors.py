"""Who acts in a drive: the real gateway on this loop, the real host in a thread of its own."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from edge.clock import SystemClock
from edge.configuration import GatewayConfiguration
from edge.gateway_process import GatewayProcess
from edge.mqtt_link import Connect
from ingest.configuration import HostConfiguration
from ingest.host_process import HostProcess
from ingest.ledger import Ledger
from processing import bind
from processing.city import City
from processing.step import warm_up
from simulators.conformance.street_under_test import INVENTORY
from simulators.town_host import Forgetful
from vocabulary.delivery import TimeQuality
from vocabulary.event_log import EventLog
from vocabulary.moment import Moment

STOP_S_MAX: Final = 20.0
EVENTS_MAX: Final = 10_000


class SyncedClock(SystemClock):
    """The machine's clock, trusted: whether this machine has NTP is not what is judged here."""

    def now(self) -> Moment:
        """The moment, synced."""
        return super().now()._replace(quality=TimeQuality.SYNCED)


class GatewayActor:
    """One gateway over several lives on one card."""

    def __init__(
        self, configuration: GatewayConfiguration, tell: Callable[[], None], seed: int
    ) -> None:
        self.configuration, self._tell, self._seed = configuration, tell, seed
        self.process: GatewayProcess | None = None
        self._task: asyncio.Task[None] | None = None
        self.events: list[str] = []

    def _write(self, line: str) -> None:
        assert len(self.events) < EVENTS_MAX
        self.events.append(line)
        self._tell()

    def start(self, uplink: Connect | None = None) -> None:
        """A life begins; ``uplink`` stands in for its connection to the broker."""
        Path(self.configuration.spool.directory).mkdir(parents=True, exist_ok=True)
        self.process = GatewayProcess(
            self.configuration,
            EventLog("gateway", as_json=True, write=self._write),
            clock=SyncedClock(),
            uplink=uplink,
            seed=self._seed,
        )
        self._task = asyncio.create_task(self.process.run())

    def said(self, event: str) -> bool:
        """Whether its log has an event."""
        return any(f'"{event}"' in line for line in self.events)

    async def stop(self) -> None:
        """A clean stop; what was wrong inside is raised here."""
        if self.process is None or self._task is None:
            return
        self.process.stop()
        async with asyncio.timeout(STOP_S_MAX):
            await self._task
        self.process = self._task = None


def compile_kernels() -> None:
    """What a host does first; a machine that has never done it takes a minute."""
    warm_up(City.of(INVENTORY))
    bind.warm_up()


class HostActor:
    """One host process at one broker; its thread ends with ``stop``."""

    def __init__(
        self, configuration: HostConfiguration, directory: Path, tell: Callable[[], None]
    ) -> None:
        self._tell = tell
        self._loop = asyncio.get_running_loop()
        directory.mkdir(parents=True, exist_ok=True)
        self._ledger = Ledger.open(directory / "ledger.sqlite")
        self._ledger.set_inventory(INVENTORY)
        self.process = HostProcess(
            configuration,
            INVENTORY,
            EventLog("host", as_json=True, write=self._write),
            sink=Forgetful(),
            ledger=self._ledger,
        )
        self._thread = threading.Thread(target=self._run, name="host under test")
        self._failure: BaseException | None = None

    def _write(self, _line: str) -> None:
        self._loop.call_soon_threadsafe(self._tell)

    def _run(self) -> None:
        try:
            self.process.run()
        except BaseException as error:  # noqa: BLE001 - raised again by whoever stops it
            self._failure = error

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    async def stop(self) -> None:
        """A clean stop; what was wrong inside is raised here."""
        if self._thread.is_alive():
            self.process.stop()
            await asyncio.to_thread(self._thread.join, STOP_S_MAX)
        assert not self._thread.is_alive(), "the host does not end"
        self._ledger.close()  # it never ran, or not to its end
        if self._failure is not None:
            raise self._failure
