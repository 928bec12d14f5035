"""The world of one seed: gateways, wires, broker, host, database; and the truth beside them."""

import random
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from edge.configuration import GatewayConfiguration
from processing.settings import Settings
from simulators.broker import Broker
from simulators.clock import VirtualClock
from simulators.device_clock import DeviceClock
from simulators.disk import SimulatedDisk
from simulators.neighbourhood import Neighbourhood, configuration_of
from simulators.network import Network
from simulators.run_log import RunLog
from simulators.scheduler import Alarm, Scheduler
from simulators.street import Street
from simulators.swarm_gateway import SwarmGateway
from simulators.swarm_gateway_truth import Allowance, GatewayTruth
from simulators.swarm_host import HostLimits, SwarmHost
from simulators.swarm_plan import FaultKind, Plan
from simulators.swarm_record import Heads
from simulators.swarm_stage import Stage
from simulators.swarm_truth import Truth
from simulators.virtual_influx import VirtualInflux
from vocabulary.inventory import AccessPoint, Area, Gateway, Inventory, Sensor, Site
from vocabulary.units import NS_PER_S

LINES_KEPT: Final = 60
POISON_OF: Final = 150
DRIFT_PPM: Final = 100
SETTINGS: Final = Settings()
_DISK_FAULTS: Final = frozenset(
    {
        FaultKind.DISK_FULL,
        FaultKind.DISK_READ_ONLY,
        FaultKind.DISK_GONE,
        FaultKind.DISK_ONE_CALL,
    }
)


def inventory_of(plan: Plan) -> Inventory:
    """One site; everything on it."""
    gateways = [f"gw-{ix}" for ix in range(plan.gateways)]
    return Inventory(
        area=(Area("north", "North"),),
        site=(Site("site-1", "One", "north", "park", lat_deg=0.0, lon_deg=0.0),),
        gateway=tuple(Gateway(one, "site-1", "north", backhaul_id="bh-1") for one in gateways),
        access_point=tuple(
            AccessPoint(f"ap-{one}-{ix}", "site-1", one, None)
            for one in gateways
            for ix in range(plan.access_points)
        ),
        sensor=tuple(
            Sensor(f"air-{one}-{ix}", one) for one in gateways for ix in range(plan.boards)
        ),
    )


class SwarmWorld:
    """Everything of one run."""

    def __init__(self, plan: Plan, ledger_path: Path) -> None:
        self.plan = plan
        self.clock = VirtualClock()
        scheduler = Scheduler(self.clock)
        self.broker = Broker()
        rng = random.Random(f"network/{plan.seed}")
        self.network = Network(scheduler, self.broker, rng)
        self.stage = Stage(scheduler, self.network, RunLog(LINES_KEPT, self.clock.now_ns()))
        inventory = inventory_of(plan)
        heads = Heads(inventory)
        poison = FaultKind.POISON in plan.kinds
        self.database = VirtualInflux(
            random.Random(f"database/{plan.seed}"),
            poison_of=POISON_OF if poison else 0,
            keeps_mates=bool(plan.seed % 2),
        )
        allowance = Allowance(
            evicts=bool(plan.kinds & {FaultKind.SMALL_SPOOL, FaultKind.DISK_FULL}),
            flips=FaultKind.DISK_FLIP in plan.kinds,
            faults=bool(plan.kinds & _DISK_FAULTS),
            clock_lies=bool(plan.kinds & {FaultKind.CLOCK_HOUR, FaultKind.CLOCK_YEARS}),
        )
        truths = {
            row.gateway_id: GatewayTruth(row.gateway_id, heads, allowance, self.clock.now_ns)
            for row in inventory.gateway
        }
        self.truth = Truth(truths, self.database)
        self.gateways = [self._gateway(inventory, name, one) for name, one in truths.items()]
        self.host = SwarmHost(
            inventory,
            SETTINGS,
            stage=self.stage,
            database=self.database,
            ledger_path=ledger_path,
            truth=self.truth,
            limits=HostLimits(plan.commit_s, plan.pending_bytes_max),
            rng=random.Random(f"host/{plan.seed}"),
        )
        self.street = Street(
            Neighbourhood(inventory, ()),
            seed=plan.seed,
            beat_s=SETTINGS.beat_ms / 1_000,
            start_ns=self.clock.now_ns(),
        )
        self._by_id = {one.gateway_id: one for one in self.gateways}
        self._alarms: dict[str, Alarm] = {}

    def _gateway(self, inventory: Inventory, name: str, truth: GatewayTruth) -> SwarmGateway:
        plan = self.plan
        drifts = FaultKind.CLOCK_DRIFT in plan.kinds
        seed = f"{plan.seed}/{name}"
        gateway = SwarmGateway(
            _configuration(inventory, name, plan),
            limits=plan.limits,
            stage=self.stage,
            clock=DeviceClock(
                self.clock,
                random.Random(f"clock/{seed}"),
                drift_ppm=DRIFT_PPM if drifts else 0,
            ),
            disk=SimulatedDisk(seed=random.Random(f"disk/{seed}").randrange(1 << 30)),
            truth=truth,
            rng=random.Random(f"gateway/{seed}"),
        )
        gateway.knows_time = FaultKind.BOOT_1970 not in plan.kinds
        return gateway

    # The street

    def begin(self) -> None:
        """Switch everything on."""
        scheduler = self.stage.scheduler
        self.host.start()
        for gateway in self.gateways:
            gateway.power_on()
        for ap_id, ap in self.street.access_points.items():
            self._alarms[ap_id] = Alarm(scheduler, partial(self._walk_access_point, ap_id))
            self._alarms[ap_id].set(ap.next_ns)
        for sensor_id, board in self.street.boards.items():
            self._alarms[sensor_id] = Alarm(scheduler, partial(self._walk_board, sensor_id))
            self._alarms[sensor_id].set(board.next_ns)

    def hush(self) -> None:
        """Nothing on the street speaks any more; gateways still speak for themselves."""
        for alarm in self._alarms.values():
            alarm.cancel()

    def _walk_access_point(self, ap_id: str) -> None:
        ap = self.street.access_points[ap_id]
        message = ap.advance(self.clock.now_ns())
        if message is not None:
            self._by_id[self.street.gateway_of[ap_id]].local_message(ap.topic, message)
        self._alarms[ap_id].set(ap.next_ns)

    def _walk_board(self, sensor_id: str) -> None:
        board = self.street.boards[sensor_id]
        wire = board.advance(self.clock.now_ns())
        if wire:
            self._by_id[self.street.gateway_of[sensor_id]].serial_bytes(sensor_id, wire)
        self._alarms[sensor_id].set(board.next_ns)

    # Time

    def run_for(self, seconds: float) -> None:
        """Let time pass."""
        end_ns = self.clock.now_ns() + round(seconds * NS_PER_S)
        self.stage.scheduler.run_until(end_ns)

    def close(self) -> None:
        """Give the ledger's file back."""
        if self.host.pipeline is not None:
            self.host.close()


def _configuration(inventory: Inventory, name: str, plan: Plan) -> GatewayConfiguration:
    plain = configuration_of(inventory, name)
    uplink = msgspec.structs.replace(
        plain.uplink,
        replay_messages_per_s=plan.replay_per_s,
        replay_window_records=plan.window,
    )
    return msgspec.structs.replace(plain, uplink=uplink)
