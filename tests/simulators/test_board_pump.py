"""Devices behind real terminals: heard, answered, pulled and plugged in again."""

from pathlib import Path

import serial

from edge.clock import SystemClock
from simulators.board_kinds import Start
from simulators.board_pump import BoardPump
from simulators.cable import Faults
from simulators.mhz19b_board import Mhz19bBoard, room_air
from simulators.waiting import until

READ = bytes.fromhex("FF0186000000000079")
TIMEOUT_S = 10


def test_a_device_answers_on_its_port_and_after_a_replug(tmp_path: Path) -> None:
    board = Mhz19bBoard(Start(SystemClock().mono_ns()), room_air)
    path = tmp_path / "co2"
    with BoardPump({path: board}) as pump:
        for _ in range(2):
            with serial.Serial(str(path), 9_600, timeout=TIMEOUT_S) as port:
                port.write(READ)
                assert port.read(9)[:2] == b"\xff\x86"
            pump.pull(path)
            assert not path.exists()
            pump.plug(path)
        pump.silence()
        asked = board.asked
        with serial.Serial(str(path), 9_600, timeout=0.1) as port:
            port.write(READ)
            assert port.read(9) == b""
    assert board.asked == asked == 2
    assert not path.exists()


def test_the_cable_is_between(tmp_path: Path) -> None:
    board = Mhz19bBoard(Start(SystemClock().mono_ns()), room_air)
    path = tmp_path / "co2"
    with (
        BoardPump({path: board}, faults=Faults(drop=1.0)) as pump,
        serial.Serial(str(path), 9_600, timeout=0.1) as port,
    ):
        port.write(READ)
        lost = pump._cables[path][1].truth
        until(lambda: lost.dropped_bytes == len(READ), "the cable lost the question", pause_s=0.05)
    assert board.asked == 0
