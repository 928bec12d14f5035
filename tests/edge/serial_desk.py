"""A running agent with real serial shells and boards on pseudo-terminals, for tests."""

import asyncio
from collections.abc import Callable, Mapping

import msgspec

from edge.agent import Agent
from edge.alias_table import AliasTable
from edge.clock import SystemClock
from edge.configuration import GatewayConfiguration
from edge.modbus_codec import PymodbusCodec
from edge.serial_configuration import SerialPort
from edge.serial_port import PortState
from edge.serial_ports import SerialPorts
from edge.spool import BootInfo, Spool
from simulators.board_kinds import Device
from simulators.disk import SimulatedDisk
from simulators.pty_port import PtyPort
from tests.edge.one_gateway import board_shell, settings

WAIT_S = 20


def configuration_of(*rows: SerialPort) -> GatewayConfiguration:
    """A gateway with these sensors and nothing else of serial."""
    return msgspec.structs.replace(settings(), serial=rows)


class SerialDesk:
    """An agent and its ports; boards answer while somebody waits for a condition."""

    def __init__(self, *rows: SerialPort) -> None:
        self.clock = SystemClock()
        now = self.clock.now()
        disk = SimulatedDisk(seed=1)
        spool = Spool.open(disk, boot=BootInfo("kernel", "board"), now=now)
        aliases = AliasTable.open(disk, spool.epoch)
        made = configuration_of(*rows)
        self.agent = Agent(
            made,
            spool=spool,
            aliases=aliases,
            now=now,
            codec=PymodbusCodec(),
            boards=board_shell(),
        )
        self.states: list[tuple[str, PortState]] = []
        self._kick = asyncio.Event()
        self.ports = SerialPorts(
            self.agent,
            self.clock,
            news=self._kick.set,
            changed=lambda path, state: self.states.append((path, state)),
        )

    def is_open(self, line: PtyPort) -> bool:
        """Whether the agent has it."""
        return self.agent.serial.links[str(line.path)].is_open

    def samples(self, sensor_id: str) -> int:
        """Readings of one sensor so far."""
        return self.agent.sensors[sensor_id].counters.samples

    async def until(
        self, done: Callable[[], bool], boards: Mapping[PtyPort, Device] | None = None
    ) -> None:
        """Tick as the process does, and let boards answer, until ``done()``."""
        async with asyncio.timeout(WAIT_S):
            while not done():
                now = self.clock.now()
                self.agent.tick(now)
                self.ports.serve()
                for line, board in (boards or {}).items():
                    board.receive(line.read(), now.mono_ns)
                    line.write(board.advance(now.mono_ns))
                self._kick.clear()
                try:
                    async with asyncio.timeout(0.01):
                        await self._kick.wait()
                except TimeoutError:
                    continue
