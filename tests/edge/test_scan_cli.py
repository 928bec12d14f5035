"""``lamplighter gateway scan`` as a technician types it, on real pseudo-terminals."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import msgspec
import pytest
from click.testing import CliRunner

from edge import configuration, scan_cli
from edge.clock import SystemClock
from edge.scan_cli import addresses_of, apply, scan, scan_all
from edge.scan_probe import Outcome
from edge.serial_line import SerialLine
from edge.serial_status import Adapter
from simulators.board_kinds import Device, Start
from simulators.mhz19b_board import Mhz19bBoard, room_air
from simulators.pty_port import PtyPort
from simulators.rs485_bus import Rs485Bus
from tests.edge.pty_uart import PtyUart
from tests.edge.test_scan_probe import Mute
from vocabulary.errors import ConfigurationInvalid
from vocabulary.exit_codes import ExitCode

NOBODY = 65_534
HASTE = 50.0
UNHURRIED = 4.0
"""Noise needs a while to be heard on a busy machine."""
FILE = """# the gateway of the library
gateway_id = "gw-one"
district = "north"

[uplink]
broker = "mqtt://broker.example"   # of the city
"""


@contextmanager
def without_rights() -> Iterator[None]:
    """As a user who is in no group; for a superuser, who may do everything."""
    if os.geteuid() != 0:
        yield
        return
    groups, gid = os.getgroups(), os.getegid()
    os.setgroups([])
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(gid)
        os.setgroups(groups)


def test_addresses() -> None:
    assert addresses_of("1-3,9") == [1, 2, 3, 9]
    for text in ("", "x", "1-", "0", "248", "3-x"):
        with pytest.raises(click.BadParameter):
            addresses_of(text)


def test_each_wrong_thing_has_its_own_words(tmp_path: Path) -> None:
    """Five ports at once: a sensor, an echo, silence, noise, and one that is held."""
    start = Start(SystemClock().mono_ns())
    devices: dict[str, Device] = {
        "good": Mhz19bBoard(start, room_air),
        "echo": Rs485Bus([], echo=True),
        "mute": Mute(),
    }
    noisy = Mute(b"\x81\xc3\xe7\x99" * 8, 10_000_000)
    noisy._due_ns = start.now_ns
    devices["noise"] = noisy
    with PtyPort(tmp_path / "busy") as busy:
        other = SerialLine(str(busy.path), 9_600)
        uarts = [PtyUart(tmp_path / name, device, 9_600) for name, device in devices.items()]
        for uart in uarts:
            uart.__enter__()
        try:
            paths = [uart.path for uart in uarts] + [str(busy.path)]
            ports = [Adapter(path, path) for path in paths]
            reports = scan_all(ports, {}, addresses=[1], haste=UNHURRIED)
        finally:
            for uart in uarts:
                uart.__exit__(None, None, None)
            other.close()
    by_name = {Path(one.port).name: one for one in reports}
    assert {name: one.outcome for name, one in by_name.items()} == {
        "good": Outcome.FOUND,
        "echo": Outcome.ECHO,
        "mute": Outcome.NOTHING,
        "noise": Outcome.GARBAGE,
        "busy": Outcome.BUSY,
    }
    assert "air/co2_ppm" in by_name["good"].said
    assert "swap A and B" in by_name["echo"].remedy
    assert "RX and TX" in by_name["mute"].remedy
    assert "`baud`" in by_name["noise"].remedy
    assert f"(pid {os.getpid()}" in by_name["busy"].said
    assert len({one.remedy for one in reports}) == 5


def test_missing_rights_name_the_group_and_what_to_do(tmp_path: Path) -> None:
    with PtyPort(tmp_path / "port") as line:
        device = str(line.path.resolve())
        Path(device).chmod(0)
        scan_all([], {}, addresses=[1])  # what is imported late is imported as ourselves
        with without_rights():
            (report,) = scan_all([Adapter(device, device)], {}, addresses=[1])
    assert report.outcome is Outcome.DENIED
    assert "Permission denied" in report.said
    assert "usermod -aG dialout" in report.remedy


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    real = scan_cli.scan_all
    monkeypatch.setattr(scan_cli, "scan_all", lambda *a, **k: real(*a, **k, haste=HASTE))


@pytest.mark.usefixtures("quick")
def test_what_is_found_is_shown_and_added(tmp_path: Path) -> None:
    file = tmp_path / "gateway.toml"
    file.write_text(FILE)
    board = Mhz19bBoard(Start(SystemClock().mono_ns()), room_air)
    with PtyUart(tmp_path / "co2", board, 9_600) as uart:
        words = ["--port", uart.path, "--config", str(file), "--addresses", "1"]
        said = CliRunner().invoke(scan, [*words, "--apply"])
        assert said.exit_code == ExitCode.FINE, said.output
        assert "Winsen MH-Z19B" in said.output
        assert 'protocol = "mhz19b"' in said.output
        again = CliRunner().invoke(scan, [*words, "--apply", "--json"])
    (row,) = configuration.parse(file.read_text(), file="x").serial
    assert (row.sensor_id, row.port) == ("mhz19b-1", uart.path)
    assert file.read_text().startswith(FILE.rstrip())  # nothing else was touched
    shown = msgspec.json.decode(again.stdout)
    assert shown["applied"] is False
    assert shown["ports"][0]["outcome"] == "found"


@pytest.mark.usefixtures("quick")
def test_a_rate_other_than_the_configured_is_said(tmp_path: Path) -> None:
    file = tmp_path / "gateway.toml"
    board = Mhz19bBoard(Start(SystemClock().mono_ns()), room_air)
    with PtyUart(tmp_path / "co2", board, 9_600) as uart:
        row = f'[[serial]]\nsensor_id = "a"\nport = "{uart.path}"\nprotocol = "nmea"\nbaud = 4800\n'
        file.write_text(FILE + row)
        words = ["--port", uart.path, "--config", str(file), "--addresses", "1"]
        said = CliRunner().invoke(scan, words)
    assert said.exit_code == ExitCode.DEGRADED
    assert "E-SER-03" in said.output
    assert "wrong rate: it speaks at 9600, not at 4800" in said.output


def test_a_faulty_file_is_not_added_to(tmp_path: Path) -> None:
    file = tmp_path / "gateway.toml"
    file.write_text("gateway_id = 7\n")
    with pytest.raises(ConfigurationInvalid):
        apply(str(file), "[[serial]]\n")
    assert file.read_text() == "gateway_id = 7\n"
    assert list(tmp_path.iterdir()) == [file]


def test_no_port_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan_cli, "adapters", list)
    said = CliRunner().invoke(scan, [])
    assert said.exit_code == ExitCode.UNAVAILABLE
    assert "plug an adapter in" in said.output
