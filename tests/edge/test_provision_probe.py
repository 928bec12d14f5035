"""What the board and the network answer, each trouble with a code of its own."""

import os
import socket
from pathlib import Path

import pytest

from edge import provision_probe as probe
from edge.clock import SystemClock
from simulators.servers import free_port

CLOCK = SystemClock()


def test_a_card_that_takes_writes(tmp_path: Path) -> None:
    found = probe.card_speed(tmp_path / "new", CLOCK)
    assert found.fault == ""
    assert found.worst_s > 0
    assert list((tmp_path / "new").iterdir()) == []


def test_a_card_that_takes_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read_only(*_args: object) -> int:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(os, "write", read_only)
    assert probe.card_speed(tmp_path, CLOCK).fault == "Read-only file system"


@pytest.mark.parametrize(
    ("text", "weak"),
    [("0", False), ("50005", True), ("10000", True), ("20000", False), ("x", None)],
)
def test_the_supply(text: str, weak: bool | None, tmp_path: Path) -> None:
    (tmp_path / "t").write_text(text, "ascii")
    assert probe.under_voltage(tmp_path / "t") is weak
    assert probe.under_voltage(tmp_path / "absent") is None


def test_a_server_that_is_not_there() -> None:
    assert probe.reach("127.0.0.1", free_port(), "").code == "E-MQ-01"


def test_a_port_that_says_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        found = probe.reach("127.0.0.1", port, "", timeout_s=0.2)
    assert found.code == "E-MQ-01"
    assert "speaks no TLS" in found.found


def test_names_and_routes(monkeypatch: pytest.MonkeyPatch) -> None:
    def dead(*_args: object, **_more: object) -> None:
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    def blocked(*_args: object, **_more: object) -> None:
        raise TimeoutError

    def away(*_args: object, **_more: object) -> None:
        raise OSError(101, "Network is unreachable")

    monkeypatch.setattr(socket, "create_connection", blocked)
    found = probe.reach("192.0.2.1", 8883, "", timeout_s=3)
    assert (found.code, found.found) == ("E-NET-31", "no answer from 192.0.2.1:8883 within 3 s")
    monkeypatch.setattr(socket, "create_connection", away)
    assert probe.reach("192.0.2.1", 8883, "").code == "E-NET-11"
    monkeypatch.setattr(socket, "getaddrinfo", dead)
    assert probe.reach("broker.example", 8883, "").code == "E-NET-13"


def test_adapters_by_path(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / name).touch()
    assert probe.serial_adapters([tmp_path / "absent", tmp_path]) == [
        str(tmp_path / "a"),
        str(tmp_path / "b"),
    ]


def test_services_say_what_went_wrong(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "systemctl"
    program.write_text('#!/bin/sh\necho "$*: no such unit" >&2\nexit 5\n', "utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path) + os.pathsep + os.environ["PATH"])
    assert "no such unit" in probe.Systemd().start_agent()
    program.write_text("#!/bin/sh\nexit 0\n", "utf-8")
    assert probe.Systemd().start_agent() == ""
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    assert "systemctl enable" in probe.Systemd().start_agent()
    assert probe.NoServices().start_agent() == ""
    assert isinstance(probe.carriers(), list)
