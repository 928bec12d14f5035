"""What the service manager hears, and that nobody hears anything elsewhere."""

import os
import socket
from pathlib import Path

from edge.service_notify import ServiceNotify


def test_a_manager_hears_it(tmp_path: Path) -> None:
    path = str(tmp_path / "n")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(path)
        made = ServiceNotify({"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "30000000"})
        made.ready()
        made.alive()
        made.leaving()
        heard = [manager.recv(100) for _ in range(3)]
    assert heard == [b"READY=1", b"WATCHDOG=1", b"STOPPING=1"]


def test_an_abstract_address() -> None:
    name = f"lamplighter-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind("\0" + name)
        made = ServiceNotify({"NOTIFY_SOCKET": "@" + name})
        made.alive()  # no watchdog was asked for
        made.ready()
        assert manager.recv(100) == b"READY=1"


def test_elsewhere_it_is_silent(tmp_path: Path) -> None:
    ServiceNotify({}).ready()
    ServiceNotify({"NOTIFY_SOCKET": str(tmp_path / "absent")}).ready()
    foreign = ServiceNotify({"WATCHDOG_USEC": "1", "WATCHDOG_PID": "1", "NOTIFY_SOCKET": "x"})
    foreign.alive()
