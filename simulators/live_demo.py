"""The demo in real time: real shells, real ptys, a thread for the host; only the broker is ours.

With ``--broker`` even that is real. Time runs ``speed`` times as fast for everybody alike.
"""

import asyncio
import tempfile
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from rich.console import Console

from edge.configuration import broker_address
from edge.gateway_process import GatewayProcess
from edge.mqtt_link import aiomqtt_connector
from ingest.configuration import BrokerPlace, HostConfiguration, InfluxPlace, MetricsPage
from ingest.host_process import HostProcess
from ingest.ledger import Ledger
from processing import bind
from processing.city import City
from processing.step import warm_up
from simulators import demo_view
from simulators.access_point import SimulatedAccessPoint
from simulators.broker import Broker, Message
from simulators.clock import EPOCH_NS, ScaledClock
from simulators.demo_options import DemoOptions
from simulators.demo_page import DemoPage
from simulators.demo_run import Counts, places, still_waiting, summarise
from simulators.demo_screen import DemoScreen
from simulators.demo_summary import Summary
from simulators.demo_view import View
from simulators.local_link import LocalConnection, Switch, local_connector
from simulators.neighbourhood import Neighbourhood, build, configuration_of
from simulators.pty_port import PtyPort
from simulators.street import Street
from vocabulary.event_log import EventLog
from vocabulary.units import NS_PER_MS, NS_PER_S

SHOW_S: Final = 0.5
SETTLE_S: Final = 60.0
"""Simulated time after the plan in which spools drain and the last beats are judged."""
DRAIN_S_MAX: Final = 20.0
ARRIVAL_S_MAX: Final = 5.0
BEAT_S: Final = 10.0
KEEPALIVE_S: Final = 10
BEATS_UNDER_WAY: Final = 8
NO_BROKER: Final = "mqtt://127.0.0.1"
"""Stands in configurations whose connections go through the in-process broker."""


class LiveDemo:
    """Everything of one real-time run; lives on one asyncio loop and the host's thread."""

    def __init__(self, options: DemoOptions, scratch: Path, stack: ExitStack) -> None:
        self.options = options
        self.neighbourhood: Neighbourhood = build(options.seed, options.duration_s)
        self.clock = ScaledClock(options.speed)
        self.places = places(options)
        self._broker = Broker()
        inventory = self.neighbourhood.inventory
        self.street = Street(
            self.neighbourhood, seed=options.seed, beat_s=BEAT_S, start_ns=EPOCH_NS
        )
        self.ports = {
            sensor_id: stack.enter_context(PtyPort(scratch / sensor_id))
            for sensor_id in self.street.boards
        }
        self.switches = {row.gateway_id: Switch() for row in inventory.gateway}
        self.gateways = {
            row.gateway_id: self._gateway(row.gateway_id, scratch) for row in inventory.gateway
        }
        self.host = self._host()
        self._host_thread = threading.Thread(target=self._run_host, name="host", daemon=True)
        self.host_failure: BaseException | None = None

    def _gateway(self, gateway_id: str, scratch: Path) -> GatewayProcess:
        made = configuration_of(
            self.neighbourhood.inventory,
            gateway_id,
            broker=self.options.broker or NO_BROKER,
            ports={sensor_id: str(scratch / sensor_id) for sensor_id in self.ports},
            spool_directory=str(scratch / gateway_id),
        )
        city = local_connector(self._broker, gateway_id)
        if self.options.broker:
            place = broker_address(self.options.broker)
            city = aiomqtt_connector(place, client_id=gateway_id, keepalive_s=KEEPALIVE_S)
        return GatewayProcess(
            made,
            EventLog("gateway", as_json=False, write=_nowhere),
            clock=self.clock,
            uplink=self.switches[gateway_id].in_front_of(city),
            local=local_connector(self._broker, f"{gateway_id}-local"),
            seed=self.options.seed,
        )

    def _host(self) -> HostProcess:
        configuration = HostConfiguration(
            inventory="",
            broker=BrokerPlace(self.options.broker or NO_BROKER),
            influx=InfluxPlace(self.options.influx or "http://127.0.0.1"),
            metrics_page=MetricsPage(port=0),
        )
        ledger = Ledger.open(self.places.ledger)
        ledger.set_inventory(self.neighbourhood.inventory)
        connection = None
        if not self.options.broker:
            loop = asyncio.get_running_loop()
            connection = LocalConnection(self._broker, configuration.host_id, self.clock, loop)
        return HostProcess(
            configuration,
            self.neighbourhood.inventory,
            EventLog("host", as_json=False, write=_nowhere),
            sink=self.places.sink,
            ledger=ledger,
            clock=self.clock,
            connection=connection,
        )

    def _run_host(self) -> None:
        try:
            self.host.run()
        except BaseException as error:  # noqa: BLE001 - raised again by the main thread
            self.host_failure = error

    async def _until(self, due_ns: int) -> None:
        await asyncio.sleep(self.clock.seconds_until(due_ns - EPOCH_NS))

    async def _walk_access_point(self, ap: SimulatedAccessPoint) -> None:
        session = self._broker.connect(ap.ap_id, lambda _message: None)
        while True:
            # a return of power brings the next message forward, so look again once a second
            await self._until(min(ap.next_ns, self.clock.now_ns() + NS_PER_S))
            message = ap.advance(self.clock.now_ns())
            if message is not None:
                session.publish(Message(ap.topic, message, qos=1))
                self._broker.pump()

    async def _walk_board(self, sensor_id: str) -> None:
        board, port = self.street.boards[sensor_id], self.ports[sensor_id]
        while True:
            await self._until(board.next_ns)
            port.write(board.advance(self.clock.now_ns()))

    async def _walk_plan(self) -> None:
        for change in self.street.plan:
            await self._until(change.at_ns)
            self.street.apply(change, self._cut_link)

    def _cut_link(self, gateway_id: str, up: bool) -> None:
        self.switches[gateway_id].turn(on=up)
        if up:
            self.gateways[gateway_id].uplink_task.own_link_back()

    def view(self) -> View:
        """How things stand now."""
        return demo_view.build(
            self.host.pipeline,
            self.neighbourhood.inventory,
            start_ms=EPOCH_NS // NS_PER_MS,
            now_ms=self.clock.now_ns() // NS_PER_MS,
            end_s=self.options.duration_s + SETTLE_S,
            backlog_records=self._waiting,
        )

    @property
    def _waiting(self) -> int:
        return sum(gateway.agent.spool.backlog_records for gateway in self.gateways.values())

    async def run(self, show: Callable[[View], None]) -> Counts:
        """The plan, then time to settle, then the end in order: street, gateways, host."""
        began_ns = self.clock.mono_ns()
        street = [
            *(self._walk_access_point(ap) for ap in self.street.access_points.values()),
            *(self._walk_board(sensor_id) for sensor_id in self.street.boards),
            self._walk_plan(),
        ]
        walks = [asyncio.ensure_future(one) for one in street]
        agents = [asyncio.ensure_future(one.run()) for one in self.gateways.values()]
        self._host_thread.start()
        end_ns = EPOCH_NS + round((self.options.duration_s + SETTLE_S) * NS_PER_S)
        try:
            while self.clock.now_ns() < end_ns:
                await asyncio.sleep(SHOW_S)
                self._check([*walks, *agents])
                show(self.view())
        finally:
            await _end(walks)
            await self._drain()
            for gateway in self.gateways.values():
                gateway.stop()
            await asyncio.gather(*agents, return_exceptions=True)
            produced = sum(one.agent.readings for one in self.gateways.values())
            await self._arrived(produced)
            self.host.stop()
            await asyncio.to_thread(self._host_thread.join, DRAIN_S_MAX)
        self._check([])
        intake = self.host.pipeline.intake
        return Counts(
            produced=produced,
            taken_in=intake.readings,
            declared_lost=intake.declared_lost,
            waiting=still_waiting(
                intake, {name: one.agent.spool for name, one in self.gateways.items()}
            ),
            wall_s=(self.clock.mono_ns() - began_ns) / self.options.speed / NS_PER_S,
        )

    def _check(self, tasks: "list[asyncio.Future[None]]") -> None:
        if self.host_failure is not None:
            raise self.host_failure
        for task in tasks:
            if task.done():
                task.result()

    async def _arrived(self, produced: int) -> None:
        """Wait, within a bound, for what was still on its way when the gateways stopped."""
        for _ in range(round(ARRIVAL_S_MAX / SHOW_S)):
            if self.host.pipeline.intake.readings >= produced:
                return
            await asyncio.sleep(SHOW_S)

    async def _drain(self) -> None:
        """Wait until the host has committed what the gateways hold, within a bound.

        The agents go on beating meanwhile, so a handful of records is always under way.
        """
        for _ in range(round(DRAIN_S_MAX / SHOW_S)):
            if self._waiting <= len(self.gateways) * BEATS_UNDER_WAY:
                return
            await asyncio.sleep(SHOW_S)


async def _end(tasks: "Sequence[asyncio.Future[None]]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _nowhere(_line: str) -> None:
    """The demo's screen says what the logs would."""


def run_live(options: DemoOptions, console: Console) -> Summary:
    """One real-time run with its screen and its page."""
    console.print("Making the kernels ready: some seconds, the first time.", highlight=False)
    warm_up(City.of(build(options.seed, options.duration_s).inventory))
    bind.warm_up()  # before the world's clock starts, or its first outages would pass unseen
    page = DemoPage(options.port)
    page.start()

    async def main(scratch: Path, stack: ExitStack) -> tuple[LiveDemo, Counts]:
        world = LiveDemo(options, scratch, stack)
        head = (
            f"Lamplighter demo, seed {options.seed}: {options.minutes:g} simulated minutes at "
            f"{options.speed:g} times real time. The same on {page.url}"
        )
        with DemoScreen(console, head=head) as screen:

            def show(view: View) -> None:
                screen.show(view)
                page.show(view)

            return world, await world.run(show)

    try:
        with (
            tempfile.TemporaryDirectory(prefix="lamplighter-demo-") as scratch,
            ExitStack() as stack,
        ):
            world, counts = asyncio.run(main(Path(scratch), stack))
    finally:
        page.stop()
    return summarise(options, world.neighbourhood, world.places, counts)
