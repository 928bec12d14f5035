"""The agent's serial side without a port: every path's line, and what is known of it.

The shell tells when a port opened or closed and gives what was read; it asks what is to be written
and which ports are to be opened anew.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from edge.serial_configuration import SerialPort, by_port
from edge.serial_status import LastValue, RefusedPiece, SensorStatus
from firmware_bridge.board_line import BoardLine, Shell
from firmware_bridge.events import GiveUp, LinkChange, NoReadings, Silent
from firmware_bridge.line import Said, Sensor
from firmware_bridge.modbus import Codec
from firmware_bridge.sensor_link import SensorLink
from firmware_bridge.sensors import make_line
from vocabulary.units import NS_PER_S

NOT_OPENED: Final = "not opened yet"
LAMPLIGHTER: Final = "lamplighter"
PIECES_SHOWN: Final = 8
TOLD_MAX: Final = 256
"""Changes that wait for the log; more are only counted."""


class Value(msgspec.Struct):
    """The newest value of one metric."""

    value: float
    mono_ns: int


class Change(NamedTuple):
    """Something on a line that a person may want to know of, once."""

    port: str
    sensor_id: str
    event: LinkChange | NoReadings | Silent


class SerialLinks:
    """All lines of one gateway."""

    def __init__(
        self,
        rows: Sequence[SerialPort],
        mono_ns: int,
        codec: Codec | None = None,
        shell: Shell | None = None,
    ) -> None:
        """``codec`` is needed for Modbus, ``shell`` for boards of ours."""
        self.links: dict[str, SensorLink | BoardLine] = {}
        self.sensors: dict[str, Sensor] = {}
        self._rows = {row.sensor_id: row for row in rows}
        self._orders: dict[str, GiveUp] = {}
        self._told: deque[Change] = deque(maxlen=TOLD_MAX)
        self._port_states: dict[str, str] = {}
        self._opens: dict[str, int] = {}
        self._latest: dict[str, dict[str, Value]] = {row.sensor_id: {} for row in rows}
        for port, group in by_port(rows).items():
            link: SensorLink | BoardLine
            if group[0].protocol == LAMPLIGHTER:
                assert shell is not None, "a board of ours needs a random generator"
                link = BoardLine(group[0].board, mono_ns, shell)
            else:
                line = make_line({row.sensor_id: row.settings for row in group}, mono_ns, codec)
                link = SensorLink(line, mono_ns, rates=group[0].rates)
            self.links[port] = link
            self.sensors.update(link.sensors)
            self._port_states[port], self._opens[port] = NOT_OPENED, 0

    def port_of(self, sensor_id: str) -> str:
        """Where a sensor is."""
        return self._rows[sensor_id].port

    def opened(self, port: str, mono_ns: int) -> None:
        """A port is open from now on."""
        self._port_states[port] = "open"
        self._opens[port] += 1
        self.links[port].opened(mono_ns)

    def closed(self, port: str, why: str) -> None:
        """A port is closed, or could not be opened; half a unit is forgotten."""
        self._port_states[port] = why
        self.links[port].closed()

    def receive(self, port: str, data: bytes, mono_ns: int) -> list[Said]:
        """Bytes read from a port."""
        return self._kept(port, self.links[port].receive(data, mono_ns))

    def tick(self, mono_ns: int) -> list[Said]:
        """Do what fell due on any line."""
        return [
            one
            for port, link in self.links.items()
            if mono_ns >= link.deadline_ns
            for one in self._kept(port, link.tick(mono_ns))
        ]

    @property
    def deadlines_ns(self) -> list[int]:
        """When ``tick`` must be called, for each line."""
        return [link.deadline_ns for link in self.links.values()]

    def take_output(self) -> list[tuple[str, bytes]]:
        """Port and bytes to write there, of every line that wants to."""
        return [(port, wire) for port, link in self.links.items() if (wire := link.take_output())]

    def take_orders(self) -> list[tuple[str, GiveUp]]:
        """Ports to be closed and opened again."""
        orders, self._orders = list(self._orders.items()), {}
        return orders

    def _kept(self, port: str, said: list[Said]) -> list[Said]:
        for one in said:
            if isinstance(one.event, GiveUp):
                self._orders[port] = one.event
            elif isinstance(one.event, LinkChange | NoReadings | Silent):
                self._told.append(Change(port, one.sensor_id, one.event))
        return said

    def take_changes(self) -> list[Change]:
        """What changed since the last look, oldest first."""
        told = list(self._told)
        self._told.clear()
        return told

    def believed(self, sensor_id: str, values: Mapping[str, float], mono_ns: int) -> None:
        """Remember what a sensor said last."""
        latest = self._latest[sensor_id]
        for name, value in values.items():
            latest[name] = Value(value, mono_ns)

    def status(self, mono_ns: int) -> tuple[SensorStatus, ...]:
        """Everything known of every sensor."""
        return tuple(
            self._status(port, link, sensor_id, mono_ns)
            for port, link in self.links.items()
            for sensor_id in link.sensors
        )

    def _status(
        self, port: str, link: SensorLink | BoardLine, sensor_id: str, mono_ns: int
    ) -> SensorStatus:
        sensor, watch = self.sensors[sensor_id], link.watches[sensor_id]
        return SensorStatus(
            sensor_id=sensor_id,
            port=port,
            protocol=self._rows[sensor_id].protocol,
            port_state=self._port_states[port],
            link=str(link.state),
            silence_s=max(0, mono_ns - sensor.heard_ns) / NS_PER_S,
            no_reading_s=max(0, mono_ns - watch.sampled_ns) / NS_PER_S,
            interval_s=sensor.rhythm_ns / NS_PER_S,
            alive_but_silent=watch.barren,
            why=watch.why,
            reopens=max(0, self._opens[port] - 1),
            counters=msgspec.structs.asdict(sensor.counters)
            | {"settling": link.settling, "surplus": link.surplus},
            values=tuple(
                LastValue(name, one.value, max(0, mono_ns - one.mono_ns) / NS_PER_S)
                for name, one in self._latest[sensor_id].items()
            ),
            pieces=tuple(
                RefusedPiece(str(piece.reason), piece.wire.hex())
                for piece in list(sensor.quarantine.pieces)[-PIECES_SHOWN:]
            ),
        )
