"""A wrong file ends the process at once with exit 78 and every fault in it, not the first one."""

from pathlib import Path

import pytest

from simulators.processes import run
from vocabulary.exit_codes import ExitCode

DEPLOY = Path(__file__).parents[2] / "deploy"

GATEWAY = """
gateway_id = "GW Library"
district = "riverside"
colour = "green"
[uplink]
broker = "tcp://127.0.0.1"
keepalive_s = 1
[[source]]
ap_id = "ap-1"
topic = "ap/1"
metrics = [{ name = "wifi/secrets", path = "stations[0].mac" }]
[[serial]]
sensor_id = "air-1"
port = "/dev/a"
protocol = "morse"
"""
GATEWAY_FAULTS = (
    "gateway_id",
    "colour",
    "uplink.broker",
    "uplink.keepalive_s",
    "wifi/secrets",
    "stations[0].mac",
    "serial[0].protocol",
)

HOST = """
inventory = "inventory.toml"
[broker]
address = "127.0.0.1"
[influx]
url = "ftp://127.0.0.1"
[detector]
misses_down = 0
"""
INVENTORY = """
[[area]]
area_id = "a"
name = "A"
[[site]]
site_id = "s"
name = "S"
area_id = "nowhere"
[[gateway]]
gateway_id = "gw-1"
site_id = "s"
district = "d"
[[gateway]]
gateway_id = "gw-1"
site_id = "s"
district = "d"
"""
HOST_FAULTS = (
    "broker.address",
    "influx.url",
    "detector.misses_down",
    "site[0].area_id",
    "gateway[1].gateway_id",
)


def test_a_gateway_names_every_fault(tmp_path: Path) -> None:
    path = tmp_path / "gateway.toml"
    path.write_text(GATEWAY, encoding="utf-8")
    done = run("gateway", "run", "--config", str(path))
    assert done.returncode == ExitCode.CONFIGURATION, done.stderr
    assert done.stdout == ""
    for fault in GATEWAY_FAULTS:
        assert fault in done.stderr, (fault, done.stderr)


def test_a_host_names_every_fault_of_both_its_files(tmp_path: Path) -> None:
    path = tmp_path / "host.toml"
    path.write_text(HOST, encoding="utf-8")
    (tmp_path / "inventory.toml").write_text(INVENTORY, encoding="utf-8")
    done = run("host", "run", "--config", str(path))
    assert done.returncode == ExitCode.CONFIGURATION, done.stderr
    assert done.stdout == ""
    for fault in HOST_FAULTS:
        assert fault in done.stderr, (fault, done.stderr)


@pytest.mark.parametrize("room", ["gateway", "host"])
def test_a_file_that_is_not_there_is_named(room: str, tmp_path: Path) -> None:
    path = tmp_path / "nowhere.toml"
    done = run(room, "run", "--config", str(path))
    assert done.returncode == ExitCode.CONFIGURATION
    assert str(path) in done.stderr


@pytest.mark.parametrize("room", ["gateway", "host"])
def test_the_samples_are_fine(room: str) -> None:
    done = run(room, "config", "check", str(DEPLOY / f"{room}.toml"))
    assert done.returncode == ExitCode.FINE, done.stderr
    assert ": fine." in done.stdout
