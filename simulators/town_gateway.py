"""A gateway of a simulated town: the real agent, on a wall clock that may be wrong."""

from collections.abc import Mapping
from typing import Final

from edge.configuration import (
    Beat,
    GatewayConfiguration,
    MetricsPage,
    SerialPort,
    SpoolPlace,
    Uplink,
)
from edge.source_configuration import MetricPath, Source
from edge.sparkplug_node import Outgoing
from processing.settings import Settings
from simulators.broker import Message
from simulators.clock import VirtualClock
from simulators.scheduler import Callback, Scheduler
from simulators.virtual_gateway import VirtualGateway
from vocabulary.inventory import Gateway
from vocabulary.moment import Moment
from vocabulary.units import MS_PER_S

_PATHS: Final = (
    MetricPath("wifi/clients", "length(stations)"),
    MetricPath("wifi/rx_bytes", "radio.rx"),
    MetricPath("wifi/tx_bytes", "radio.tx"),
    MetricPath("wifi/uptime_s", "uptime"),
)
SPOOL_BYTES: Final = 256 << 20
NO_BROKER: Final = "mqtt://127.0.0.1"
"""Stands where connections go through the broker in this process."""


def topic_of(ap_id: str) -> str:
    """Where an access point reports on its gateway's own network."""
    return f"ap/{ap_id}/status"


def configuration_of(
    gateway: Gateway,
    ap_ids: list[str],
    settings: Settings,
    *,
    broker: str = NO_BROKER,
    ports: Mapping[str, str] | None = None,
) -> GatewayConfiguration:
    """What a gateway of the town would be told by its file; ``ports``: sensor -> serial port."""
    return GatewayConfiguration(
        gateway_id=gateway.gateway_id,
        district=gateway.district,
        uplink=Uplink(broker),
        beat=Beat(
            gateway_s=settings.gateway_beat_ms / MS_PER_S,
            access_point_s=settings.beat_ms / MS_PER_S,
            margin_s=settings.margin_ms / MS_PER_S,
        ),
        spool=SpoolPlace("spool", max_bytes=SPOOL_BYTES, free_floor_bytes=0),
        source=tuple(Source(ap_id, topic_of(ap_id), _PATHS) for ap_id in ap_ids),
        serial=tuple(SerialPort(sensor_id, port) for sensor_id, port in (ports or {}).items()),
        metrics_page=MetricsPage(port=0),
    )


class WrongClock(VirtualClock):
    """True time for the world, and for the agent a wall clock that is off by ``off_ns(now)``."""

    def __init__(self, true: VirtualClock) -> None:
        super().__init__(true.now_ns())
        self._true = true
        self.skew_ns, self.drift, self.step_ns = 0, 0.0, 0

    def now_ns(self) -> int:
        """True time: alarms are set by it."""
        return self._true.now_ns()

    def mono_ns(self) -> int:
        """Since the world began."""
        return self._true.mono_ns()

    def now(self) -> Moment:
        """What the agent believes."""
        mono_ns = self._true.mono_ns()
        off_ns = self.skew_ns + self.step_ns + int(self.drift * mono_ns)
        return Moment(mono_ns, self._true.now_ns() + off_ns)


class OwnTime(Scheduler):
    """The town's order of events, with a gateway's own clock on the wall."""

    def __init__(self, town: Scheduler) -> None:
        self.wrong = WrongClock(town.clock)
        self._town = town
        super().__init__(self.wrong)

    def at(self, due_ns: int, callback: Callback) -> None:
        """As the town's; due times are true ones."""
        self._town.at(due_ns, callback)


class TownGateway(VirtualGateway):
    """One gateway that may also end properly enough for its will, and find the broker gone."""

    def exit_process(self) -> None:
        """The process dies, the machine lives: the broker hears the socket close at once."""
        session, self._session = self._session, None
        self.crash()
        if session is not None:
            self._give_up(session)

    def take_over(self) -> None:
        """The same client connects once more."""
        if self.agent is not None and self._session is not None:
            self.agent.uplink.lost()
            self._connect()

    def broker_lost(self) -> None:
        """The broker is gone, and says so by a closed socket."""
        if self.agent is not None and self._session is not None:
            self._session = None
            self.agent.uplink.lost()
            self._connect_in(self._policy.lost(self._clock.mono_ns()))

    def _after_input(self) -> None:
        """An alarm that rings early finds nothing due, so only a nearer deadline moves it."""
        assert self.agent is not None
        now = self._clock.now()
        due_ns = self.agent.spool.next_deadline_ns(now)
        if due_ns is not None:
            self._tick_alarm.advance(self._clock.now_ns() + max(1, due_ns - now.mono_ns))
        if self._session is None or not self._session.open:
            self._send()
            return
        uplink, spool = self.agent.uplink, self.agent.spool
        outgoing = uplink.next(now)
        if outgoing is None:
            return
        self._session.publish(_message(outgoing))
        uplink.sent(outgoing)
        self._broker.pump()
        if outgoing.offset is None or outgoing.offset + 1 < spool.next_offset:
            self._send()  # there is more than what just came in

    def _connect(self) -> None:
        if self.agent is not None and self._link_up and not self._broker.running:
            self._connect_in(self._policy.lost(self._clock.mono_ns()))
            return
        super()._connect()


def _message(outgoing: Outgoing) -> Message:
    return Message(outgoing.topic, outgoing.payload, outgoing.qos, outgoing.retain)
