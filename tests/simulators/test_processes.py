"""Our programs as processes: they come up, are read, are killed, return and end cleanly."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.configuration import GatewayConfiguration, Uplink
from simulators.installation import Rhythm, host_configuration, town
from simulators.processes import GatewayProgram, HostProgram, MetricsAway, metrics, run
from simulators.servers import ServerFailed, free_port

NOBODY = "127.0.0.1:9"  # discard: nothing listens there


@pytest.fixture(scope="module")
def gateway() -> Iterator[GatewayProgram]:
    made = GatewayConfiguration("gw-1", "riverside", Uplink(f"mqtt://{NOBODY}"))
    with GatewayProgram(made) as program:
        yield program


def test_a_gateway_runs_and_is_read(gateway: GatewayProgram) -> None:
    assert gateway.running
    assert gateway.supposed_to_run
    (started,) = gateway.events("gateway_started", this_life=True)
    assert started["gateway"] == "gw-1"
    assert gateway.metric("lamplighter_no_such_number") == 0.0
    assert gateway.metric("lamplighter_refused_total", reason="never") == 0.0
    assert (gateway.directory / "spool").is_dir()
    assert gateway.unexpected() == []


def test_killed_it_returns_with_its_spool_and_ends_cleanly(gateway: GatewayProgram) -> None:
    (before,) = gateway.events("gateway_started", this_life=True)
    gateway.kill()
    assert gateway.exit_code == -9
    assert not gateway.supposed_to_run
    gateway.start()
    (after,) = gateway.events("gateway_started", this_life=True)
    assert after["epoch"] == before["epoch"]
    assert len(gateway.events("gateway_started")) == 2
    gateway.stop()
    assert gateway.exit_code == 0
    assert len(gateway.events("gateway_stopped")) == 1
    gateway.start()


def test_a_host_runs_with_its_ledger_and_ends_cleanly() -> None:
    made = host_configuration(f"mqtt://{NOBODY}", f"http://{NOBODY}", Rhythm())
    with HostProgram(made, town(gateways=1, aps_each=1, sensors_each=1)) as host:
        assert host.events("host_started")[0]["gateways"] == 1
        assert host.metric("lamplighter_host_broker_up") == 0.0
        assert Path(host.ledger).exists()
        done = run("host", "ledger", "outages", "--ledger", host.ledger, "--json")
        assert json.loads(done.stdout) == []
        host.stop()
        assert host.exit_code == 0


def test_lines_that_are_no_events_are_found(tmp_path: Path) -> None:
    program = GatewayProgram(GatewayConfiguration("gw-1", "riverside", Uplink(f"mqtt://{NOBODY}")))
    program.directory = tmp_path
    program.log_path.write_text('{"event": "said"}\nTraceback (most recent call last):\n', "utf-8")
    assert [row["event"] for row in program.events()] == ["said"]
    assert program.unexpected() == ["Traceback (most recent call last):"]


def test_a_program_that_ends_at_once_is_an_error_with_its_words() -> None:
    made = GatewayConfiguration("gw-1", "riverside", Uplink("tcp://nonsense"))
    with pytest.raises(ServerFailed, match=r"uplink\.broker"), GatewayProgram(made):
        pass


def test_a_page_that_nobody_serves() -> None:
    with pytest.raises(MetricsAway):
        metrics(free_port())
