"""One of thousands of gateways in real time: the real agent and uplink, a disk in memory.

Boards, where asked for, speak over real pseudo-terminals through the agent's own serial port.
"""

import asyncio
import random
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final

from edge.agent import Agent
from edge.alias_table import AliasTable
from edge.configuration import GatewayConfiguration, broker_address
from edge.mqtt_link import aiomqtt_connector
from edge.reconnect import ReconnectPolicy
from edge.serial_configuration import SerialPort
from edge.serial_port import SerialPort as Port
from edge.spool import Spool
from edge.spool_policy import SpoolLimits
from edge.spool_store import BootInfo
from edge.uplink_task import UplinkTask
from simulators.clock import ScaledClock
from simulators.disk import SimulatedDisk
from simulators.local_link import Switch
from simulators.pty_port import PtyPort
from simulators.sds011_board import Sds011Board
from simulators.street import air

KEEPALIVE_S: Final = 10
LEAVE_S_MAX: Final = 2.0


class LiveGateway:
    """Power, uplink and what arrives; lives on one asyncio loop with all the others."""

    def __init__(self, configuration: GatewayConfiguration, clock: ScaledClock, seed: int) -> None:
        self.configuration, self._clock = configuration, clock
        self._rng = random.Random(f"{seed}/{configuration.gateway_id}")
        self._disk = SimulatedDisk(seed=seed)
        self._switch = Switch()
        self._boots = 0
        self._tasks: list[asyncio.Task[None]] = []
        self._kick = asyncio.Event()
        self._stack = ExitStack()
        self.agent: Agent | None = None
        self._uplink: UplinkTask | None = None

    def boot(self) -> None:
        """Power on."""
        self._boots += 1
        now, settings = self._clock.now(), self.configuration
        spool = Spool.open(
            self._disk,
            limits=SpoolLimits(bytes_max=settings.spool.max_bytes),
            boot=BootInfo(kernel_boot_id=f"boot-{self._boots}", board_serial="simulated"),
            now=now,
        )
        self.agent = Agent(
            settings, spool=spool, aliases=AliasTable.open(self._disk, spool.epoch), now=now
        )
        connect = aiomqtt_connector(
            broker_address(settings.uplink.broker),
            client_id=settings.gateway_id,
            keepalive_s=KEEPALIVE_S,
        )
        self._uplink = UplinkTask(
            self.agent,
            self._clock,
            self._switch.in_front_of(connect),
            ReconnectPolicy(settings.uplink.reconnect, self._rng),
            lambda _event, _reason: None,
        )
        self._tasks = [asyncio.create_task(self._uplink.run()), asyncio.create_task(self._tick())]

    async def die(self, *, with_will: bool) -> None:
        """The process is gone. A will is spoken by ourselves, for a socket cannot be torn here:
        the client library says a proper goodbye, after which a broker keeps silent.
        """
        uplink, self.agent, self._uplink = self._uplink, None, None
        if with_will and uplink is not None:
            await self._leave(uplink)
        self._switch.turn(on=False)
        await self._end()
        self._switch.turn(on=True)

    async def _leave(self, uplink: UplinkTask) -> None:
        uplink.stop()
        with suppress(TimeoutError):
            async with asyncio.timeout(LEAVE_S_MAX):
                await asyncio.shield(self._tasks[0])

    async def close(self) -> None:
        """A clean end: what is due goes out, then a farewell."""
        if self._uplink is not None:
            await self._leave(self._uplink)
        await self._end()
        self._stack.close()

    async def _end(self) -> None:
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def link(self, *, up: bool) -> None:
        """Cut or mend the uplink."""
        self._switch.turn(on=up)
        if up and self._uplink is not None:
            self._uplink.own_link_back()

    def local_message(self, topic: str, payload: bytes) -> None:
        """An access point's message on the management network."""
        if self.agent is not None:
            self.agent.local_message(topic, payload, self._clock.now(), retained=False)
            self._news()

    def _news(self) -> None:
        self._kick.set()
        if self._uplink is not None:
            self._uplink.news()

    async def _tick(self) -> None:
        while self.agent is not None:
            now = self._clock.now()
            self.agent.tick(now)
            self._news()
            self._kick.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._clock.seconds_until(self.agent.deadline_ns(now))):
                    await self._kick.wait()

    def attach_boards(self, directory: Path) -> list[asyncio.Task[None]]:
        """Put this gateway's boards on pseudo-terminals in ``directory``, and read them."""
        return [
            asyncio.create_task(self._board(serial, directory))
            for serial in self.configuration.serial
        ]

    async def _board(self, serial: SerialPort, directory: Path) -> None:
        line = self._stack.enter_context(PtyPort(directory / serial.sensor_id))
        board = Sds011Board(self._clock.now_ns(), air(self._rng.random() * 3_600))

        def heard(data: bytes, mono_ns: int) -> None:
            if self.agent is not None:
                self.agent.serial_bytes(serial.sensor_id, data, mono_ns, self._clock.now())
                self._news()

        port = Port(
            serial.port,
            baud=serial.rate,
            mono_ns=self._clock.mono_ns,
            heard=heard,
            changed=lambda _state: None,
            loop=asyncio.get_running_loop(),
        )
        port.start()
        try:
            while True:
                passed_ns = board.next_ns - self._clock.now_ns() + self._clock.mono_ns()
                await asyncio.sleep(self._clock.seconds_until(passed_ns))
                board.receive(line.read(), self._clock.now_ns())
                line.write(board.advance(self._clock.now_ns()))
        finally:
            await port.stop()
