"""A scenario played in real time, or faster, against a real broker: thousands of gateways at once.

The gateways share one asyncio loop, the host has a thread of its own, as in life it has a machine.
What a real broker and a real host cannot be made to do from here is named in the report.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from ingest.configuration import BrokerPlace, HostConfiguration, InfluxPlace, MetricsPage
from ingest.host_process import HostProcess
from ingest.ledger import Ledger
from ingest.ledger_reader import LedgerReader
from simulators.arrivals import Arrivals
from simulators.clock import ScaledClock
from simulators.live_gateway import LiveGateway
from simulators.play_report import PlayReport, Usage, causes, found, refused, true_usage
from simulators.recording import Head, Recorder
from simulators.scenario import Kind
from simulators.statuses import Status, Statuses
from simulators.tap import Tap
from simulators.town_gateway import configuration_of, topic_of
from simulators.town_host import Forgetful
from simulators.truth import TruthLedger
from vocabulary.event_log import EventLog
from vocabulary.inventory import Gateway
from vocabulary.units import MS_PER_S, NS_PER_S, S_PER_H

SHOW_S: Final = 0.5
STOP_S_MAX: Final = 20.0
SLICE_NS: Final = 5 * NS_PER_S
CLOSED_AT_ONCE: Final = 200
_NOT_LIVE: Final = frozenset({Kind.BROKER_RESTART, Kind.PROCESSOR_PAUSE, Kind.SESSION_TAKEOVER})


class Live(NamedTuple):
    """How to play."""

    broker: str
    speed: float = 1.0
    ptys: Path | None = None
    record: Path | None = None


def not_played(run: Arrivals) -> tuple[str, ...]:
    """What of a scenario does not happen when it is played live."""
    kinds = {str(fault.kind) for fault in run.faults if fault.kind in _NOT_LIVE}
    if not run.nature.delays.plain:
        kinds.add("sender")
    if run.fleet.clocks or run.effects.clock_steps:
        kinds.add("clocks")
    return tuple(sorted(kinds))


class LiveTown:
    """Everything of one run in real time."""

    def __init__(self, run: Arrivals, how: Live, ledger_path: Path) -> None:
        self.run_of, self._how, self._ledger_path = run, how, ledger_path
        self.clock = ScaledClock(how.speed, run.start_ns)
        behind: dict[str, list[str]] = {}
        for ap_id, path in run.fleet.paths.items():
            behind.setdefault(path.gateway_id, []).append(ap_id)
        self.gateways = {
            row.gateway_id: self._gateway(row, behind.get(row.gateway_id, []))
            for row in run.town.inventory.gateway
        }
        self._topics = [topic_of(ap_id) for ap_id in run.fleet.paths]
        self._of_ap = [self.gateways[path.gateway_id] for path in run.fleet.paths.values()]
        self.statuses = Statuses(run)
        self.host = self._host()
        self._host_thread = threading.Thread(target=self._run_host, name="host", daemon=True)
        self._failure: BaseException | None = None
        self.ended_ns = run.start_ns
        self.late_ns_max = 0
        """How late the town's slowest message went out, by the town's clock."""
        self._boards: list[asyncio.Task[None]] = []

    def _gateway(self, row: Gateway, ap_ids: list[str]) -> LiveGateway:
        ptys = self._how.ptys
        sensors = [one for one in self.run_of.town.inventory.sensor if ptys is not None]
        ports = {
            one.sensor_id: str((ptys or Path()) / one.sensor_id)
            for one in sensors
            if one.gateway_id == row.gateway_id
        }
        made = configuration_of(
            row, ap_ids, self.run_of.settings, broker=self._how.broker, ports=ports
        )
        return LiveGateway(made, self.clock, self.run_of.seed)

    def _host(self) -> HostProcess:
        configuration = HostConfiguration(
            inventory="",
            broker=BrokerPlace(self._how.broker),
            influx=InfluxPlace("http://127.0.0.1"),
            detector=self.run_of.settings,
            metrics_page=MetricsPage(port=0),
        )
        ledger = Ledger.open(self._ledger_path)
        ledger.set_inventory(self.run_of.fleet.listed)
        return HostProcess(
            configuration,
            self.run_of.fleet.listed,
            EventLog("host", as_json=False, write=lambda _line: None),
            sink=Forgetful(),
            ledger=ledger,
            clock=self.clock,
        )

    def _run_host(self) -> None:
        try:
            self.host.run()
        except BaseException as error:  # noqa: BLE001 - raised again by the main thread
            self._failure = error

    async def _until(self, at_ns: int) -> None:
        await asyncio.sleep(self.clock.seconds_until(at_ns - self.run_of.start_ns))

    async def _walk_access_points(self) -> None:
        run, to_ns = self.run_of, self.run_of.start_ns
        while to_ns < run.end_ns:
            to_ns = min(to_ns + SLICE_NS, run.end_ns)
            for status in self.statuses.until(to_ns):
                await self._until(status.t_ns)
                self.late_ns_max = max(self.late_ns_max, self.clock.now_ns() - status.t_ns)
                self._send(status)

    def _send(self, status: Status) -> None:
        self._of_ap[status.ap_ix].local_message(self._topics[status.ap_ix], status.payload())

    def _plan(self) -> list[tuple[int, str, Callable[[], Awaitable[None] | None]]]:
        """Everything that will happen to gateways, in order of time."""
        effects = self.run_of.effects
        made: list[tuple[int, str, Callable[[], Awaitable[None] | None]]] = []
        for gateway_id, gateway in self.gateways.items():
            dead = effects.dead.get(gateway_id, [])
            if not dead or dead[0][0] > effects.start_ns:
                made.append((effects.start_ns, gateway_id, gateway.boot))
            exits = effects.exits.get(gateway_id, set())
            for start_ns, end_ns in dead:
                die = partial(gateway.die, with_will=start_ns in exits)
                made += [(start_ns, gateway_id, die), (end_ns, gateway_id, gateway.boot)]
            for start_ns, end_ns in effects.cut.get(gateway_id, []):
                made.append((start_ns, gateway_id, partial(gateway.link, up=False)))
                made.append((end_ns, gateway_id, partial(gateway.link, up=True)))
        return sorted(made, key=lambda row: row[:2])

    async def _walk_plan(self) -> None:
        for at_ns, _gateway_id, do in self._plan():
            await self._until(at_ns)
            waiting = do()
            if waiting is not None:
                await waiting

    async def play(self, progress: Callable[[float], None], stop: Callable[[], bool]) -> None:
        """All of it, or until ``stop`` says so; everything ends in order."""
        run, how = self.run_of, self._how
        if how.ptys is not None:
            how.ptys.mkdir(parents=True, exist_ok=True)
            for gateway in self.gateways.values():
                self._boards += gateway.attach_boards(how.ptys)
        self._host_thread.start()
        walks = [
            asyncio.create_task(self._walk_plan()),
            asyncio.create_task(self._walk_access_points()),
        ]
        try:
            while self.clock.now_ns() < run.end_ns and not stop():
                await asyncio.sleep(SHOW_S)
                self._check([*walks, *self._boards])
                passed_ns = min(self.clock.now_ns(), run.end_ns) - run.start_ns
                progress(passed_ns / (run.end_ns - run.start_ns))
        finally:
            self.ended_ns = min(self.clock.now_ns(), run.end_ns)
            await self._end([*walks, *self._boards])
        self._check([])

    async def _end(self, tasks: list[asyncio.Task[None]]) -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        gateways = list(self.gateways.values())
        for first in range(0, len(gateways), CLOSED_AT_ONCE):
            some = gateways[first : first + CLOSED_AT_ONCE]
            await asyncio.gather(*(one.close() for one in some))
        self.host.stop()
        await asyncio.to_thread(self._host_thread.join, STOP_S_MAX)

    def _check(self, tasks: list[asyncio.Task[None]]) -> None:
        if self._failure is not None:
            raise self._failure
        for task in tasks:
            if task.done() and not task.cancelled():
                task.result()


async def _played(
    run: Arrivals,
    how: Live,
    ledger_path: Path,
    progress: Callable[[float], None],
    stop: Callable[[], bool],
) -> tuple[LiveTown, int, Recorder | None]:
    """The town, when it ended, and what was recorded."""
    town, recorder = LiveTown(run, how, ledger_path), None
    if how.record is not None:
        head = Head(run.fleet.listed, run.settings, run.start_ns, run.scenario.title, run.seed)
        recorder = Recorder(how.record, head)
        Tap(town.host.pipeline, recorder)
    await town.play(progress, stop)
    return town, town.ended_ns, recorder


def play(
    run: Arrivals,
    ledger_path: Path,
    how: Live,
    *,
    progress: Callable[[float], None],
    stop: Callable[[], bool] = lambda: False,
) -> tuple[PlayReport, TruthLedger]:
    """Play it until ``stop`` says so: report and recording are of what was done."""
    town, now_ns, recorder = asyncio.run(_played(run, how, ledger_path, progress, stop))
    with LedgerReader(ledger_path) as ledger:
        incidents = tuple(ledger.incidents())
    if recorder is not None:
        recorder.end(incidents)
        recorder.close()
    done_s, wall_s = (now_ns - run.start_ns) / NS_PER_S, town.clock.mono_ns() / how.speed / NS_PER_S
    truth = run.truth_until(now_ns, town.statuses.usage())
    state, intake = town.host.pipeline.state, town.host.pipeline.intake
    report = PlayReport(
        title=run.scenario.title,
        seed=run.seed,
        path="live",
        finished=now_ns == run.end_ns,
        share_done=done_s * NS_PER_S / (run.end_ns - run.start_ns),
        simulated_s=done_s,
        access_points=run.city.ap_count,
        gateways=run.city.gateway_count,
        readings=intake.readings,
        true_incidents=causes(truth, now_ns),
        found_incidents=found(incidents),
        true_usage=true_usage(truth),
        measured_usage=Usage.of(state),
        refused=refused(intake.all_counts()),
        not_played=not_played(run),
        ap_hours_per_s=round(run.city.ap_count * done_s / S_PER_H / wall_s, 2),
        wall_s=round(wall_s, 2),
        late_s_max=round(town.late_ns_max / NS_PER_S, 2),
        late_s_allowed=run.settings.margin_ms / MS_PER_S,
        recording=str(how.record or ""),
    )
    return report, truth
