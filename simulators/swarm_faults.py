"""How each kind of fault is done to a world, undone after its time, and all healed at the end."""

import random
from collections.abc import Callable
from functools import partial
from typing import Final

from simulators.clock import EPOCH_NS
from simulators.network import WireFaults
from simulators.swarm_gateway import SwarmGateway
from simulators.swarm_host import HOST_ID
from simulators.swarm_plan import Fault, FaultKind
from simulators.swarm_world import SwarmWorld
from vocabulary.units import NS_PER_MS, NS_PER_S, S_PER_DAY, S_PER_H

LOSS: Final = (0.02, 0.2, 0.7)
SLOW_NS: Final = NS_PER_S
CALLS_MAX: Final = 60
STEPS_S: Final = (S_PER_H, -S_PER_H, 37, -37)
YEARS_S: Final = (10 * 365 * S_PER_DAY, -10 * 365 * S_PER_DAY)
PLACES: Final = ("write", "written", "ledger", "ledgered")

Undo = Callable[[], None]


def _nothing() -> None:
    """A blow: there is nothing to undo."""


class Faults:
    """Does a plan's faults to its world."""

    def __init__(self, world: SwarmWorld) -> None:
        self._world = world
        self._rng = random.Random(f"faults/{world.plan.seed}")

    def arrange(self) -> None:
        """Put the whole plan on the schedule."""
        world = self._world
        start_ns = world.clock.now_ns()
        for fault in world.plan.faults:
            at_ns = start_ns + round(fault.at_s * NS_PER_S)
            world.stage.scheduler.at(at_ns, partial(self._begin, fault))

    def _begin(self, fault: Fault) -> None:
        world = self._world
        if world.clock.now_ns() >= self._end_ns:
            return
        gateway = world.gateways[fault.gateway_ix]
        world.stage.say(f"{gateway.gateway_id} {fault.kind}, {fault.length_s:.1f} s")
        undo = self._do(fault, gateway)
        if undo is not _nothing:
            end_ns = world.clock.now_ns() + round(fault.length_s * NS_PER_S)
            world.stage.scheduler.at(min(end_ns, self._end_ns), undo)

    @property
    def _end_ns(self) -> int:
        return EPOCH_NS + round(self._world.plan.fault_s * NS_PER_S)

    def _do(self, fault: Fault, gateway: SwarmGateway) -> Undo:
        for family in (self._wire, self._process, self._disk, self._host, self._sink, self._clock):
            undo = family(fault, gateway)
            if undo is not None:
                return undo
        raise AssertionError(fault)

    # Wires

    def _wire(self, fault: Fault, gateway: SwarmGateway) -> Undo | None:
        network = self._world.network
        name = HOST_ID if fault.kind is FaultKind.HOST_CUT else gateway.gateway_id
        ends = {
            FaultKind.PARTITION: (True, True),
            FaultKind.HOST_CUT: (True, True),
            FaultKind.HALF_OPEN_UP: (True, False),
            FaultKind.HALF_OPEN_DOWN: (False, True),
        }.get(fault.kind)
        if ends is not None:
            network.cut(name, up=ends[0], down=ends[1])
            return partial(network.cut, name, up=False, down=False)
        if fault.kind is FaultKind.KICK:
            network.kick(name)
            return _nothing
        if fault.kind is FaultKind.BROKER_RESTART:
            network.stop_broker()
            return network.start_broker
        wires = [network.wire(name), network.wire(HOST_ID)]
        wire = wires[fault.number % 2]
        return self._noise(fault, wire)

    @staticmethod
    def _noise(fault: Fault, wire: WireFaults) -> Undo | None:
        rate = LOSS[fault.number % len(LOSS)]
        names: dict[FaultKind, tuple[str, float | int]] = {
            FaultKind.LOSS: ("loss", rate),
            FaultKind.DUPLICATE: ("duplicate", rate),
            FaultKind.REORDER: ("jitter_ns", 2 * NS_PER_S),
        }
        known = names.get(fault.kind)
        if known is None:
            return None
        field, value = known
        setattr(wire, field, value)
        return partial(setattr, wire, field, 0)

    # Processes

    def _process(self, fault: Fault, gateway: SwarmGateway) -> Undo | None:
        call = 1 + fault.number % CALLS_MAX
        blows: dict[FaultKind, Undo] = {
            FaultKind.POWER_CUT: gateway.power_cut,
            FaultKind.KILL: gateway.kill,
            FaultKind.STOP: gateway.stop,
            FaultKind.POWER_CUT_IN_CALL: partial(gateway.end_in_call, call, kill=False),
            FaultKind.KILL_IN_CALL: partial(gateway.end_in_call, call, kill=True),
        }
        blow = blows.get(fault.kind)
        if blow is None:
            return None
        blow()
        return _nothing

    # Disks

    def _disk(self, fault: Fault, gateway: SwarmGateway) -> Undo | None:
        disk = gateway.disk
        switches = {
            FaultKind.DISK_FULL: "full",
            FaultKind.DISK_READ_ONLY: "read_only",
            FaultKind.DISK_GONE: "gone",
        }
        name = switches.get(fault.kind)
        if name is not None:
            setattr(disk, name, True)
            return partial(setattr, disk, name, False)
        if fault.kind is FaultKind.DISK_SLOW:
            disk.call_ns = SLOW_NS
            return partial(setattr, disk, "call_ns", 0)
        if fault.kind is FaultKind.DISK_ONE_CALL:
            disk.fail_call = disk.calls + 1 + fault.number % CALLS_MAX
            return _nothing
        if fault.kind is FaultKind.DISK_FLIP:
            self._flip(gateway, fault.number)
            return _nothing
        return None

    @staticmethod
    def _flip(gateway: SwarmGateway, number: int) -> None:
        if gateway.disk.gone:
            return
        files = [name for name in gateway.disk.image() if name.endswith(".seg")]
        if not files:
            return
        name = files[number % len(files)]
        gateway.truth.flips += 1
        gateway.disk.flip_bit(name, number // 7 % (8 * gateway.disk.size_bytes(name)))

    # The host

    def _host(self, fault: Fault, gateway: SwarmGateway) -> Undo | None:
        del gateway
        host = self._world.host
        if fault.kind is FaultKind.HOST_KILL:
            host.kill()
            return _nothing
        if fault.kind is FaultKind.HOST_KILL_AT:
            host.kill_at(PLACES[fault.number % len(PLACES)])
            return _nothing
        names = {FaultKind.HOST_PAUSE: "paused", FaultKind.LEDGER_REFUSES: "ledger_refuses"}
        name = names.get(fault.kind)
        if name is None:
            return None
        setattr(host, name, True)
        return partial(setattr, host, name, False)

    def _sink(self, fault: Fault, gateway: SwarmGateway) -> Undo | None:
        del gateway
        faults = self._world.database.faults
        names: dict[FaultKind, tuple[str, bool | float, bool | float]] = {
            FaultKind.SINK_DOWN: ("is_down", True, False),
            FaultKind.SINK_FAILS: ("fails", 0.7, 0.0),
            FaultKind.SINK_MUTE: ("mute", 0.7, 0.0),
            FaultKind.SINK_MUTE_AFTER: ("mute_after", 0.7, 0.0),
        }
        known = names.get(fault.kind)
        if known is None:
            return None
        name, on, off = known
        setattr(faults, name, on)
        return partial(setattr, faults, name, off)

    # Clocks

    def _clock(self, fault: Fault, gateway: SwarmGateway) -> Undo | None:
        steps = {FaultKind.CLOCK_HOUR: STEPS_S, FaultKind.CLOCK_YEARS: YEARS_S}.get(fault.kind)
        if steps is None:
            return None
        jitter_ns = fault.number % NS_PER_S
        gateway.clock.step(steps[fault.number % len(steps)] * NS_PER_S + jitter_ns)
        return gateway.clock.synchronise

    # The end

    def heal(self) -> None:
        """Everything works again."""
        world = self._world
        world.stage.say("all is healed")
        for name in (HOST_ID, *(one.gateway_id for one in world.gateways)):
            world.network.cut(name, up=False, down=False)
            wire = world.network.wire(name)
            wire.loss = wire.duplicate = 0.0
            wire.jitter_ns, wire.delay_ns = 0, 5 * NS_PER_MS
        world.network.start_broker()
        for gateway in world.gateways:
            disk = gateway.disk
            disk.full = disk.read_only = disk.gone = False
            disk.fail_call = disk.cut_call = None
            disk.call_ns = 0
            gateway.clock.synchronise()
            gateway.knows_time = True
        faults = world.database.faults
        faults.is_down = False
        faults.fails = faults.mute = faults.mute_after = 0.0
        world.host.paused = world.host.ledger_refuses = False
