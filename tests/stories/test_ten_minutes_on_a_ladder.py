"""Ten minutes on a ladder: a blank directory becomes a trusted gateway, and the city has its data.

Real processes throughout: authority and enrolment service, broker by certificate, database, host,
agent. Then the board is replaced by a second one, and at last the gateway is retired.
"""

import base64
import json
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge.clock import SystemClock
from ingest import authority
from ingest.authority_files import AuthorityFiles
from ingest.configuration import BrokerPlace
from simulators.installation import Rhythm, host_configuration, town
from simulators.processes import COMMAND, HostProgram, run
from simulators.servers import InfluxDb, Server, free_port, listens
from simulators.trusted_city import TrustingMosquitto
from simulators.waiting import until
from tests.house.tree import HOUSE
from vocabulary.units import NS_PER_MS

DEPLOY = HOUSE / "deploy" / "mosquitto"
GATEWAY = "gw-1"
STEPS = ["power", "clock", "backhaul", "enrol", "serial", "wifi", "doctor", "read-back"]


class EnrolProgram(Server):
    """``lamplighter host enrol serve``."""

    program = COMMAND[0]

    def __init__(self, words: Sequence[str]) -> None:
        super().__init__()
        self._words = words

    def command(self, program: str) -> Sequence[str]:
        return [program, *COMMAND[1:], *self._words, "--port", str(self.port)]

    def ready(self) -> bool:
        return listens(self.port)


class City:
    """What operations prepared: authority, servers, one list of sites."""

    def __init__(self, directory: Path, stack: ExitStack) -> None:
        self.directory, self.authority = directory, directory / "authority"
        inventory = town(gateways=1, aps_each=1, sensors_each=0)
        district = inventory.gateway[0].district
        (directory / "root.pass").write_text("a passphrase of some length", "utf-8")
        self.host_says("ca", "init", "--city", "town", "--passphrase-file", "root.pass")
        for name in ("broker", "enrolment"):
            words = ["--host", "127.0.0.1", "--out", "servers"]
            self.host_says("ca", "server", name, *words)
        self.host_says("ca", "client", "host1", "--out", "servers")
        servers = directory / "servers"
        for path in (DEPLOY / "acl", self.authority / "revoked.crl"):
            (servers / path.name).write_bytes(path.read_bytes())
        self.broker = stack.enter_context(TrustingMosquitto(DEPLOY, servers))
        influx = stack.enter_context(InfluxDb())
        made = host_configuration(self.broker.url, influx.url, Rhythm())
        place = BrokerPlace(
            self.broker.url,
            ca_file=str(servers / "authority.pem"),
            certificate_file=str(servers / "host1.crt"),
            key_file=str(servers / "host1.key"),
        )
        self.host = HostProgram(msgspec.structs.replace(made, broker=place), inventory)
        stack.enter_context(self.host)
        words = ["host", "enrol", "serve", "--address", "127.0.0.1"]
        words += ["--config", str(self.host.directory / "host.toml"), "--broker", self.broker.url]
        words += ["--certificate", str(servers / "enrolment.crt")]
        words += ["--key", str(servers / "enrolment.key"), "--directory", str(self.authority)]
        self.enrol = stack.enter_context(EnrolProgram(words))
        (directory / "sites.csv").write_text(
            f"gateway_id,site_id,district\n{GATEWAY},market,{district}\n", "utf-8"
        )
        words = ["--enrol-url", f"https://127.0.0.1:{self.enrol.port}"]
        words += ["--broker", self.broker.url, "--out", "jobs"]
        self.host_says("batch", "create", "sites.csv", *words)
        self.job = directory / "jobs" / f"{GATEWAY}.job"

    def host_says(self, *words: str) -> str:
        placed = [
            str(self.directory / word)
            if word in ("root.pass", "servers", "sites.csv", "jobs")
            else word
            for word in words
        ]
        done = run("host", *placed, "--directory", str(self.authority))
        assert done.returncode == 0, done.stderr
        return done.stdout


class Board:
    """A Raspberry Pi: a directory, and an agent once there is a configuration."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.page = directory, free_port()
        self.config = directory / "gateway.toml"
        self._agent: subprocess.Popen[bytes] | None = None

    def provision(self, *words: str) -> tuple[int, dict[str, Any]]:
        done = run(
            *("gateway", "provision", "--json", "--no-services", "--clock-wait-s", "0"),
            *("--state", str(self.directory), "--config", str(self.config), *words),
        )
        assert done.stdout, done.stderr
        print(done.stderr)  # noqa: T201 - the steps with their times, shown when the story fails
        return done.returncode, json.loads(done.stdout)

    def start(self) -> None:
        """As the service manager would."""
        page = f"\n[metrics_page]\nport = {self.page}\n\n[beat]\ngateway_s = 2.0\nvitals_s = 2.0\n"
        quick = "\n[uplink.reconnect]\nfirst_max_s = 1.0\nbase_s = 1.0\nmax_s = 2.0\n"
        text = self.config.read_text("utf-8")
        if "metrics_page" not in text:
            self.config.write_text(text + page + quick, "utf-8")
        with (self.directory / "log.txt").open("ab") as log:
            self._agent = subprocess.Popen(
                [*COMMAND, "gateway", "run", "--config", str(self.config)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        until(lambda: listens(self.page), "the agent's page is open")

    def stop(self) -> None:
        if self._agent is not None and self._agent.poll() is None:
            self._agent.send_signal(signal.SIGTERM)
            self._agent.wait(20)


@contextmanager
def board(directory: Path) -> Iterator[Board]:
    directory.mkdir()
    made = Board(directory)
    try:
        yield made
    finally:
        made.stop()


def by_name(told: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in told["steps"]}


@pytest.mark.story
@pytest.mark.timeout(600)
def test_install_ends_with_read_back(tmp_path: Path) -> None:
    with ExitStack() as stack:
        city = City(tmp_path, stack)
        first = stack.enter_context(board(tmp_path / "first"))
        without_a_network(city, first)
        enrolled_and_read_back(city, first)
        replaced(city, first, stack.enter_context(board(tmp_path / "second")))
        secrets_are_nowhere(city, tmp_path)


def without_a_network(city: City, first: Board) -> None:
    """In a cellar: the job alone; sampling begins, enrolment waits and says for what."""
    city.enrol.freeze()
    city.enrol.kill()
    code, told = first.provision("--job", str(city.job))
    rows = by_name(told)
    assert rows["backhaul"]["code"] == "E-ENR-10" or rows["backhaul"]["code"] == "E-MQ-01"
    assert rows["backhaul"]["severity"] == rows["enrol"]["severity"] == "degraded"
    assert "Sampling begins anyway" in rows["enrol"]["remedy"]
    assert code == 2, "no read-back: nobody leaves thinking that all is well"
    assert first.config.exists()
    assert told["hand_off"] is None
    first.start()
    city.enrol.start()


def enrolled_and_read_back(city: City, first: Board) -> None:
    """The link is there: the same command goes on, and ends with a point of the database."""
    began_ms = SystemClock().now().wall_ns // NS_PER_MS
    code, told = first.provision("--job", str(city.job), "--resume", *waived())
    rows = by_name(told)
    assert list(rows) == STEPS
    assert code in (0, 1), told
    for name in ("power", "backhaul", "enrol", "serial", "wifi", "read-back"):
        assert rows[name]["severity"] == "fine", rows[name]
    hand_off = told["hand_off"]
    assert (hand_off["gateway_id"], hand_off["site_id"]) == (GATEWAY, "market")
    assert hand_off["point_time_ms"] >= began_ms - 1_000
    assert json.loads((first.directory / "provision" / "handoff.json").read_bytes()) == hand_off


def waived() -> list[str]:
    """This machine's disk and clock are not a gateway's."""
    words = ["--waive", "E-DISK-01", "--waive", "E-SD-01", "--waive", "E-SEC-01"]
    return [*words, "--reason", "a machine that runs tests"]


def replaced(city: City, first: Board, second: Board) -> None:
    """A second board in its place; the old certificate dies when the new one's data is in."""
    said = city.host_says("enrol", "replace", GATEWAY)
    code = said.split("code ")[1].split()[0]
    first.stop()
    fingerprint = ["--ca-fingerprint", fingerprint_of(city)]
    url = ["--enrol-url", f"https://127.0.0.1:{city.enrol.port}"]
    exit_code, told = second.provision("--code", code, *url, *fingerprint, *waived())
    assert exit_code == 2, "no agent yet: the doctor says so"
    assert by_name(told)["enrol"]["found"] == f"became {GATEWAY}, generation 2"
    assert revoked(city) == 0
    second.start()
    exit_code, told = second.provision("--code", code, *url, *fingerprint, *waived(), "--resume")
    assert exit_code in (0, 1), told
    assert told["hand_off"]["generation"] == 2
    assert revoked(city) == 1
    city.host_says("enrol", "retire", GATEWAY)
    exit_code, told = second.provision("--code", code, *url, *fingerprint, *waived())
    assert told["steps"][-1]["code"] == "E-ENR-05", told["steps"][-1]


def fingerprint_of(city: City) -> str:
    return authority.fingerprint(AuthorityFiles(city.authority).root())


def revoked(city: City) -> int:
    rows = json.loads(city.host_says("enrol", "audit", "--json"))
    return sum(row["event"] == "settled" for row in rows)


def secrets_are_nowhere(city: City, tmp_path: Path) -> None:
    """No code, key or passphrase in any log, configuration, register, record or hand-off."""
    bundle = json.loads(city.job.read_bytes())
    code = json.loads(base64.b64decode(bundle["job"]))["code"].encode()
    secret = [code, code[:4] + b"-" + code[4:], b"a passphrase of some length"]
    allowed = {"jobs", "root.pass"}
    places = [path for path in tmp_path.rglob("*") if path.is_file()]
    places += [server.log_path for server in (city.broker, city.host, city.enrol)]
    for path in places:
        if allowed & set(path.parts):
            continue
        raw = path.read_bytes()
        assert not [one for one in secret if one in raw], path
        if b"PRIVATE KEY" in raw:
            assert path.stat().st_mode & 0o077 == 0, path
            assert path.name.endswith((".key", ".pem")), path
