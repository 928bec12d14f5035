"""Each step's troubles, with the city's real broker and service: what was seen, expected, next."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge import access_point_walk, provision_probe, provision_steps
from edge.access_point_walk import Heard
from edge.clock import SystemClock
from edge.doctor_cli import Page
from edge.doctor_finding import Severity
from edge.provision import Seen
from edge.provision_steps import Places, Steps, Wanted
from simulators.servers import free_port
from simulators.trusted_city import TrustedCity
from tests.house.tree import HOUSE
from vocabulary.delivery import TimeQuality
from vocabulary.enrolment import Job, ReadBack
from vocabulary.moment import Moment
from vocabulary.units import NS_PER_S

PAGE = {"readings_total": 5.0, "uplink_up": 1.0}


class Virtual:
    """A clock that moves only when somebody waits."""

    def __init__(self) -> None:
        self.wall_ns, self.ns = SystemClock().now().wall_ns, 0
        self.quality = TimeQuality.SYNCED

    def now(self) -> Moment:
        return Moment(self.ns, self.wall_ns + self.ns, self.quality)

    def mono_ns(self) -> int:
        return self.ns

    def seconds_until(self, mono_ns: int) -> float:
        return max(0, mono_ns - self.ns) / NS_PER_S

    def wait(self, seconds: float) -> None:
        self.ns += round(seconds * NS_PER_S)


class Started:
    """Counts starts; may refuse."""

    def __init__(self) -> None:
        self.starts, self.says = 0, ""

    def start_agent(self) -> str:
        self.starts += 1
        return self.says


class Scene:
    """One board before the city."""

    def __init__(self, city: TrustedCity, directory: Path) -> None:
        city.forgive()
        self.city, self.places = city, Places(directory, directory / "gateway.toml")
        self.name = f"gw-{os.urandom(4).hex()}"
        self.clock, self.services = Virtual(), Started()

    def steps(self, code: str = "", *, job: Job | None = None, **more: Any) -> Steps:
        chain = self.city.files.chain() if job else ""
        wanted = Wanted(code, self.city.fingerprint, self.city.url, job, chain)
        return Steps(
            wanted._replace(**more),
            self.places,
            clock=self.clock,
            services=self.services,
            wait=self.clock.wait,
        )

    def job(self, **more: Any) -> Job:
        text = f'gateway_id = "{self.name}"\ndistrict = "north"\n[uplink]\nbroker = "mqtts://b"\n'
        made = Job(1, self.name, "library", "north", 1, "00000000", 0, *("",) * 4)
        made = msgspec.structs.replace(made, enrol_url=self.city.url, broker=self.city.broker.url)
        return msgspec.structs.replace(made, configuration=text, **more)

    def enrolled(self) -> Steps:
        steps = self.steps(self.city.expect(self.name))
        assert steps.backhaul().severity is Severity.FINE
        assert steps.enrol().severity is Severity.FINE
        return steps


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrustedCity]:
    now_s = SystemClock().now().wall_ns // NS_PER_S
    with TrustedCity(
        tmp_path_factory.mktemp("city"), HOUSE / "deploy" / "mosquitto", now_s=now_s
    ) as made:
        yield made


@pytest.fixture
def scene(city: TrustedCity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setattr(provision_steps, "read_page", lambda _page: Page(PAGE, (), {}))
    return Scene(city, tmp_path)


def trouble(seen: Seen, code: str, severity: Severity = Severity.FATAL) -> str:
    """What every trouble must say, never only that time ran out."""
    assert (seen.code, seen.severity) == (code, severity), seen
    assert seen.found
    assert seen.found.lower() not in ("timeout", "timed out")
    assert seen.expected
    assert seen.remedy
    return seen.found


def test_power_and_card(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = scene.steps()
    assert steps.power().severity is Severity.FINE
    monkeypatch.setattr(provision_probe, "under_voltage", lambda: True)
    trouble(steps.power(), "E-PWR-01", Severity.DEGRADED)
    slow = provision_probe.CardSpeed(2.5, "")
    monkeypatch.setattr(provision_probe, "card_speed", lambda *_args: slow)
    assert "2.50 s" in trouble(steps.power(), "E-SD-01")
    dead = provision_probe.CardSpeed(0.0, "Read-only file system")
    monkeypatch.setattr(provision_probe, "card_speed", lambda *_args: dead)
    assert "Read-only" in trouble(steps.power(), "E-SD-02")


def test_a_clock_that_nobody_keeps_is_waited_for_and_then_goes_on(scene: Scene) -> None:
    assert scene.steps().clock().severity is Severity.FINE
    scene.clock.quality = TimeQuality.UNSYNCED
    trouble(scene.steps().clock(), "E-TIME-01", Severity.NOTE)
    assert scene.clock.ns == 90 * NS_PER_S


def test_a_clock_of_1970_is_named_before_tls_fails(scene: Scene) -> None:
    job = scene.job(expires_s=scene.city.clock.now_s + 86_400)
    scene.clock.wall_ns = 0
    trouble(scene.steps(job=job).clock(), "E-TIME-03")


def test_every_step_times_out_with_reason(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def raises(error: OSError) -> Any:
        def fail(*_args: object, **_more: object) -> None:
            raise error

        return fail

    steps = scene.steps("00000000")
    monkeypatch.setattr(socket, "create_connection", raises(TimeoutError()))
    assert "no answer on port" in trouble(steps.backhaul(), "E-NET-31")
    monkeypatch.setattr(socket, "create_connection", raises(OSError(101, "unreachable")))
    monkeypatch.setattr(provision_probe, "carriers", list)
    assert "no interface has a carrier" in trouble(steps.backhaul(), "E-NET-11")
    monkeypatch.setattr(socket, "create_connection", raises(socket.gaierror(-3, "no resolver")))
    assert "no resolver" in trouble(steps.backhaul(), "E-NET-13")
    monkeypatch.setattr(socket, "getaddrinfo", raises(socket.gaierror(-3, "no resolver")))
    with_job = scene.steps(job=scene.job(enrol_url="https://city.example:8443"), enrol_url="")
    found = with_job.backhaul()
    trouble(found, "E-NET-13", Severity.DEGRADED)
    assert "Sampling begins anyway" in found.remedy


def test_another_city_answers(scene: Scene) -> None:
    trouble(scene.steps("x", pinned="00" * 32).backhaul(), "E-ENR-03")
    trouble(scene.steps("x", pinned="").backhaul(), "E-ENR-03")


def test_wrong_clock_tls(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    for days_ago, code in ((-300, "E-TIME-03"), (400, "E-TIME-03")):
        path = scene.city.server_certificate("odd", days_ago=days_ago)
        with tls_server(path) as port:
            found = provision_probe.reach("127.0.0.1", port, scene.city.files.chain())
        assert found.code == code, found
    monkeypatch.undo()
    with tls_server(scene.city.server_certificate("odd")) as port:
        found = provision_probe.reach("127.0.0.1", port, _other_chain())
    assert found.code == "E-NET-21"
    assert "not this city's" in found.found


def _other_chain() -> str:
    from ingest import authority  # noqa: PLC0415

    root = authority.new_root("other", now_s=1_790_000_000, entropy=os.urandom)
    return authority.pem_of(root.certificate)


class tls_server:  # noqa: N801 - used as a function
    """One TLS handshake under a certificate."""

    def __init__(self, certificate: Path) -> None:
        from ingest.enrol_server import tls  # noqa: PLC0415

        self._context = tls(certificate, certificate.with_suffix(".key"))
        self._server = socket.create_server(("127.0.0.1", 0))

    def __enter__(self) -> int:
        import threading  # noqa: PLC0415

        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        port: int = self._server.getsockname()[1]
        return port

    def _serve(self) -> None:
        try:
            line, _ = self._server.accept()
            with line, self._context.wrap_socket(line, True) as peer:
                peer.recv(1)
        except OSError:
            return

    def __exit__(self, *_rest: object) -> None:
        self._thread.join(5)
        self._server.close()


def test_enrolment_and_its_refusals(scene: Scene) -> None:
    trouble_at = scene.steps("nonsense")
    trouble_at.backhaul()
    trouble(trouble_at.enrol(), "E-ENR-01")
    steps = scene.enrolled()
    assert scene.services.starts == 1
    assert "is already" in steps.enrol().found, "again: nothing new"
    scene.services.says = "systemctl enable: no such unit"
    assert "no such unit" in trouble(steps.enrol(), "E-SW-02")
    other = scene.steps(job=scene.job(gateway_id="gw-other"))
    found = trouble(other.enrol(), "E-ENR-02")
    assert scene.name in found
    assert "gw-other" in found


def test_a_used_code_says_when_and_by_whom(scene: Scene, tmp_path: Path) -> None:
    code = scene.city.expect(scene.name)
    first = scene.steps(code)
    first.backhaul()
    first.enrol()
    second = Scene(scene.city, tmp_path / "second").steps(code)
    second.backhaul()
    assert f"by {scene.name}" in trouble(second.enrol(), "E-ENR-01")


def test_mismatch_shows_both(scene: Scene) -> None:
    steps = scene.enrolled()
    text = scene.places.configuration.read_text("utf-8")
    scene.places.configuration.write_text(text.replace(scene.name, "gw-x"), "utf-8")
    found = steps.enrol()
    trouble(found, "E-SW-01")
    assert "gw-x" in found.found
    assert scene.name in found.expected
    scene.places.configuration.write_text("colour = 1", "utf-8")
    assert "colour" in trouble(steps.enrol(), "E-SW-01")


def test_a_broker_that_refuses(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = scene.enrolled()
    monkeypatch.setattr(
        provision_steps, "try_identity", lambda *_args: "TLSV1_ALERT_CERTIFICATE_REVOKED"
    )
    assert "REVOKED" in trouble(steps.enrol(), "E-MQ-02")


def test_an_adapter_that_is_not_there(scene: Scene, tmp_path: Path) -> None:
    steps = scene.enrolled()
    assert steps.serial().found == "none expected"
    with scene.places.configuration.open("a", encoding="utf-8") as file:
        file.write(f'\n[[serial]]\nsensor_id = "air-1"\nport = "{tmp_path}/tty"\n')
    assert "air-1" in trouble(steps.serial(), "E-SER-01")
    (tmp_path / "tty").touch()
    assert steps.serial().found == "1 of 1 adapters"
    expecting = scene.steps(job=scene.job(adapters=("air-1", "air-2")))
    assert "air-2" in trouble(expecting.serial(), "E-SER-01", Severity.DEGRADED)


def test_an_access_point_that_is_silent(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = scene.enrolled()
    assert "none listed" in steps.wifi().found
    with scene.places.configuration.open("a", encoding="utf-8") as file:
        file.write('\n[[source]]\nap_id = "ap-1"\ntopic = "a"\n')
        file.write('metrics = [{ name = "wifi/clients", path = "n" }]\n')
        file.write(f'[local]\nbroker = "mqtt://127.0.0.1:{free_port()}"\n')
    assert "the gateway's own broker" in trouble(steps.wifi(), "E-WIFI-10", Severity.DEGRADED)

    async def heard(_made: object) -> list[Heard]:
        return [Heard("ap-1", heard=True, found="1 values")]

    monkeypatch.setattr(access_point_walk, "listen", heard)
    assert steps.wifi().severity is Severity.FINE


def test_the_last_hop_is_named(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = scene.enrolled()
    scene.city.read_back = lambda *_args: ReadBack(True, "database", "gateway cpu_pct=1.0")
    assert "cpu_pct=1.0" in steps.read_back().found
    scene.city.read_back = lambda *_args: ReadBack(False, "the host", "database away", "E-E2E-05")
    before_ns = scene.clock.ns
    monkeypatch.setattr(provision_steps, "READ_BACK_S", 3.0)
    assert "database away" in trouble(steps.read_back(), "E-E2E-05")
    assert scene.clock.ns - before_ns == 2 * 3 * NS_PER_S, "asked for twice"
    scene.city.forgive()
    page: dict[str, float] | None = {**PAGE, "uplink_up": 0.0}
    monkeypatch.setattr(
        provision_steps, "read_page", lambda _page: Page(page, (), {}) if page is not None else None
    )
    trouble(steps.read_back(), "E-E2E-02")
    page = None
    scene.city.forgive()
    trouble(steps.read_back(), "E-E2E-01")
