"""One gateway of the swarm: the real agent on a board that loses power, is killed and stalls.

The shell around the agent is the virtual one: a disk that fails, a link that dies, clocks that
lie. Each call of the agent is a step in which the process may end, even between two calls to the
disk. Beside it stands the truth, told of everything that goes in and comes out.
"""

import random
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Final

from edge.agent import Agent
from edge.alias_table import AliasTable
from edge.configuration import GatewayConfiguration
from edge.reconnect import ReconnectPolicy
from edge.sparkplug_node import Outgoing
from edge.spool import BootInfo, CommitVerdict, Spool, SpoolLimits
from edge.time_keeper import TimeKeeper
from simulators.broker import Message
from simulators.device_clock import DeviceClock
from simulators.disk import PowerCut, SimulatedDisk
from simulators.network import Link
from simulators.scheduler import Alarm
from simulators.swarm_gateway_truth import GatewayTruth
from simulators.swarm_invariants import Invariant
from simulators.swarm_stage import Stage
from vocabulary import delivery
from vocabulary.delivery import RecordClass
from vocabulary.moment import Moment
from vocabulary.payload import Datatype, decode, interpret
from vocabulary.units import NS_PER_S

REBOOT_NS: Final = 20 * NS_PER_S
RESTART_NS: Final = 5 * NS_PER_S
QUEUE_MAX: Final = 10_000
"""Inputs that wait while the process is busy with its disk."""
STEPS_PER_S_MAX: Final = 20_000
_NUMBERS: Final = (
    delivery.SPOOL_EPOCH,
    delivery.SPOOL_OFFSET,
    delivery.SPOOL_LOST,
    delivery.SPOOL_LOST_REASON,
)


class WatchedSpool(Spool):
    """The real spool; the truth hears what is asked of it."""

    truth: GatewayTruth

    def append(self, body: bytes, *, klass: RecordClass, now: Moment) -> int:
        """Append, watched."""
        self.truth.about_to_append(body, klass, now)
        offset = super().append(body, klass=klass, now=now)
        self.truth.appended(self.epoch, offset, in_ram=self.stats.ram_mode)
        return offset

    def commit(self, epoch: int, below: int, now: Moment) -> CommitVerdict:
        """Commit, watched."""
        verdict = super().commit(epoch, below, now)
        if verdict is CommitVerdict.ACCEPTED:
            self.truth.freed(epoch, below)
        return verdict


class SwarmGateway:
    """Power, process, link and inputs of one gateway."""

    def __init__(
        self,
        configuration: GatewayConfiguration,
        *,
        limits: SpoolLimits,
        stage: Stage,
        clock: DeviceClock,
        disk: SimulatedDisk,
        truth: GatewayTruth,
        rng: random.Random,
    ) -> None:
        self.configuration, self.disk, self.clock, self.truth = configuration, disk, clock, truth
        self.gateway_id = configuration.gateway_id
        self._limits, self._stage, self._rng = limits, stage, rng
        self._policy = ReconnectPolicy(configuration.uplink.reconnect, rng)
        self.agent: Agent | None = None
        self._keeper: TimeKeeper | None = None
        self._link: Link | None = None
        self._queue: deque[Callable[[], None]] = deque()
        self._busy_until_ns = 0
        self._boots = self._pace_ns = self._steps = 0
        self._powered = False
        self._cut_is_kill = False
        self.knows_time = True
        """Whether the board's clock is right when the power comes."""
        self.connects = 0
        scheduler = stage.scheduler
        self._tick_alarm = Alarm(scheduler, partial(self._do, self._tick))
        self._send_alarm = Alarm(scheduler, partial(self._do, self._send))
        self._connect_alarm = Alarm(scheduler, partial(self._do, self._connect))
        self._start_alarm = Alarm(scheduler, self._start)
        self._busy_alarm = Alarm(scheduler, self._resume)

    # Power and process

    def power_on(self) -> None:
        """The board boots; the agent follows."""
        self._powered = True
        self._boots += 1
        self.clock.power_on(knows_time=self.knows_time)
        self._start()

    def _start(self) -> None:
        if self.agent is None and self._powered:
            self._guarded(self._open)

    def _open(self) -> None:
        now = self.clock.now()
        boot = BootInfo(kernel_boot_id=f"kernel-{self._boots}", board_serial="simulated")
        spool = WatchedSpool.open(self.disk, limits=self._limits, boot=boot, now=now)
        spool.truth = self.truth
        aliases = AliasTable.open(self.disk, spool.epoch)
        self._keeper = TimeKeeper(
            self.disk, epoch=spool.epoch, boot=spool.boot, kernel_boot_id=boot.kernel_boot_id
        )
        self.truth.names_from(partial(_name_of, aliases))
        self.truth.opened(spool)
        self.agent = Agent(
            self.configuration, spool=spool, aliases=aliases, now=now, keeper=self._keeper
        )
        self._say(f"starts, next {spool.epoch:#x}/{spool.next_offset}")
        self._tick_alarm.set(self._stage.now_ns())
        self._connect_in(self._policy.first_delay_s())

    def _say(self, what: str) -> None:
        self._stage.say(f"{self.gateway_id} {what}")

    def _end_process(self, *, silently: bool) -> None:
        self.agent = self._keeper = None
        self._queue.clear()
        self._busy_until_ns = 0
        for alarm in (self._tick_alarm, self._send_alarm, self._connect_alarm, self._busy_alarm):
            alarm.cancel()
        self.truth.died()
        link, self._link = self._link, None
        if link is not None:
            link.die(silently=silently)

    def power_off(self) -> None:
        """The power goes: whatever was not synced is the card's to lose."""
        self._say("power cut")
        self._powered = False
        self._start_alarm.cancel()
        self._end_process(silently=True)
        self.truth.lost_power()
        self.disk.crash()

    def power_cut(self) -> None:
        """The power goes; it is back after a while."""
        if self._powered:
            self.power_off()
            at_ns = self._stage.now_ns() + self._rng.randrange(REBOOT_NS)
            self._stage.scheduler.at(at_ns, self._power_back)

    def _power_back(self) -> None:
        if not self._powered:
            self.power_on()

    def kill(self) -> None:
        """SIGKILL: files stay as they are; the service manager starts it again."""
        if self._powered and self.agent is not None:
            self._say("killed")
            self._end_process(silently=False)
            self._start_alarm.set(self._stage.now_ns() + RESTART_NS)

    def stop(self) -> None:
        """A clean stop, and a new start."""
        self._guarded(self._stop)

    def _stop(self) -> None:
        if self.agent is None:
            return
        self._say("stops")
        now = self._now()
        if self._link is not None:
            farewell = self.agent.uplink.farewell(now)
            if farewell is not None:
                self._link.publish(_message(farewell))
            self._link.leave()
            self._link = None
        self.agent.close(now)
        self.truth.look(self.agent.spool)
        self._end_process(silently=False)
        self._start_alarm.set(self._stage.now_ns() + RESTART_NS)

    def end_in_call(self, call: int, *, kill: bool) -> None:
        """The process is to end in the middle of a call to the disk, ``call`` calls from now."""
        self._cut_is_kill = kill
        self.disk.cut_call = self.disk.calls + call

    def _guarded(self, action: Callable[[], None]) -> None:
        try:
            action()
        except PowerCut:
            self.disk.cut_call = None
            if self._cut_is_kill:
                self._say("killed in a call to the disk")
                self._end_process(silently=False)
                self._start_alarm.set(self._stage.now_ns() + RESTART_NS)
            else:
                self.power_cut()
            return
        if self.agent is not None:
            self.truth.look(self.agent.spool)

    # One thread: while it waits for the disk, everything else waits for it

    def _do(self, action: Callable[[], None]) -> None:
        if self.agent is None:
            return
        now_ns = self._stage.now_ns()
        if now_ns < self._busy_until_ns:
            if len(self._queue) < QUEUE_MAX:
                self._queue.append(action)
            self._busy_alarm.set(self._busy_until_ns)
            return
        self.disk.busy_ns = 0
        self._watch_pace(now_ns)
        self._guarded(action)
        self._busy_until_ns = now_ns + self.disk.busy_ns
        if self.disk.busy_ns:
            self.truth.trouble_ns = self._busy_until_ns

    def _watch_pace(self, now_ns: int) -> None:
        """A process that asks to be woken again and again in no time would never let time pass."""
        if now_ns - self._pace_ns >= NS_PER_S:
            self._pace_ns, self._steps = now_ns, 0
        self._steps += 1
        if self._steps > STEPS_PER_S_MAX:
            self.truth.fail(Invariant.BOUNDED, f"spins: {self._steps} steps in a second")

    def _resume(self) -> None:
        waiting, self._queue = self._queue, deque()
        for action in waiting:
            self._do(action)

    def _now(self) -> Moment:
        raw = self.clock.now()
        return raw if self._keeper is None else self._keeper.moment(raw)

    def _tick(self) -> None:
        assert self.agent is not None
        self.agent.tick(self._now())
        self._after_input()

    def _after_input(self) -> None:
        assert self.agent is not None
        now = self._now()
        self._tick_alarm.set(self.clock.true_ns(max(self.agent.deadline_ns(now), now.mono_ns + 1)))
        self._send()

    def local_message(self, topic: str, payload: bytes) -> None:
        """An access point's message on the management network."""
        self._do(partial(self._take_message, topic, payload))

    def _take_message(self, topic: str, payload: bytes) -> None:
        assert self.agent is not None
        self.agent.local_message(topic, payload, self._now(), retained=False)
        self._after_input()

    def serial_bytes(self, sensor_id: str, data: bytes) -> None:
        """Bytes on a serial line."""
        self._do(partial(self._take_bytes, sensor_id, data))

    def _take_bytes(self, sensor_id: str, data: bytes) -> None:
        assert self.agent is not None
        now = self._now()
        self.agent.serial_bytes(sensor_id, data, now.mono_ns, now)
        self._after_input()

    # The uplink

    def _connect_in(self, delay_s: float) -> None:
        self._connect_alarm.set(self._stage.now_ns() + round(delay_s * NS_PER_S) + 1)

    def _connect(self) -> None:
        assert self.agent is not None
        if self._link is not None:
            return
        uplink, now = self.agent.uplink, self._now()
        will = uplink.will(now)
        link = self._stage.network.connect(
            self.gateway_id, self._deliver, self._closed, _message(will)
        )
        if link is None:
            uplink.attempt_failed(socket_opened=False)
            uplink.lost()
            self._connect_in(self._policy.lost(now.mono_ns))
            return
        self.connects += 1
        self._link = link
        self.truth.began_session(uplink.node.bd_seq)
        for topic_filter, _qos in uplink.filters:
            link.subscribe(topic_filter)
        uplink.connected(now)
        self._policy.connected(now.mono_ns)
        self._say(f"connects, bdSeq {uplink.node.bd_seq}")
        self._send()

    def _closed(self) -> None:
        if self._link is not None and not self._link.open:
            self._do(self._lost)

    def _lost(self) -> None:
        assert self.agent is not None
        if self._link is None or self._link.open:
            return
        self._say("lost its link")
        self._link = None
        self.agent.uplink.attempt_failed(socket_opened=True)
        self.agent.uplink.lost()
        self.truth.lost_link()
        self._connect_in(self._policy.lost(self.clock.mono_ns()))

    def _deliver(self, message: Message) -> None:
        self._do(partial(self._take_command, message))

    def _take_command(self, message: Message) -> None:
        assert self.agent is not None
        if self._link is None:
            return
        if self.agent.uplink.receive(message.topic, message.payload, self._now()):
            self._policy.committed()
        self._send()

    def _send(self) -> None:
        agent, link = self.agent, self._link
        if agent is None or link is None or not link.open:
            return
        uplink, now = agent.uplink, self._now()
        while (outgoing := uplink.next(now)) is not None:
            self._watch(outgoing)
            link.publish(_message(outgoing))
            uplink.sent(outgoing)
        self._check_bounds()
        wake_ns = uplink.wake_ns(now)
        if wake_ns is not None:
            self._send_alarm.set(self.clock.true_ns(max(wake_ns, now.mono_ns + 1)))

    def _watch(self, outgoing: Outgoing) -> None:
        self._stage.note(outgoing.topic, outgoing.payload)
        if outgoing.offset is None:
            return
        assert self.agent is not None
        numbers: dict[str, int] = {}
        for metric in decode(outgoing.payload).metrics[-len(_NUMBERS) - 3 :]:
            _device, name = self.truth.name_of(metric.alias or 0)
            value = interpret(metric, Datatype.INT64) if name in _NUMBERS else None
            if isinstance(value, int):
                numbers[name] = value
        self.truth.published(outgoing.payload, numbers, self.agent.spool.epoch)

    def _check_bounds(self) -> None:
        assert self.agent is not None
        lanes = self.agent.uplink.lanes
        window = self.configuration.uplink.replay_window_records
        if lanes is not None and lanes.in_flight > window:
            self.truth.fail(Invariant.BOUNDED, f"{lanes.in_flight} records in flight")


def _name_of(aliases: AliasTable, alias: int) -> tuple[str, str]:
    found = aliases.describe(alias)
    return (found[0], found[1]) if found is not None else ("", "")


def _message(outgoing: Outgoing) -> Message:
    return Message(outgoing.topic, outgoing.payload, outgoing.qos, outgoing.retain)
