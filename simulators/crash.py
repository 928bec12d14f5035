"""Real processes are killed and frozen at random moments, and afterwards nothing is missing.

Two gateways, a broker, a host, a database, a street that speaks all the while. When the faults
are over the street falls silent, everything that was numbered is waited for, and the database is
compared with what was said and recorded.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from edge.clock import SystemClock
from ingest.errors import DatabaseAway
from ingest.ledger_reader import LedgerReader
from simulators import crash_account
from simulators.crash_account import Away, Figures
from simulators.crash_plan import Cycle, Fault, Kind, Victim, cycles
from simulators.installation import Installation, Rhythm, town
from simulators.processes import GatewayProgram, MetricsAway
from simulators.servers import Server, ServerFailed
from simulators.spool_harvest import Harvest
from simulators.waiting import NeverHappened, until
from vocabulary.units import NS_PER_S

GATEWAYS: Final = 2
APS_EACH: Final = 5
SENSORS_EACH: Final = 2
RHYTHM: Final = Rhythm(access_point_s=2.0, gateway_s=2.0, margin_s=1.0)
CALM_S: Final = 3.0
"""Before the first fault and after the last."""
END_NS: Final = round((RHYTHM.access_point_s + RHYTHM.margin_s) * NS_PER_S)
"""So long before its end a street's silence may already count as an outage."""

Trouble = (NeverHappened, ServerFailed, MetricsAway, DatabaseAway, LookupError)
"""The last one: a gateway's log lacks its farewell."""


class Summary(msgspec.Struct):
    """One run, for people and machines. ``kills``: victim -> kind -> how often."""

    seed: int
    cycles_planned: int
    cycles: int = 0
    kills: dict[Victim, dict[Kind, int]] = {}
    figures: Figures = msgspec.field(default_factory=Figures)
    settled: bool = False
    """Whether the account was made."""
    wall_s: float = 0.0

    @property
    def is_clean(self) -> bool:
        """Nothing missing, doubled, invented, declared lost; no false outage; all cycles done."""
        whole = self.settled and self.cycles == self.cycles_planned
        return whole and not self.figures.findings and self.figures.produced > 0

    def kills_of(self, kind: Kind) -> int:
        """How often somebody was killed, or frozen."""
        return sum(by_kind[kind] for by_kind in self.kills.values())


class Course:
    """The faults of a run, on a city that runs."""

    def __init__(self, city: Installation, summary: Summary) -> None:
        self._city, self._summary = city, summary
        self._clock = SystemClock()
        self.away: list[Away] = []
        self.harvests = {
            gateway_id: Harvest(gateway_id, program.directory / "spool")
            for gateway_id, program in city.gateways.items()
        }
        summary.kills = {victim: dict.fromkeys(Kind, 0) for victim in Victim}

    def survives(self, cycle: Cycle) -> bool:
        """Live through a cycle; False if somebody did not come back, or ended by itself."""
        return self._try(partial(self._live, cycle))

    def _live(self, cycle: Cycle) -> None:
        if cycle.around:
            self._both(*cycle.faults)
        else:
            for fault in cycle.faults:
                self._city.live(fault.after_s)
                with self._hit(fault):
                    self._city.live(fault.for_s)
        for harvest in self.harvests.values():
            harvest.look()
        self._summary.cycles += 1

    def _both(self, frozen: Fault, killed: Fault) -> None:
        """One is killed while another stands still; it returns when that one goes on."""
        self._city.live(frozen.after_s)
        with ExitStack() as dead, self._hit(frozen):
            self._city.live(killed.after_s)
            dead.enter_context(self._hit(killed))
            self._city.live(killed.for_s)

    @contextmanager
    def _hit(self, fault: Fault) -> Iterator[None]:
        """Inside, the victim is away; afterwards it is back and listens."""
        gateway_id = self._city.inventory.gateway[fault.which].gateway_id
        gateway = self._city.gateways[gateway_id]
        victim = self._victim(fault, gateway)
        is_kill = fault.kind is Kind.KILLED
        start_ns = self._clock.now().wall_ns
        self._summary.kills[fault.victim][fault.kind] += 1
        if is_kill:
            victim.kill()
            yield
            victim.start()
        else:
            victim.freeze()
            try:
                yield
            finally:
                if victim.running:  # else it was killed while it stood still
                    victim.thaw()
        if fault.victim is Victim.GATEWAY:
            if is_kill:
                until(partial(self._listens, gateway_id, gateway), f"{gateway_id} listens again")
            self.away.append(Away(gateway_id, start_ns, self._clock.now().wall_ns, deaf=is_kill))

    def _victim(self, fault: Fault, gateway: GatewayProgram) -> Server:
        return {
            Victim.GATEWAY: gateway,
            Victim.BROKER: self._city.city_broker,
            Victim.HOST: self._city.host,
            Victim.DATABASE: self._city.influx,
        }[fault.victim]

    def _listens(self, gateway_id: str, gateway: GatewayProgram) -> bool:
        ports = self._city.street.ports
        hears = bool(gateway.events("local_broker_up", this_life=True))
        return hears and all(
            ports[row.sensor_id].opened
            for row in self._city.inventory.sensor
            if row.gateway_id == gateway_id
        )

    def settle(self) -> None:
        """Silence, patience, and the account."""
        city, figures = self._city, self._summary.figures
        city.street.walk(CALM_S)
        city.street.finish()
        for step in (city.drain, city.stop_gateways):
            self._try(step)  # the account then says what is absent
        for program in city.programs:
            program.stop()
            if program.exit_code != 0:
                figures.find(f"{program.room} ended with {program.exit_code}")
            for line in program.unexpected():
                figures.find(f"{program.room} wrote: {line}")
        self.account()

    def _try(self, step: Callable[[], object]) -> bool:
        try:
            step()
        except Trouble as error:
            self._summary.figures.find(str(error))
            return False
        return True

    def account(self) -> None:
        """Compare; everything has ended but the database."""
        city, figures = self._city, self._summary.figures
        reader = city.reader()
        for harvest in self.harvests.values():
            harvest.look()
        crash_account.compare_spools(figures, self.harvests, crash_account.stored_values(reader))
        crash_account.compare_street(figures, city.street, reader, city.inventory, self.away)
        reader.close()
        assert city.street.end_ns is not None
        end_ns = city.street.end_ns - END_NS
        with LedgerReader(Path(city.host.ledger)) as ledger:
            crash_account.compare_accounts(figures, self.harvests, ledger.accounts())
            crash_account.compare_outages(figures, ledger.outages(), self.away, end_ns=end_ns)
        self._summary.settled = True


def keep(city: Installation, out: Path) -> None:
    """Copy what one looks at afterwards: logs, ledger, spools."""
    for program in city.programs:
        shutil.copytree(program.directory, out / program.directory.name, dirs_exist_ok=True)
    for server in city.servers:
        directory = out / server.directory.name
        directory.mkdir(parents=True, exist_ok=True)
        shutil.copy(server.log_path, directory)


def run(
    count: int,
    seed: int,
    *,
    say: Callable[[str], None],
    interrupted: Callable[[], bool] = lambda: False,
    out: Path | None = None,
) -> Summary:
    """So many cycles and the account; fewer once ``interrupted`` says so."""
    clock = SystemClock()
    began_ns = clock.mono_ns()
    summary = Summary(seed, count)
    inventory = town(gateways=GATEWAYS, aps_each=APS_EACH, sensors_each=SENSORS_EACH)
    with (
        tempfile.TemporaryDirectory(prefix="lamplighter-crash-") as directory,
        Installation(
            inventory, seed=seed, directory=Path(directory), rhythm=RHYTHM, own_groups=True
        ) as city,
    ):
        course = Course(city, summary)
        try:
            city.begin()
            city.live(CALM_S)
            for cycle in cycles(count, seed=seed, gateways=GATEWAYS):
                if interrupted() or not course.survives(cycle):
                    break
                say(f"cycle {cycle.number:3} of {count}: {cycle}")
            say("the street falls silent; what was numbered is waited for and compared")
            course.settle()
        except Trouble as error:
            summary.figures.find(str(error))
        finally:
            summary.wall_s = round((clock.mono_ns() - began_ns) / NS_PER_S, 1)
            if out is not None:
                keep(city, out)
    return summary
