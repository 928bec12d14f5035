"""A small city on this machine out of real parts: brokers, database, host, gateways, a street.

Everything is a process of its own on loopback, except the street, which is a thread here. What is
killed comes back on its port with its files.
"""

from contextlib import ExitStack
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Self, TypeVar

import msgspec

from edge.configuration import Beat, GatewayConfiguration, LocalBroker, Reconnect, Uplink
from ingest.configuration import BrokerPlace, HostConfiguration, InfluxPlace, Limits
from ingest.influx_http import InfluxSettings
from ingest.influx_query import InfluxReader
from processing.settings import Settings
from simulators.neighbourhood import DISTRICT, configuration_of
from simulators.processes import GatewayProgram, HostProgram, Program
from simulators.real_street import RealStreet
from simulators.servers import InfluxDb, Mosquitto, Server, ServerFailed, free_port
from simulators.waiting import until
from vocabulary.inventory import AccessPoint, Area, Gateway, Inventory, Sensor, Site
from vocabulary.units import MS_PER_S

DATABASE: Final = "town"
COMMIT_S: Final = 0.5
QUICK: Final = Reconnect(first_max_s=1.0, own_link_max_s=1.0, base_s=1.0, max_s=4.0, stable_s=5.0)


NOBODY: Final = Inventory()
ProgramT = TypeVar("ProgramT", bound=Program)


class Rhythm(NamedTuple):
    """How often the parts speak, in seconds."""

    access_point_s: float = 2.0
    gateway_s: float = 2.0
    margin_s: float = 0.5


def town(*, gateways: int, aps_each: int, sensors_each: int) -> Inventory:
    """One site, so many gateways, and behind each so many access points and boards."""
    names = [f"gw-{ix}" for ix in range(1, gateways + 1)]
    return Inventory(
        area=(Area("riverside", "Riverside"),),
        site=(Site("market", "Market", "riverside"),),
        gateway=tuple(Gateway(name, "market", DISTRICT) for name in names),
        access_point=tuple(
            AccessPoint(f"ap-{name[3:]}-{ix}", "market", name)
            for name in names
            for ix in range(1, aps_each + 1)
        ),
        sensor=tuple(
            Sensor(f"air-{name[3:]}-{ix}", name)
            for name in names
            for ix in range(1, sensors_each + 1)
        ),
    )


def host_configuration(
    broker: str, influx: str, rhythm: Rhythm, *, database: str = DATABASE
) -> HostConfiguration:
    """A host that commits soon and expects the rhythm; short waits after a lost broker."""
    return HostConfiguration(
        inventory="",
        broker=BrokerPlace(broker, keepalive_s=5),
        influx=InfluxPlace(influx, database=database),
        detector=Settings(
            beat_ms=round(rhythm.access_point_s * MS_PER_S),
            gateway_beat_ms=round(rhythm.gateway_s * MS_PER_S),
            margin_ms=round(rhythm.margin_s * MS_PER_S),
            status_ms=round(rhythm.access_point_s * MS_PER_S),
            settle_ms=2_000,
            settle_ms_max=10_000,
            cause_wait_ms=10_000,
        ),
        limits=Limits(commit_s=COMMIT_S),
    )


def gateway_configuration(
    inventory: Inventory,
    gateway_id: str,
    *,
    broker: str,
    local: str,
    ports: dict[str, str],
    rhythm: Rhythm,
) -> GatewayConfiguration:
    """A gateway that beats in the rhythm and comes back soon after a lost broker."""
    return msgspec.structs.replace(
        configuration_of(inventory, gateway_id, ports=ports),
        uplink=Uplink(broker, keepalive_s=5, replay_messages_per_s=200.0, reconnect=QUICK),
        local=LocalBroker(local),
        beat=Beat(
            gateway_s=rhythm.gateway_s,
            access_point_s=rhythm.access_point_s,
            margin_s=rhythm.margin_s,
            vitals_s=5 * rhythm.gateway_s,
        ),
    )


def _said(program: Program, event: str) -> bool:
    return bool(program.events(event, this_life=True))


def everybody(*parts: Inventory) -> Inventory:
    """Several inventories as one."""
    return Inventory(
        *(
            tuple(row for part in parts for row in getattr(part, table))
            for table in Inventory.__struct_fields__
        )
    )


class Installation:
    """Use as a context manager; inside, everything runs. ``begin`` lets the street speak.

    ``strangers`` are nodes that the host expects and that somebody else plays. Without
    ``servers_first`` our programs find neither brokers nor database until ``wake``. With
    ``own_groups`` a Ctrl-C at the terminal is for the caller alone.
    """

    def __init__(
        self,
        inventory: Inventory,
        *,
        seed: int,
        directory: Path,
        rhythm: Rhythm,
        strangers: Inventory = NOBODY,
        servers_first: bool = True,
        own_groups: bool = False,
    ) -> None:
        self._own_groups = own_groups
        self.inventory, self._strangers = inventory, strangers
        self._rhythm, self._servers_first = rhythm, servers_first
        self._stack = ExitStack()
        self.city_broker, self.local_broker, self.influx = Mosquitto(), Mosquitto(), InfluxDb()
        self.servers: tuple[Server, ...] = (self.city_broker, self.local_broker, self.influx)
        self.street = RealStreet(
            inventory, seed=seed, beat_s=rhythm.access_point_s, directory=directory
        )
        self.host: HostProgram
        self.gateways: dict[str, GatewayProgram] = {}

    def __enter__(self) -> Self:
        with self._stack:
            self._open()
            self._stack = self._stack.pop_all()
        return self

    def _open(self) -> None:
        for server in self.servers:
            self._stack.push(server)
            server.port, server.own_group = free_port(), self._own_groups
        if self._servers_first:
            self.wake()
        made = host_configuration(self.city_broker.url, self.influx.url, self._rhythm)
        known = everybody(self.inventory, self._strangers)
        self.host = self._entered(HostProgram(made, known))
        self._stack.callback(self.street.close)
        ports = {sensor_id: str(port.path) for sensor_id, port in self.street.ports.items()}
        for row in self.inventory.gateway:
            gateway = gateway_configuration(
                self.inventory,
                row.gateway_id,
                broker=self.city_broker.url,
                local=self.local_broker.url,
                ports=ports,
                rhythm=self._rhythm,
            )
            self.gateways[row.gateway_id] = self._entered(GatewayProgram(gateway))

    def _entered(self, program: ProgramT) -> ProgramT:
        program.own_group = self._own_groups
        self._stack.enter_context(program)
        return program

    def wake(self) -> None:
        """Start the servers that do not run."""
        for server in self.servers:
            if not server.running:
                server.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def begin(self) -> None:
        """Let the street speak once every gateway listens."""
        for gateway_id, gateway in self.gateways.items():
            what = f"{gateway_id} hears the local broker"
            until(partial(_said, gateway, "local_broker_up"), what)
        self.street.start(self.local_broker.port)

    def live(self, seconds: float) -> None:
        """Let time pass; a program of ours that ends by itself is an error, with its log."""
        self.street.walk(seconds)
        for program in self.programs:
            if program.supposed_to_run and not program.running:
                raise ServerFailed(program.room, "ended by itself", program.log())

    def drain(self) -> None:
        """Wait until all that was numbered so far is in the ledger and the gateways know it."""
        numbered = self.numbered()
        until(lambda: self.has_committed(numbered), f"every record below {numbered} is committed")

    def stop_gateways(self) -> dict[str, int]:
        """Ask the gateways to end; gives how many readings each has produced in this life."""
        for gateway in self.gateways.values():
            gateway.stop()
        until(
            lambda: self.host.metric("lamplighter_host_gateways_alive") == 0,
            "the host has heard every gateway's farewell",
        )
        return {
            gateway_id: gateway.events("gateway_stopped", this_life=True)[-1]["readings"]
            for gateway_id, gateway in self.gateways.items()
        }

    @property
    def programs(self) -> list[Program]:
        """Our own processes."""
        return [self.host, *self.gateways.values()]

    def reader(self) -> InfluxReader:
        """Questions to the database."""
        return InfluxReader(InfluxSettings(self.influx.url, database=DATABASE))

    def numbered(self) -> dict[str, int]:
        """Per gateway, how many records it has numbered so far."""
        return {
            gateway_id: round(
                gateway.metric("lamplighter_spool_committed_records_total")
                + gateway.metric("lamplighter_spool_records")
            )
            for gateway_id, gateway in self.gateways.items()
        }

    def has_committed(self, below: dict[str, int]) -> bool:
        """Whether each gateway knows that the host has every record ``below``."""
        return all(
            gateway.metric("lamplighter_spool_committed_records_total") >= below[gateway_id]
            for gateway_id, gateway in self.gateways.items()
        )
