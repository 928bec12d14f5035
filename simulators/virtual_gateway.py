"""A gateway in the virtual world: the real agent and spool; only socket, disk and time are ours."""

import random
from typing import Final

from edge.agent import Agent
from edge.alias_table import AliasTable
from edge.configuration import GatewayConfiguration
from edge.disk import Disk
from edge.reconnect import ReconnectPolicy
from edge.sparkplug_node import Outgoing
from edge.spool import Spool
from edge.spool_policy import SpoolLimits
from edge.spool_store import BootInfo
from simulators.broker import Broker, Message, Session
from simulators.scheduler import Alarm, Scheduler
from vocabulary.units import NS_PER_S

KEEPALIVE_FACTOR: Final = 1.5
"""A broker gives up on a silent client after this many keep-alive intervals (MQTT, 3.1.2.10)."""


class VirtualGateway:
    """One gateway: power, uplink and everything that arrives at it."""

    def __init__(
        self,
        configuration: GatewayConfiguration,
        *,
        scheduler: Scheduler,
        broker: Broker,
        disk: Disk,
        seed: int,
    ) -> None:
        self.configuration = configuration
        self._scheduler, self._clock, self._broker = scheduler, scheduler.clock, broker
        self._disk = disk
        self._rng = random.Random(f"{seed}/{configuration.gateway_id}")
        self._policy = ReconnectPolicy(configuration.uplink.reconnect, self._rng)
        self._session: Session | None = None
        self._link_up = True
        self._boots = 0
        self._readings_before = 0
        self._tick_alarm = Alarm(scheduler, self._tick)
        self._send_alarm = Alarm(scheduler, self._send)
        self._connect_alarm = Alarm(scheduler, self._connect)
        self.agent: Agent | None = None
        self.connects = 0

    @property
    def readings(self) -> int:
        """Values put into the spool since the world began, over all boots."""
        return self._readings_before + (self.agent.readings if self.agent else 0)

    def boot(self) -> None:
        """Power on: open the spool, begin to sample, connect after the usual delay."""
        now = self._clock.now()
        self._boots += 1
        settings = self.configuration.spool
        spool = Spool.open(
            self._disk,
            limits=SpoolLimits(bytes_max=settings.max_bytes),
            boot=BootInfo(kernel_boot_id=f"boot-{self._boots}", board_serial="simulated"),
            now=now,
        )
        aliases = AliasTable.open(self._disk, spool.epoch)
        self.agent = Agent(self.configuration, spool=spool, aliases=aliases, now=now)
        self._tick_alarm.set(self._clock.now_ns())
        self._connect_in(self._policy.first_delay_s())

    def crash(self) -> None:
        """Power off: whatever was not synced is the disk's to lose; the connection dies mute."""
        if self.agent is None:
            return
        self._readings_before += self.agent.readings
        self.agent = None
        for alarm in (self._tick_alarm, self._send_alarm, self._connect_alarm):
            alarm.cancel()
        self._die_silently()

    def _die_silently(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            after_s = KEEPALIVE_FACTOR * self.configuration.uplink.keepalive_s
            self._scheduler.at(
                self._clock.now_ns() + round(after_s * NS_PER_S), lambda: self._give_up(session)
            )

    def _give_up(self, session: Session) -> None:
        session.drop()
        self._broker.pump()

    def link(self, *, up: bool) -> None:
        """Cut or mend our own uplink; the agent notices, the broker only by silence."""
        if up == self._link_up:
            return
        self._link_up = up
        if self.agent is None:
            return
        if up:
            self._connect_in(self._policy.own_link_delay_s())
        else:
            self._die_silently()
            self.agent.uplink.lost()
            self._policy.lost(self._clock.mono_ns())
            self._connect_alarm.cancel()

    def _connect_in(self, delay_s: float) -> None:
        self._connect_alarm.set(self._clock.now_ns() + round(delay_s * NS_PER_S))

    def _connect(self) -> None:
        if self.agent is None or not self._link_up:
            return
        if not self._broker.running:
            self._connect_in(self._policy.lost(self._clock.mono_ns()))
            return
        now, uplink = self._clock.now(), self.agent.uplink
        will = uplink.will(now)
        session = self._broker.connect(self.configuration.gateway_id, self._deliver, _message(will))
        for topic_filter, _qos in uplink.filters:
            session.subscribe(topic_filter)
        self._session = session
        self.connects += 1
        uplink.connected(now)
        self._policy.connected(now.mono_ns)
        self._broker.pump()
        self._send()

    def _deliver(self, message: Message) -> None:
        if self.agent is None or self._session is None:
            return
        if self.agent.uplink.receive(message.topic, message.payload, self._clock.now()):
            self._policy.committed()
        self._send_alarm.set(self._clock.now_ns())

    def _send(self) -> None:
        if self.agent is None or self._session is None:
            return
        if not self._session.open:  # the broker threw us out, or died
            self._session = None
            self.agent.uplink.lost()
            self._connect_in(self._policy.lost(self._clock.mono_ns()))
            return
        uplink, now = self.agent.uplink, self._clock.now()
        while (outgoing := uplink.next(now)) is not None:
            self._session.publish(_message(outgoing))
            uplink.sent(outgoing)
        self._broker.pump()
        wake_ns = uplink.wake_ns(now)
        if wake_ns is not None:
            self._send_alarm.set(self._clock.now_ns() + max(1, wake_ns - now.mono_ns))

    def _tick(self) -> None:
        if self.agent is None:
            return
        now = self._clock.now()
        self.agent.tick(now)
        wait_ns = max(1, self.agent.deadline_ns(now) - now.mono_ns)
        self._tick_alarm.set(self._clock.now_ns() + wait_ns)
        self._send()

    def local_message(self, topic: str, payload: bytes) -> None:
        """An access point's message on the management network."""
        if self.agent is not None:
            self.agent.local_message(topic, payload, self._clock.now(), retained=False)
            self._after_input()

    def serial_bytes(self, sensor_id: str, data: bytes) -> None:
        """Bytes on a serial line."""
        if self.agent is not None:
            now = self._clock.now()
            self.agent.serial_bytes(sensor_id, data, now.mono_ns, now)
            self._after_input()

    def _after_input(self) -> None:
        assert self.agent is not None
        now = self._clock.now()
        wait_ns = max(1, self.agent.deadline_ns(now) - now.mono_ns)
        self._tick_alarm.set(self._clock.now_ns() + wait_ns)
        self._send()


def _message(outgoing: Outgoing) -> Message:
    return Message(outgoing.topic, outgoing.payload, outgoing.qos, outgoing.retain)
