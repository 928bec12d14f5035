"""Where a drive happens: two brokers, a recording proxy before each, and what was seen."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from simulators.conformance import street_under_test as street
from simulators.conformance.actors import GatewayActor, HostActor
from simulators.conformance.evidence import Evidence, Fact, Session
from simulators.conformance.foreign_client import ForeignClient
from simulators.conformance.mqtt_packets import Connect
from simulators.conformance.packet_log import PacketLog
from simulators.conformance.proxy import Proxy
from simulators.servers import Mosquitto


def wall_ns() -> int:
    """The recorder's clock."""
    return time.time_ns()  # noqa: TID251 - a shell that writes down when a packet passed


class Recording(NamedTuple):
    """What is left of a drive when everybody has gone."""

    log: PacketLog
    facts: list[Fact]

    @property
    def evidence(self) -> Evidence:
        """Ordered for judging."""
        return Evidence.of_log(self.log.entries, self.log.ended, self.facts, street.ROLES)


class Stage:
    """Brokers ``A`` and ``B`` behind their proxies, and the actors."""

    def __init__(self, directory: Path, log: PacketLog) -> None:
        self.directory, self.log = directory, log
        self.facts: list[Fact] = []
        self.brokers: list[Mosquitto] = []
        self.proxies: list[Proxy] = []
        self.gateways: dict[str, GatewayActor] = {}
        self.hosts: dict[str, HostActor] = {}

    def fact(self, name: str, good: bool, detail: str) -> None:
        """Write down what no packet shows."""
        self.facts.append(Fact(name, good, detail))

    def gateway(self, name: str, uplink: str = "", *, both: bool = False) -> GatewayActor:
        """The gateway of a name, made when it is asked for first."""
        if name not in self.gateways:
            proxies = self.proxies if both else self.proxies[:1]
            made = street.gateway(
                name,
                brokers=tuple(one.url for one in proxies),
                local=self.brokers[0].url,
                directory=self.directory,
                uplink=uplink,
            )
            self.gateways[name] = GatewayActor(made, self.log.tell, seed=len(self.gateways))
        return self.gateways[name]

    def host(self, letter: str) -> HostActor:
        """The host process at a broker, made when it is asked for first."""
        if letter not in self.hosts:
            proxy = self.proxies["AB".index(letter)]
            made = street.host(proxy.url, mqtt="3.1.1" if letter == "A" else "5")
            self.hosts[letter] = HostActor(made, self.directory / f"host-{letter}", self.log.tell)
        return self.hosts[letter]

    def client(
        self, name: str, *, will: tuple[str, bytes] | None = None, hears: tuple[str, ...] = ()
    ) -> ForeignClient:
        """A foreign client at broker ``A``, seen by the proxy."""
        filters = [(one, 1) for one in hears]
        return ForeignClient(name, self.proxies[0].port, will=will, filters=filters)

    def sessions(self, client_id: str, broker: str = "") -> list[Session]:
        """The connections of one client so far."""
        return [
            Session(list(entries), self.log.ended.get(number))
            for number, entries in sorted(self.log.lines.items())
            if isinstance(first := entries[0].packet, Connect)
            and first.client_id == client_id
            and broker in ("", entries[0].broker)
        ]

    async def until_beats(self, gateway: str, count: int) -> None:
        """Let so many heartbeats of a gateway pass: time, as told by who is watched."""

        def beats() -> int:
            return sum(
                one.packet.topic.endswith(f"/NDATA/{gateway}")
                for session in self.sessions(gateway)
                for one in session.sent
            )

        before = beats()
        await self.log.until(f"{count} heartbeats of {gateway}", lambda: beats() >= before + count)


@asynccontextmanager
async def open_stage(directory: Path, *, brokers: int = 2) -> AsyncIterator[Stage]:
    """Everything started; in the end everybody is stopped, the gateways first."""
    stage = Stage(directory, PacketLog())
    async with AsyncExitStack() as stack:
        for letter in "AB"[:brokers]:
            broker = Mosquitto()
            await asyncio.to_thread(broker.start)
            stack.callback(broker.close)
            stage.brokers.append(broker)
            proxy = Proxy(letter, broker.port, stage.log, wall_ns)
            stage.proxies.append(await stack.enter_async_context(proxy))
        try:
            yield stage
        finally:
            actors: list[GatewayActor | HostActor] = [
                *stage.gateways.values(),
                *stage.hosts.values(),
            ]
            for actor in actors:
                await actor.stop()
