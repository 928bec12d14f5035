"""The shell between the kernel's ports and the agent's lines, on real terminals."""

from pathlib import Path

from edge.serial_configuration import SerialPort
from firmware_bridge.sensor_link import SensorLink
from simulators.board_kinds import Start
from simulators.pty_port import PtyPort
from simulators.pzem004t_board import plugged_in
from tests.edge.serial_desk import SerialDesk
from vocabulary.units import NS_PER_S


async def test_a_sensor_that_is_asked_is_asked_and_read(tmp_path: Path) -> None:
    with PtyPort(tmp_path / "meter") as line:
        desk = SerialDesk(SerialPort("meter", str(line.path), "pzem004t", interval_s=0.1))
        board = plugged_in(Start(desk.clock.mono_ns()))
        desk.ports.start()
        await desk.until(lambda: desk.samples("meter") >= 2, {line: board})
        await desk.ports.stop()
    (shown,) = desk.agent.serial.status(desk.clock.mono_ns())
    assert shown.counters["frames"] >= 2
    assert shown.port_state == "open"
    assert desk.ports.counters[str(line.path)].bytes_written >= 16


async def test_a_port_the_line_gives_up_is_opened_anew(tmp_path: Path) -> None:
    with PtyPort(tmp_path / "air") as line:
        desk = SerialDesk(SerialPort("air-one", str(line.path)))
        desk.ports.start()
        await desk.until(lambda: desk.is_open(line))
        link = desk.agent.serial.links[str(line.path)]
        assert isinstance(link, SensorLink)
        link._since_ns -= 31 * NS_PER_S  # half a minute without a byte
        await desk.until(lambda: sum(state.is_open for _, state in desk.states) == 2)
        await desk.ports.stop()
    assert [str(state).split(":")[0] for _, state in desk.states] == ["open", "mute", "open"]
