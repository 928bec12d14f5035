"""The eight steps as they are done on a board; their order and record: ``provision.py``."""

import asyncio
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from edge import access_point_walk, configuration, configuration_file, enrolment, identity, machine
from edge import provision_probe as probe
from edge.clock import Clock
from edge.configuration import GatewayConfiguration, broker_address
from edge.doctor_cli import inspect, read_page
from edge.doctor_finding import Severity
from edge.enrol_client import EnrolClient
from edge.errors import AuthorityAway, AuthorityRefused, IdentityUnusable
from edge.identity_store import IdentityStore, Placed
from edge.provision import Seen, Step, StepName, fine
from edge.renewal import try_identity
from vocabulary.delivery import TimeQuality
from vocabulary.enrolment import Job, ReadBack, normal_code
from vocabulary.errors import ConfigurationInvalid, LamplighterError
from vocabulary.units import NS_PER_MS, NS_PER_S

CLOCK_WAIT_S: Final = 90.0
READ_BACK_S: Final = 15.0
READ_BACK_ROUNDS: Final = 2
CARD_S_MAX: Final = 1.0
JOB_LIFE_S: Final = 14 * 86_400
OFFLINE: Final = frozenset({"E-NET-11", "E-NET-13", "E-NET-31", "E-MQ-01", "E-ENR-10"})
"""What a site without a network looks like: with a job that is no reason to stop."""


class Wanted(NamedTuple):
    """What the technician brought."""

    code: str
    pinned: str
    enrol_url: str
    job: Job | None
    job_chain: str


class Places(NamedTuple):
    """Where things are on this board."""

    state: Path
    configuration: Path

    @property
    def identity(self) -> Path:
        """The identity's directory."""
        return self.state / "identity"


class Steps:
    """The steps of one board."""

    def __init__(
        self,
        wanted: Wanted,
        places: Places,
        *,
        clock: Clock,
        services: probe.Services,
        wait: Callable[[float], object],
        clock_wait_s: float = CLOCK_WAIT_S,
    ) -> None:
        self._wanted, self._places = wanted, places
        self._clock, self._services, self._wait = clock, services, wait
        self._clock_wait_s = clock_wait_s
        self.store = IdentityStore(places.identity)
        self.board = machine.boot_info().board_serial
        self.told: ReadBack | None = None

    def all(self) -> Sequence[tuple[StepName, Step]]:
        """Every step in its order."""
        return (
            (StepName.POWER, self.power),
            (StepName.CLOCK, self.clock),
            (StepName.BACKHAUL, self.backhaul),
            (StepName.ENROL, self.enrol),
            (StepName.SERIAL, self.serial),
            (StepName.WIFI, self.wifi),
            (StepName.DOCTOR, self.doctor),
            (StepName.READ_BACK, self.read_back),
        )

    def _until(self, what: Callable[[], bool], seconds: float) -> bool:
        """Whether something came true within so many seconds."""
        end_ns = self._clock.mono_ns() + round(seconds * NS_PER_S)
        while not what():
            if self._clock.mono_ns() >= end_ns:
                return False
            self._wait(min(1.0, seconds))
        return True

    def power(self) -> Seen:
        """No under-voltage, and a card that takes what it is given."""
        card = probe.card_speed(self._places.state, self._clock)
        if card.fault:
            remedy = "Remount or replace the card before anything else: nothing was changed."
            return Seen(Severity.FATAL, card.fault, "E-SD-02", "a card that takes writes", remedy)
        if card.worst_s > CARD_S_MAX:
            found = f"the slowest of {probe.PROBE_WRITES} writes took {card.worst_s:.2f} s"
            remedy = "Replace the card: a slow one is a dying or a false one."
            return Seen(Severity.FATAL, found, "E-SD-01", f"below {CARD_S_MAX:g} s", remedy)
        found = f"card's slowest write {1000 * card.worst_s:.0f} ms"
        weak = probe.under_voltage()
        if weak:
            remedy = "Use the official supply and a short cable; then start again."
            return Seen(
                Severity.DEGRADED, "under-voltage since boot", "E-PWR-01", "none since boot", remedy
            )
        return fine(found if weak is False else f"{found}; this board does not report its supply")

    def clock(self) -> Seen:
        """Kept right by somebody, or ninety seconds have passed."""
        now_s = self._clock.now().wall_ns // NS_PER_S
        floor_s = self._wanted.job.expires_s - JOB_LIFE_S if self._wanted.job else 0
        if now_s < floor_s:
            found = "the clock is before the day on which this job was written"
            remedy = "Set it: sudo date -s '2026-01-31 12:00', from your phone; then --resume."
            return Seen(Severity.FATAL, found, "E-TIME-03", "a clock right within a day", remedy)
        if self._until(self._synced, self._clock_wait_s):
            return fine("synchronised")
        remedy = "Allow time servers (UDP 123), or fit a battery clock; it goes on meanwhile."
        found = f"nobody kept it right within {self._clock_wait_s:g} s"
        return Seen(Severity.NOTE, found, "E-TIME-01", "synchronised", remedy)

    def _synced(self) -> bool:
        return self._clock.now().quality is TimeQuality.SYNCED

    # The way to the city.

    def backhaul(self) -> Seen:
        """Carrier, address, name, port, and that the right city answers."""
        try:
            self._trust()
            places = [self._url(), *self._brokers()]
        except (AuthorityAway, AuthorityRefused) as error:
            return self._failed(error)
        for host, port in places:
            found = probe.reach(host, port, self.store.authority())
            if found.code:
                return self._offline(found.code, found.found, found.expected)
        links = ", ".join(probe.carriers()) or "loopback only"
        return fine(f"{', '.join(f'{host}:{port}' for host, port in places)} over {links}")

    def _trust(self) -> None:
        wanted = self._wanted
        if wanted.job_chain and not self.store.authority():
            self.store.keep_authority(wanted.job_chain)
        url = self._enrol_url()
        enrolment.trust(lambda chain: EnrolClient(url, chain), self.store, wanted.pinned)

    def _enrol_url(self) -> str:
        placed = self.store.placed()
        job = self._wanted.job
        return (
            self._wanted.enrol_url
            or (job.enrol_url if job else "")
            or (placed.enrol_url if placed else "")
        )

    def _url(self) -> tuple[str, int]:
        host, _, port = self._enrol_url().removeprefix("https://").rpartition(":")
        return host, int(port)

    def _brokers(self) -> list[tuple[str, int]]:
        job = self._wanted.job
        if job is None:
            return []
        address = broker_address(job.broker)
        return [(address.host, address.port)]

    def _offline(self, code: str, found: str, expected: str) -> Seen:
        remedy = _REMEDIES.get(code, "Call operations and read them this line.")
        links = probe.carriers()
        if code == "E-NET-11" and not links:
            found = f"{found}; no interface has a carrier"
        if self._wanted.job is not None and code in OFFLINE:
            remedy = f"{remedy} Sampling begins anyway; --resume when the link is there."
            return Seen(Severity.DEGRADED, found, code, expected, remedy)
        return Seen(Severity.FATAL, found, code, expected, remedy)

    def _failed(self, error: LamplighterError) -> Seen:
        if isinstance(error, AuthorityAway):
            return self._offline(error.code, f"{error.tried}: {error.found}", error.expected)
        if isinstance(error, AuthorityRefused):
            return Seen(Severity.FATAL, error.found, error.code, error.expected, error.advice)
        return Seen(Severity.FATAL, str(error), "E-ID-02", "a good identity", error.remedy)

    # Becoming somebody.

    def enrol(self) -> Seen:
        """Certificate stored, configuration written, agent started, broker satisfied."""
        try:
            placed, how = self._identity()
        except (AuthorityAway, AuthorityRefused, IdentityUnusable) as error:
            seen = self._failed(error)
            if seen.severity is Severity.DEGRADED:
                self._begin_without_link()
            return seen
        fault = self._configure(placed)
        if fault is not None:
            return fault
        said = self._services.start_agent()
        if said:
            remedy = "Read: journalctl -u lamplighter-gateway -e; then --resume."
            return Seen(Severity.FATAL, said, "E-SW-02", "a running agent", remedy)
        said = try_identity(
            broker_address(placed.broker),
            str(self.store.identity_path),
            str(self.store.authority_path),
        )
        if said:
            remedy = "Operations: is this id retired, or the broker's authority another one?"
            return Seen(Severity.FATAL, f"the broker: {said}", "E-MQ-02", "a welcome", remedy)
        return fine(f"{how} {placed.gateway_id}, generation {placed.generation}")

    def _identity(self) -> tuple[Placed, str]:
        wanted, placed = self._wanted, self.store.placed()
        root = identity.root_of(self.store.authority())
        meant = wanted.job.gateway_id if wanted.job else ""
        if placed is not None and self.store.enrolled and root is not None:
            if meant not in ("", placed.gateway_id):
                raise AuthorityRefused(
                    *("E-ENR-02", f"this board is {placed.gateway_id}, the job is for {meant}"),
                    *("one gateway, one board", "Wrong job? Else call operations."),
                )
            enrolment.check(self.store.identity(), placed.gateway_id, root)
            return placed, "is already"
        code = normal_code(wanted.code)
        if code is None:
            raise AuthorityRefused(
                *("E-ENR-01", "no code of eight characters", "the code on this gateway's sheet"),
                "Read it again: digits and letters without I, L, O and U.",
            )
        client = EnrolClient(self._enrol_url(), self.store.authority())
        return enrolment.enrol(client, self.store, code, self.board), "became"

    def _begin_without_link(self) -> None:
        """With a job sampling begins now; the spool keeps what it reads until there is a link."""
        job = self._wanted.job
        if job is not None and not self._places.configuration.exists():
            self._write_configuration(job.configuration, job.generation)
        self._services.start_agent()

    def _configure(self, placed: Placed) -> Seen | None:
        path, job = self._places.configuration, self._wanted.job
        if not path.exists():
            text = job.configuration if job else _minimal(placed, self.store)
            self._write_configuration(text, placed.generation)
        try:
            made = configuration_file.read(str(path))
        except ConfigurationInvalid as error:
            return Seen(Severity.FATAL, str(error), "E-SW-01", "no fault", error.remedy)
        if made.gateway_id != placed.gateway_id or made.district != placed.district:
            found = f"{path} is of {made.district}/{made.gateway_id}"
            expected = f"{placed.district}/{placed.gateway_id}, as enrolled"
            remedy = f"Move {path} away, or correct it; then --resume."
            return Seen(Severity.FATAL, found, "E-SW-01", expected, remedy)
        return None

    def _write_configuration(self, text: str, generation: int) -> None:
        path = self._places.configuration
        text = text.replace(_DEFAULT_IDENTITY, str(self._places.identity))
        text += f'\n[spool]\ndirectory = "{self._places.state}"\ngeneration = {generation}\n'
        configuration.parse(text, file=str(path))
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(path.name + ".tmp")
        with fresh.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.chmod(0o644)
        fresh.replace(path)

    # What hangs on it.

    def _made(self) -> GatewayConfiguration:
        return configuration_file.read(str(self._places.configuration))

    def serial(self) -> Seen:
        """Every adapter that is configured or expected is there."""
        ports = self._made().serial
        absent = [f"{row.sensor_id} at {row.port}" for row in ports if not Path(row.port).exists()]
        job = self._wanted.job
        named = {row.sensor_id for row in ports}
        unmapped = [one for one in (job.adapters if job else ()) if one not in named]
        there = ", ".join(probe.serial_adapters()) or "nothing"
        if absent:
            remedy = "Push the plug until it clicks; on the USB ports now: " + there
            found = "; ".join(absent) + " missing"
            return Seen(Severity.FATAL, found, "E-SER-01", f"{len(ports)} adapters", remedy)
        if unmapped:
            remedy = f"Write a [[serial]] table for each. On the USB ports now: {there}"
            found = f"no port is set for {', '.join(unmapped)}"
            return Seen(Severity.DEGRADED, found, "E-SER-01", "a port for each sensor", remedy)
        return fine(f"{len(ports)} of {len(ports)} adapters" if ports else "none expected")

    def wifi(self) -> Seen:
        """Each access point speaks for itself; a walk by radio would follow here."""
        made = self._made()
        if not made.source:
            return fine("none listed for this gateway")
        heard = asyncio.run(access_point_walk.listen(made))
        silent = [row for row in heard if not row.heard]
        if silent:
            found = "; ".join(f"{row.ap_id}: {row.found}" for row in silent)
            remedy = "Is it on, on the management network, and publishing to its topic?"
            expected = f"{len(heard)} access points speaking"
            return Seen(Severity.DEGRADED, found, "E-WIFI-10", expected, remedy)
        return fine(f"{len(heard)} of {len(heard)} speak under their names")

    def doctor(self) -> Seen:
        """No fatal finding."""
        report = inspect(str(self._places.configuration))
        worst = [one for one in report.findings if one.severity is Severity.FATAL]
        if worst:
            first = worst[0]
            found = "; ".join(f"{one.code} {one.what}: {one.found}" for one in worst)
            return Seen(Severity.FATAL, found, first.code, first.expected, first.remedy)
        bad = [one.code for one in report.findings if one.severity is not Severity.FINE]
        return fine(
            f"{len(report.findings)} checks" + (f", to note: {', '.join(bad)}" if bad else "")
        )

    def read_back(self) -> Seen:
        """One real point, seen again by way of the database; asked for twice at most."""
        marker = str(self._clock.now().wall_ns // NS_PER_MS)
        seen = fine("")
        for _ in range(READ_BACK_ROUNDS):
            began_ns = self._clock.mono_ns()
            try:
                found = self._until(lambda: self._asked(marker), READ_BACK_S)
            except (AuthorityAway, AuthorityRefused, IdentityUnusable) as error:
                return self._failed(error)
            assert self.told is not None
            if found:
                seconds = (self._clock.mono_ns() - began_ns) / NS_PER_S
                return fine(f"{self.told.found}, {seconds:.1f} s after it was asked for")
            seen = self._last_hop(self.told)
        return seen

    def _asked(self, marker: str) -> bool:
        client = EnrolClient(self._enrol_url(), self.store.authority())
        self.told = enrolment.ask_back(client, self.store, self.board, marker)
        return self.told.seen

    def _last_hop(self, told: ReadBack) -> Seen:
        """The host's word, unless our own agent already knows that nothing left it."""
        page = read_page(self._made().metrics_page)
        numbers = page.numbers if page else None
        code, found = told.code, f"last hop that confirmed: {told.last_hop}; {told.found}"
        if numbers is None or not numbers.get("readings_total"):
            code, found = "E-E2E-01", "the agent has made no record: its page says so"
        elif not numbers.get("uplink_up"):
            code, found = "E-E2E-02", "records wait in the spool; the agent has no broker"
        remedy = _REMEDIES[code]
        return Seen(Severity.FATAL, found, code, f"a point within {READ_BACK_S:g} s", remedy)


_DEFAULT_IDENTITY: Final = "/var/lib/lamplighter/identity"


def _minimal(placed: Placed, store: IdentityStore) -> str:
    return (
        f'gateway_id = "{placed.gateway_id}"\ndistrict = "{placed.district}"\n\n'
        f'[uplink]\nbroker = "{placed.broker}"\nhost_id = "{placed.host_id}"\n\n'
        f'[uplink.login]\nca_file = "{store.authority_path}"\n'
        f'certificate_file = "{store.identity_path}"\n'
    )


_REMEDIES: Final = {
    "E-NET-11": "Check cable, port and address; then --resume.",
    "E-NET-13": "Check the name, and the DNS server of this network; then --resume.",
    "E-NET-21": "This network asks for a log-in, or opens TLS: have this gateway exempted.",
    "E-NET-31": "Have the port opened towards that server; then --resume.",
    "E-TIME-03": "Set the clock from your phone (sudo date -s …); then --resume.",
    "E-MQ-01": "Ask operations whether it runs; then --resume.",
    "E-ENR-10": "Ask operations whether the enrolment service runs; then --resume.",
    "E-E2E-01": "Read: journalctl -u lamplighter-gateway -e.",
    "E-E2E-02": "Run the doctor: certificate, rights and way to the broker.",
    "E-E2E-03": "Operations: does the host run, and is this gateway in the inventory?",
    "E-E2E-04": "Operations: what does the host's log say of storing?",
    "E-E2E-05": "Operations: the database is away; nothing is lost, --resume when it is back.",
}
