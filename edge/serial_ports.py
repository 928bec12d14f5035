"""All serial ports of a running gateway: one owner each, who sends what the agent's lines want.

A port is opened once, whoever lives on it; only its owner writes there. What the agent's core wants
is asked for after everything that could make it want something.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol

from edge.agent import Agent
from edge.serial_backoff import Reason
from edge.serial_configuration import by_port
from edge.serial_line import Dtr, Parity
from edge.serial_port import Manner, PortCounters, PortState, SerialPort
from vocabulary.moment import Moment


class _Clock(Protocol):
    def now(self) -> Moment: ...

    def mono_ns(self) -> int: ...


class SerialPorts:
    """Between the kernel's ports and the agent's lines."""

    def __init__(
        self,
        agent: Agent,
        clock: _Clock,
        *,
        news: Callable[[], None],
        changed: Callable[[str, PortState], None],
    ) -> None:
        """``news`` is called after each input, ``changed`` with a path and its new state."""
        self._agent, self._clock, self._news, self._changed = agent, clock, news, changed
        self._ports = {
            path: self._port(path, rows[0].sensor_id, rows[0].rate)
            for path, rows in by_port(agent.configuration.serial).items()
        }

    def _port(self, path: str, sensor_id: str, baud: int) -> SerialPort:
        (row,) = [one for one in self._agent.configuration.serial if one.sensor_id == sensor_id]

        def heard(data: bytes, mono_ns: int) -> None:
            self._agent.serial_bytes(sensor_id, data, mono_ns, self._clock.now())
            self._news()
            self.serve()

        def changed(state: PortState) -> None:
            if state.is_open:
                self._agent.serial.opened(path, state.mono_ns)
            else:
                self._agent.port_closed(path, str(state))
            self._changed(path, state)
            self._news()

        return SerialPort(
            path,
            baud=baud,
            mono_ns=self._clock.mono_ns,
            heard=heard,
            changed=changed,
            loop=asyncio.get_running_loop(),
            manner=Manner(Parity(row.parity), Dtr(row.dtr)),
        )

    def start(self) -> None:
        """Begin to open."""
        for port in self._ports.values():
            port.start()

    def serve(self) -> None:
        """Send what the lines want sent; open anew what they gave up. Call it after each tick."""
        for path, wire in self._agent.serial.take_output():
            self._ports[path].write(wire)
        for path, order in self._agent.serial.take_orders():
            self._ports[path].give_up(Reason(order.why), order.baud)

    @property
    def counters(self) -> dict[str, PortCounters]:
        """Path -> what happened on the port."""
        return {path: port.counters for path, port in self._ports.items()}

    async def stop(self) -> None:
        """Close all."""
        for port in self._ports.values():
            await port.stop()
