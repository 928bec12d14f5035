"""Who has a port open is found and named."""

import os
import subprocess
import sys
from pathlib import Path

from edge.port_holders import Holder, holders, told
from edge.serial_line import SerialLine
from simulators.pty_port import PtyPort

HOLD = """
import os, sys
fd = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY)
print("open", flush=True)
sys.stdin.read()
"""


def test_nobody() -> None:
    assert holders("/nowhere") == []
    assert told("/nowhere") == ""


def test_ourselves(tmp_path: Path) -> None:
    with PtyPort(tmp_path / "port") as board:
        line = SerialLine(str(board.path), 9_600)
        name = Path("/proc/self/comm").read_text("utf-8").strip()
        assert holders(str(board.path)) == [Holder(os.getpid(), name)]
        assert "this program itself: two paths lead to one port" in told(str(board.path))
        line.close()
        assert holders(str(board.path)) == []


def test_another_process_by_name_and_pid(tmp_path: Path) -> None:
    with PtyPort(tmp_path / "port") as board:
        command = [sys.executable, "-c", HOLD, str(board.path)]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as other:
            assert other.stdout is not None
            assert other.stdout.readline() == "open\n"
            (holder,) = holders(str(board.path))
            assert holder.pid == other.pid
            assert f"(pid {other.pid})" in told(str(board.path))
            other.communicate("")
