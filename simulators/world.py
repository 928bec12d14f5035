"""A whole neighbourhood in one process on a virtual clock, as fast as it will go.

Agents, spools, codec, pipeline, kernels and ledger are the real ones. Only sockets, disks and
time are replaced.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from ingest.ledger import Ledger
from ingest.sink import Sink
from processing.settings import Settings
from simulators.broker import Broker
from simulators.clock import EPOCH_NS, VirtualClock
from simulators.disk import SimulatedDisk
from simulators.neighbourhood import Neighbourhood, configuration_of
from simulators.scheduler import Alarm, Scheduler
from simulators.street import Change, Street
from simulators.virtual_gateway import VirtualGateway
from simulators.virtual_host import VirtualHost
from vocabulary.units import NS_PER_S

SETTLE_S: Final = 120.0
"""After the plan: time in which spools drain and the last beats are judged."""
COMMIT_S: Final = 5.0


class World:
    """Everything of one virtual run."""

    def __init__(
        self,
        neighbourhood: Neighbourhood,
        *,
        seed: int,
        settings: Settings,
        sink: Sink,
        ledger_path: Path,
    ) -> None:
        self.clock = VirtualClock()
        self.scheduler = Scheduler(self.clock)
        self.broker = Broker()
        self.ledger = Ledger.open(ledger_path)
        self.ledger.set_inventory(neighbourhood.inventory)
        self.street = Street(
            neighbourhood, seed=seed, beat_s=settings.beat_ms / 1_000, start_ns=EPOCH_NS
        )
        self._alarms: dict[str, Alarm] = {}
        self.host = VirtualHost(
            neighbourhood.inventory,
            settings,
            host_id="host1",
            scheduler=self.scheduler,
            broker=self.broker,
            sink=sink,
            ledger=self.ledger,
            commit_s=COMMIT_S,
        )
        self.gateways = {
            row.gateway_id: VirtualGateway(
                configuration_of(neighbourhood.inventory, row.gateway_id),
                scheduler=self.scheduler,
                broker=self.broker,
                disk=SimulatedDisk(seed=seed),
                seed=seed,
            )
            for row in neighbourhood.inventory.gateway
        }

    def _walk_access_point(self, ap_id: str) -> None:
        ap = self.street.access_points[ap_id]
        message = ap.advance(self.clock.now_ns())
        if message is not None:
            self.gateways[self.street.gateway_of[ap_id]].local_message(ap.topic, message)
        self._alarms[ap_id].set(ap.next_ns)

    def _walk_board(self, sensor_id: str) -> None:
        board = self.street.boards[sensor_id]
        wire = board.advance(self.clock.now_ns())
        if wire:
            self.gateways[self.street.gateway_of[sensor_id]].serial_bytes(sensor_id, wire)
        self._alarms[sensor_id].set(board.next_ns)

    def _cut_link(self, gateway_id: str, up: bool) -> None:
        self.gateways[gateway_id].link(up=up)

    def _apply(self, change: Change) -> None:
        self.street.apply(change, self._cut_link)
        for node in change.outage.affected:
            self._alarms[node].set(self.street.access_points[node].next_ns)

    def begin(self) -> None:
        """Switch everything on."""
        self.host.start()
        for gateway in self.gateways.values():
            gateway.boot()
        for ap_id, ap in self.street.access_points.items():
            self._alarms[ap_id] = Alarm(self.scheduler, partial(self._walk_access_point, ap_id))
            self._alarms[ap_id].set(ap.next_ns)
        for sensor_id, board in self.street.boards.items():
            self._alarms[sensor_id] = Alarm(self.scheduler, partial(self._walk_board, sensor_id))
            self._alarms[sensor_id].set(board.next_ns)
        for change in self.street.plan:
            self.scheduler.at(change.at_ns, partial(self._apply, change))

    def run(self, duration_s: float, progress: Callable[[float], None]) -> None:
        """Run the plan and settle; ``progress`` is told the share done, now and then."""
        self.begin()
        total_s = duration_s + SETTLE_S
        slices = 200
        for ix in range(1, slices + 1):
            self.scheduler.run_until(EPOCH_NS + round(total_s * ix / slices * NS_PER_S))
            progress(ix / slices)
        self.host.finish()

    def close(self) -> None:
        """Close the ledger."""
        self.ledger.close()
