"""A board on a pseudo-terminal, moved step by step: any program opens it, faults befall it."""

import os
import select
from pathlib import Path

from firmware_bridge import messages
from firmware_bridge.frame import Frame, FrameReader
from firmware_bridge.messages import Hello, MessageType
from simulators.board_faults import MENU
from simulators.board_kinds import BOARD_KINDS, Level, Start
from simulators.board_run import BoardRun
from simulators.pty_port import PtyPort
from vocabulary.units import NS_PER_MS, NS_PER_S

QUIET_S = 0.5


def run_of(port: PtyPort, *faults: str, level: Level = Level.PYTHON) -> BoardRun:
    """One of ours at time 0."""
    device = BOARD_KINDS["lamplighter"].make(level, Start(0, 1))
    chosen = [MENU[name] for name in faults]
    return BoardRun(device, port, now_ns=0, baud=115_200, seed=1, faults=chosen)


def walk(run: BoardRun, from_ns: int, until_ns: int) -> None:
    """Step by step, at most 10 ms each."""
    now_ns = from_ns
    while now_ns < until_ns:
        now_ns = min(max(run.next_ns, now_ns + NS_PER_MS), now_ns + 10 * NS_PER_MS)
        run.step(now_ns)


def frames(fd: int) -> list[Frame]:
    """What can be read until nothing comes for a while: the kernel takes its own time."""
    data = b""
    while select.select([fd], [], [], QUIET_S)[0]:
        data += os.read(fd, 65_536)
    return [one for one in FrameReader().receive(data) if isinstance(one, Frame)]


def test_a_program_opens_it_asks_and_is_answered(tmp_path: Path) -> None:
    for level in (Level.PYTHON, Level.C):
        with PtyPort(tmp_path / "board") as port:
            run = run_of(port, level=level)
            fd = os.open(port.path, os.O_RDWR | os.O_NOCTTY)
            walk(run, 0, 2 * NS_PER_S)
            os.write(fd, bytes.fromhex("000221051C0746CD00"))
            walk(run, 2 * NS_PER_S, 3 * NS_PER_S)
            types = [frame.type for frame in frames(fd)]
            os.close(fd)
        assert types.count(MessageType.HELLO) == 2
        assert types.count(MessageType.DATA) in (2, 3)


def test_faults_befall_it_by_plan(tmp_path: Path) -> None:
    with PtyPort(tmp_path / "board") as port:
        run = run_of(port, "watchdog")
        fd = os.open(port.path, os.O_RDWR | os.O_NOCTTY)
        walk(run, 0, 23 * NS_PER_S)
        read = [messages.parse(frame.type, frame.payload) for frame in frames(fd)]
        os.close(fd)
    assert [one.reset_reason for one in read if isinstance(one, Hello)] == [0, 2]


def test_the_plug_is_pulled_and_pushed_in_again(tmp_path: Path) -> None:
    with PtyPort(tmp_path / "board") as port:
        run = run_of(port, "unplug")
        walk(run, 0, 21 * NS_PER_S)
        assert not port.path.exists()
        walk(run, 21 * NS_PER_S, 24 * NS_PER_S)
        assert port.path.exists()
        assert port.plugs == 2
