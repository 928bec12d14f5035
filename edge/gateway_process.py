"""The gateway, wired: opens things in order, runs its tasks, closes in reverse."""

import asyncio
import random
import signal
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from edge import machine, metrics_page
from edge.agent import Agent
from edge.alias_table import AliasTable
from edge.clock import Clock, KeptClock, SystemClock
from edge.configuration import GatewayConfiguration, LocalBroker, Reconnect, Uplink, broker_address
from edge.disk_files import RealDisk
from edge.local_task import LocalTask
from edge.mqtt_link import Connect, aiomqtt_connector
from edge.reconnect import ReconnectPolicy
from edge.serial_port import PortState, SerialPort
from edge.service_notify import ServiceNotify
from edge.spool import Spool
from edge.spool_policy import SpoolLimits
from edge.sync_task import SyncTask
from edge.time_keeper import TimeKeeper
from edge.uplink_task import UplinkTask
from vocabulary.event_log import EventLog, Level, Risen
from vocabulary.units import NS_PER_S

SNAPSHOT_NS: Final = NS_PER_S
CANCEL_AGAIN_S: Final = 0.5
ORDINARY: Final = frozenset({"rebirth", "rebirth_merged", "commit_accepted", "commit_stale"})
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
        seed: int | None = None,
    ) -> None:
        self._configuration, self._log = configuration, log
        self.clock = KeptClock(clock or SystemClock())
        self._uplink_connect = uplink or self._real(configuration.uplink, "")
        self._local_connect = local or self._real(configuration.local, "-local")
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
        self.agent = self._open()
        self._sync_task = SyncTask(self.agent.spool, self.clock, self._kick.set)
        self.uplink_task = UplinkTask(
            self.agent,
            self.clock,
            self._uplink_connect,
            ReconnectPolicy(configuration.uplink.reconnect, self._rng),
            self._changed,
        )

    def _real(self, place: Uplink | LocalBroker, suffix: str) -> Connect:
        return aiomqtt_connector(
            broker_address(place.broker),
            client_id=self._configuration.gateway_id + suffix,
            keepalive_s=self._configuration.uplink.keepalive_s,
            login=place.login,
        )

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
        )

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

    def stop(self) -> None:
        """Ask for a clean end; ``run`` returns soon after."""
        self._stop.set()
        self._kick.set()
        self.uplink_task.stop()

    def _ports(self) -> list[SerialPort]:
        ports = []
        for serial in self._configuration.serial:

            def heard(data: bytes, mono_ns: int, sensor_id: str = serial.sensor_id) -> None:
                self.agent.serial_bytes(sensor_id, data, mono_ns, self.clock.now())
                self._news()

            def changed(
                state: PortState, path: str = serial.port, sensor_id: str = serial.sensor_id
            ) -> None:
                if not state.is_open:  # half a unit from before must not meet bytes from after
                    self.agent.decoders[sensor_id].cut()
                self.say("serial_port", key=f"{path} {state}", port=path, state=str(state))

            ports.append(
                SerialPort(
                    serial.port,
                    baud=serial.baud,
                    mono_ns=self.clock.mono_ns,
                    heard=heard,
                    changed=changed,
                    loop=asyncio.get_running_loop(),
                )
            )
        return ports

    def _news(self) -> None:
        self._kick.set()
        self.uplink_task.news()

    async def _tick(self) -> None:
        """Wake when something falls due; leave a snapshot for the metrics page each second."""
        shown_ns = 0
        while not self._stop.is_set():
            now = self.clock.now()
            self.agent.tick(now)
            self._sync_task.begin()
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

    def _say_refused(self) -> None:
        """What was not taken since the last look, a reason a line; the log holds back repeats."""
        for reason, count in self._refused.look(self._page.latest.refused).items():
            if reason not in ORDINARY:
                self.say("refused", level=Level.WARNING, key=reason, reason=reason, count=count)

    def _watch_links(self) -> None:
        links, self._links = self._links, machine.links_up()
        if self._links - links:
            self.uplink_task.own_link_back()

    def _tasks(self) -> list[Coroutine[Any, Any, None]]:
        tasks = [self._tick(), self.uplink_task.run()]
        if self._configuration.source:
            policy = ReconnectPolicy(LOCAL_RECONNECT, self._rng)
            local = LocalTask(
                self.agent, self.clock, self._local_connect, policy, self._changed, self._news
            )
            tasks.append(local.run())
        return tasks

    async def run(self, *, handle_signals: bool = False) -> None:
        """Run until ``stop``; a fault of our own code ends it, a fault of the world does not."""
        if handle_signals:
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, self.stop)
        try:
            self._page.start()
        except OSError as error:  # sampling never waits for a page
            self.say("metrics_page_closed", level=Level.WARNING, reason=str(error.strerror))
        ports = self._ports()
        for port in ports:
            port.start()
        self.say("gateway_started", epoch=self.agent.spool.epoch, next=self.agent.spool.next_offset)
        self._notify.ready()
        tasks = [asyncio.ensure_future(one) for one in self._tasks()]
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
            for port in ports:
                await port.stop()
            await self._sync_task.settled()
            self.agent.close(self.clock.now())
            self._disk.release()
            self._page.stop()
            agent = self.agent
            self.say(
                "gateway_stopped", readings=agent.readings, waiting=agent.spool.backlog_records
            )
