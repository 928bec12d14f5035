"""The gateway, wired: opens things in order, runs its tasks, closes in reverse."""

import asyncio
import random
import signal
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final

from msgspec import structs

from edge import machine, metrics_page
from edge.agent import Agent
from edge.alias_table import AliasTable
from edge.clock import Clock, KeptClock, SystemClock
from edge.configuration import GatewayConfiguration, LocalBroker, Reconnect, Uplink, broker_address
from edge.descriptor_cache import DescriptorCache
from edge.disk_files import RealDisk
from edge.local_task import LocalTask
from edge.mqtt_link import Connect, aiomqtt_connector
from edge.reachability import Check, Reachability
from edge.reconnect import ReconnectPolicy
from edge.serial_configuration import needs_modbus
from edge.serial_port import PortState
from edge.serial_ports import SerialPorts
from edge.service_notify import ServiceNotify
from edge.spool import Spool
from edge.spool_policy import SpoolLimits
from edge.sync_task import SyncTask
from edge.time_keeper import TimeKeeper
from edge.uplink_task import UplinkTask
from firmware_bridge.board_line import Shell
from firmware_bridge.events import LinkChange, NoReadings
from firmware_bridge.modbus import Codec
from vocabulary.event_log import EventLog, Level, Risen
from vocabulary.units import NS_PER_S

SNAPSHOT_NS: Final = NS_PER_S
CANCEL_AGAIN_S: Final = 0.5
LOOP_FAULT_CHARS_MAX: Final = 80
ORDINARY: Final = frozenset(
    {
        "rebirth",
        "rebirth_merged",
        "commit_accepted",
        "commit_stale",
        "check_asked",
        "check_merged",
        "check_done",
        "device_left",
    }
)
"""Counted beside refusals, and nothing to speak of."""
LOCAL_RECONNECT: Final = Reconnect(
    first_max_s=1.0, own_link_max_s=1.0, base_s=1.0, max_s=10.0, stable_s=10.0
)
"""The local broker serves one gateway: there is no crowd to spread."""


async def _ended(tasks: list["asyncio.Future[Any]"]) -> None:
    """Cancel until all have ended: Python 3.11 forgets a cancellation that meets the end of a wait.

    (cpython issue 86296: ``asyncio.wait_for``, as the MQTT client uses it.)
    """
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _done, pending = await asyncio.wait(pending, timeout=CANCEL_AGAIN_S)
    await asyncio.gather(*tasks, return_exceptions=True)


class GatewayProcess:
    """One running gateway."""

    def __init__(
        self,
        configuration: GatewayConfiguration,
        log: EventLog,
        *,
        clock: Clock | None = None,
        uplink: Connect | None = None,
        local: Connect | None = None,
        check: Check | None = None,
        seed: int | None = None,
    ) -> None:
        self._configuration, self._log = configuration, log
        self.clock = KeptClock(clock or SystemClock())
        self._uplink_connect = uplink or self._real(configuration.uplink, "")
        more = configuration.uplink.more_brokers
        self._more = (
            []
            if uplink
            else [self._real(structs.replace(configuration.uplink, broker=one), "") for one in more]
        )
        self._local_connect = local or self._real(configuration.local, "-local", self._dropped)
        self._rng = random.Random(seed)  # noqa: S311 - jitter, no secret
        directory = Path(configuration.spool.directory)
        self._machine = machine.Machine(directory)
        self._disk = RealDisk(directory)
        self._page = metrics_page.Page(configuration.metrics_page, self.clock.mono_ns, directory)
        self._refused: Risen[str] = Risen()
        self._links = machine.links_up()
        self._notify = ServiceNotify()
        self._stop = asyncio.Event()
        self._kick = asyncio.Event()
        self._checks_wanted = asyncio.Event()
        self._check_address: Check = check or Reachability(self.clock).check
        self.agent = self._open()
        self._sync_task = SyncTask(self.agent.spool, self.clock, self._kick.set)
        self.uplink_task = UplinkTask(
            self.agent,
            self.clock,
            self._uplink_connect,
            ReconnectPolicy(configuration.uplink.reconnect, self._rng),
            self._changed,
            self._more,
        )

    def _real(
        self,
        place: Uplink | LocalBroker,
        suffix: str,
        dropped: Callable[[str], None] = lambda _topic: None,
    ) -> Connect:
        return aiomqtt_connector(
            broker_address(place.broker),
            client_id=self._configuration.gateway_id + suffix,
            keepalive_s=self._configuration.uplink.keepalive_s,
            login=place.login,
            dropped=dropped,
            mqtt_5=isinstance(place, Uplink) and place.mqtt == "5",
        )

    def _dropped(self, topic: str) -> None:
        self.agent.sources.dropped(topic)  # the agent is made after the connector

    def _open(self) -> Agent:
        settings, now = self._configuration.spool, self.clock.now()
        with suppress(OSError):  # a card that takes nothing keeps nobody from sampling
            self._disk.claim()
        boot = machine.boot_info()
        spool = Spool.open(
            self._disk,
            limits=SpoolLimits(
                bytes_max=settings.max_bytes,
                free_bytes_min=settings.free_floor_bytes,
                sync_delay_ns=round(settings.sync_s * NS_PER_S),
            ),
            boot=boot,
            now=now,
            syncs_elsewhere=True,
            generation=settings.generation,
        )
        aliases = AliasTable.open(self._disk, spool.epoch)
        keeper = TimeKeeper(
            self._disk, epoch=spool.epoch, boot=spool.boot, kernel_boot_id=boot.kernel_boot_id
        )
        self.clock.keeper = keeper
        return Agent(
            self._configuration,
            spool=spool,
            aliases=aliases,
            now=now,
            vitals=self._machine.vitals,
            keeper=keeper,
            codec=self._codec(),
            boards=self._shell(),
        )

    def _shell(self) -> Shell:
        """What boards of ours need of a machine."""
        cache = DescriptorCache(self._disk)
        return Shell(partial(self._rng.getrandbits, 32), cache.known, cache.keep)

    def _codec(self) -> Codec | None:
        """Loaded for those who have a Modbus sensor; nobody else waits for it."""
        if not needs_modbus(self._configuration.serial):
            return None
        from edge.modbus_codec import PymodbusCodec  # noqa: PLC0415 - see above

        return PymodbusCodec()

    def say(self, event: str, *, level: Level = Level.INFO, key: str = "", **more: Any) -> None:
        """Log one event with this gateway's name."""
        wall_ns = self.clock.now().wall_ns
        name = self._configuration.gateway_id
        self._log.say(event, wall_ns=wall_ns, level=level, key=key, gateway=name, **more)

    def _changed(self, event: str, reason: str) -> None:
        level = Level.WARNING if reason else Level.INFO
        ends = {"uplink_up": "uplink_lost", "local_broker_up": "local_broker_lost"}
        ends |= {lost: up for up, lost in ends.items()}
        self.say(event, level=level, key=reason, ends=ends.get(event, ""), reason=reason)

    def _loop_fault(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """What no task awaits: the MQTT client may ask to watch a socket that has just closed."""
        error = context.get("exception")
        kind = type(error).__name__ if error is not None else ""
        reason = str(context.get("message", ""))[:LOOP_FAULT_CHARS_MAX]
        self.say("loop_fault", level=Level.WARNING, key=kind, err=kind, reason=reason)

    def stop(self) -> None:
        """Ask for a clean end; ``run`` returns soon after."""
        self._stop.set()
        self._kick.set()
        self.uplink_task.stop()

    def _port_changed(self, path: str, state: PortState) -> None:
        self.say("serial_port", key=f"{path} {state}", port=path, state=str(state))

    def _news(self) -> None:
        self._kick.set()
        self.uplink_task.news()

    async def _tick(self, ports: SerialPorts) -> None:
        """Wake when something falls due; leave a snapshot for the metrics page each second."""
        shown_ns = 0
        while not self._stop.is_set():
            now = self.clock.now()
            self.agent.tick(now)
            if self.agent.checks.is_wanted:
                self._checks_wanted.set()
            self._sync_task.begin()
            ports.serve()
            self._say_changes()
            self.uplink_task.news()
            if now.mono_ns - shown_ns >= SNAPSHOT_NS:
                shown_ns = now.mono_ns
                self._notify.alive()
                self._machine.measure_cpu(now.mono_ns)
                self._watch_links()
                self._page.latest = metrics_page.snapshot(
                    self.agent,
                    now,
                    connects=self.uplink_task.connects,
                    attempts=self.uplink_task.attempts,
                    ports=ports.counters,
                    losses=self.uplink_task.losses(now.mono_ns),
                )
                self._say_refused()
            due_ns = min(self.agent.deadline_ns(now), shown_ns + SNAPSHOT_NS)
            self._kick.clear()
            try:
                async with asyncio.timeout(self.clock.seconds_until(due_ns)):
                    await self._kick.wait()
            except TimeoutError:
                continue

    async def _check(self) -> None:
        """Make the checks that a host asked for, one at a time."""
        while not self._stop.is_set():
            await self._checks_wanted.wait()
            self._checks_wanted.clear()
            while (device := self.agent.checks.take()) is not None:
                address = self.agent.checks.address(device)
                values = await self._check_address(address) if address else []
                self.agent.checked(device, values, self.clock.now())
                self._news()

    def _say_changes(self) -> None:
        """Lines that came to life or went, and sensors that are silent, or alive and of no use."""
        for port, sensor_id, event in self.agent.serial.take_changes():
            if isinstance(event, LinkChange):
                self.say("serial_link", key=f"{port} {event.after}", port=port, link=event.after)
                continue
            why = event.why if isinstance(event, NoReadings) else ""
            said = {"sensor": sensor_id, "why": why}
            self.say(f"sensor_{event.reason}", level=Level.WARNING, key=sensor_id, **said)

    def _say_refused(self) -> None:
        """What was not taken since the last look, a reason a line; the log holds back repeats."""
        for reason, count in self._refused.look(self._page.latest.refused).items():
            if reason not in ORDINARY:
                self.say("refused", level=Level.WARNING, key=reason, reason=reason, count=count)

    def _watch_links(self) -> None:
        links, self._links = self._links, machine.links_up()
        if self._links - links:
            self.uplink_task.own_link_back()

    def _tasks(self, ports: SerialPorts) -> list[Coroutine[Any, Any, None]]:
        tasks = [self._tick(ports), self.uplink_task.run(), self._check()]
        if self._configuration.source:
            policy = ReconnectPolicy(LOCAL_RECONNECT, self._rng)
            local = LocalTask(
                self.agent, self.clock, self._local_connect, policy, self._changed, self._news
            )
            tasks.append(local.run())
        return tasks

    async def run(self, *, handle_signals: bool = False) -> None:
        """Run until ``stop``; a fault of our own code ends it, a fault of the world does not."""
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._loop_fault)
        if handle_signals:
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, self.stop)
        try:
            self._page.start()
        except OSError as error:  # sampling never waits for a page
            self.say("metrics_page_closed", level=Level.WARNING, reason=str(error.strerror))
        ports = SerialPorts(self.agent, self.clock, news=self._news, changed=self._port_changed)
        ports.start()
        self.say("gateway_started", epoch=self.agent.spool.epoch, next=self.agent.spool.next_offset)
        self._notify.ready()
        tasks = [asyncio.ensure_future(one) for one in self._tasks(ports)]
        stopped = asyncio.ensure_future(self._stop.wait())
        try:
            await asyncio.wait([*tasks, stopped], return_when=asyncio.FIRST_COMPLETED)
            if not self._stop.is_set():
                for task in tasks:
                    if task.done():
                        task.result()
            await asyncio.wait([tasks[0], tasks[1]], timeout=5)
        finally:
            self._notify.leaving()
            await _ended([*tasks, stopped])
            await ports.stop()
            await self._sync_task.settled()
            self.agent.close(self.clock.now())
            self._disk.release()
            self._page.stop()
            agent = self.agent
            self.say(
                "gateway_stopped", readings=agent.readings, waiting=agent.spool.backlog_records
            )
