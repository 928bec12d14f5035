"""The full path: the same town and scenario through real agents, payloads, host and ledger.

Only access points, sockets, disks and time are simulated. What an access point sends is taken
from the fast path's own walk, so both see the same world; from there on the code is the product's.
"""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from ingest.ledger import Ledger
from ingest.sink import Sink
from simulators.arrivals import HOST_BACK_NS, Arrivals
from simulators.broker import Broker
from simulators.clock import VirtualClock
from simulators.disk import SimulatedDisk
from simulators.fleet import Clock
from simulators.scheduler import Scheduler
from simulators.statuses import SLICE_NS, Status, Statuses
from simulators.town_gateway import OwnTime, TownGateway, configuration_of, topic_of
from simulators.town_host import Forgetful, TownHost
from simulators.town_wire import town_wire
from simulators.truth import TruthLedger
from vocabulary.inventory import Gateway

COMMIT_S: Final = 5.0
HOST_ID: Final = "host1"
_RIGHT: Final = Clock(0, 0.0)
_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - a directory of its own within it


def scratch_directory() -> "TemporaryDirectory[str]":
    """Where a ledger lives that nobody keeps: in memory where the machine has such a place."""
    return TemporaryDirectory(
        prefix="lamplighter-town-", dir=_MEMORY if os.access(_MEMORY, os.W_OK) else None
    )


class FullPath:
    """One run; ``run`` says of which town, scenario and seed, and is not iterated itself."""

    def __init__(
        self,
        run: Arrivals,
        ledger_path: Path,
        *,
        sink: Sink | None = None,
    ) -> None:
        self.run_of = run
        self.clock = VirtualClock(run.start_ns)
        self.scheduler = Scheduler(self.clock)
        self.broker = Broker()
        self.ledger = Ledger.open(ledger_path)
        self.ledger.set_inventory(run.fleet.listed)
        self.host = TownHost(
            run.fleet.listed,
            run.settings,
            host_id=HOST_ID,
            scheduler=self.scheduler,
            broker=self.broker,
            sink=sink or Forgetful(),
            ledger=self.ledger,
            commit_s=COMMIT_S,
        )
        self.host.prepare(None if run.nature.delays.plain else town_wire(run))
        self._own_time = {
            row.gateway_id: OwnTime(self.scheduler) for row in run.town.inventory.gateway
        }
        behind: dict[str, list[str]] = {}
        for ap_id, path in run.fleet.paths.items():
            behind.setdefault(path.gateway_id, []).append(ap_id)
        self.gateways = {
            row.gateway_id: self._gateway(row, behind.get(row.gateway_id, []))
            for row in run.town.inventory.gateway
        }
        self._topics = [topic_of(ap_id) for ap_id in run.fleet.paths]
        self._of_ap = [self.gateways[path.gateway_id] for path in run.fleet.paths.values()]
        self._statuses = Statuses(run)

    def _gateway(self, row: Gateway, ap_ids: list[str]) -> TownGateway:
        settings, own_time = self.run_of.settings, self._own_time[row.gateway_id]
        clock = self.run_of.fleet.clocks.get(row.gateway_id, _RIGHT)
        own_time.wrong.skew_ns, own_time.wrong.drift = clock.skew_ns, clock.drift_ppm * 1e-6
        return TownGateway(
            configuration_of(row, ap_ids, settings),
            scheduler=own_time,
            broker=self.broker,
            disk=SimulatedDisk(seed=self.run_of.seed),
            seed=self.run_of.seed,
        )

    def _plan(self) -> None:
        """Put everything that will happen into the order of events."""
        effects, at = self.run_of.effects, self.scheduler.at
        for gateway_id, gateway in self.gateways.items():
            dead = effects.dead.get(gateway_id, [])
            if not dead or dead[0][0] > effects.start_ns:
                at(effects.start_ns, gateway.boot)
            exits = effects.exits.get(gateway_id, set())
            for start_ns, end_ns in dead:
                at(start_ns, gateway.exit_process if start_ns in exits else gateway.crash)
                at(end_ns, gateway.boot)
            for start_ns, end_ns in effects.cut.get(gateway_id, []):
                at(start_ns, partial(gateway.link, up=False))
                at(end_ns, partial(gateway.link, up=True))
            for at_ns in effects.takeovers.get(gateway_id, []):
                at(at_ns, gateway.take_over)
            for step in effects.clock_steps.get(gateway_id, []):
                at(step.start_ns, partial(self._step_clock, gateway_id, step.step_ns))
                at(step.end_ns, partial(self._step_clock, gateway_id, -step.step_ns))
        for off_ns, on_ns in effects.broker_off:
            at(off_ns, self._broker_off)
            at(on_ns, self.broker.start)
            at(on_ns + HOST_BACK_NS, self.host.regain_broker)
        for stop_ns, go_ns in effects.pauses:
            at(stop_ns, self.host.stop)
            at(go_ns, self.host.resume)

    def _step_clock(self, gateway_id: str, step_ns: int) -> None:
        self._own_time[gateway_id].wrong.step_ns += step_ns

    def _broker_off(self) -> None:
        self.broker.stop()
        self.host.lose_broker()
        for gateway in self.gateways.values():
            gateway.broker_lost()

    def _send(self, status: Status) -> None:
        self._of_ap[status.ap_ix].local_message(self._topics[status.ap_ix], status.payload())

    def run(
        self,
        progress: Callable[[float], None] | None = None,
        stop: Callable[[], bool] = lambda: False,
    ) -> bool:
        """All of it, as fast as it will go; ``progress`` is told the share done.

        ``stop`` is asked every ten seconds of the town's time; gives whether it came to its end.
        """
        run = self.run_of
        self.host.start()
        self._plan()
        now_ns = run.start_ns
        while now_ns < run.end_ns and not stop():
            to_ns = min(now_ns + SLICE_NS, run.end_ns)
            for status in self._statuses.until(to_ns):
                self.scheduler.at(status.t_ns, partial(self._send, status))
            self.scheduler.run_until(to_ns)
            now_ns = to_ns
            if progress is not None:
                progress((now_ns - run.start_ns) / (run.end_ns - run.start_ns))
        self.host.finish()
        return now_ns == run.end_ns

    def truth(self) -> TruthLedger:
        """What really happened so far, as on the fast path."""
        return self.run_of.truth_until(self.clock.now_ns(), self._statuses.usage())

    def close(self) -> None:
        """Close the ledger."""
        self.ledger.close()
