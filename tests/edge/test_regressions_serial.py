"""Failures that other gateways had with serial ports, one test each, with the real agent.

rs485_dead_slave     thingsboard-gateway#474, #458, #164
two_tasks_one_port   thingsboard-gateway#905
slave_returns        thingsboard-gateway#829, #352, #1592
usb_replug_renumber  BlackZork/mqmgateway#9, home-assistant/supervisor#261
silent_port_reopens  waggle-sensor/waggle#48
alive_but_silent     opendata-stuttgart/sensors-software#144, #206; thingsboard#15614
"""

import os
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from edge.doctor_finding import Severity
from edge.doctor_serial import findings
from edge.serial_configuration import SerialPort
from edge.serial_status import SensorStatus
from simulators.board_kinds import Device, Start
from simulators.pty_port import PtyPort
from simulators.rs485_bus import Rs485Bus
from simulators.sdm120_board import Sdm120Board
from simulators.senseair_s8_board import SenseairS8Board
from simulators.sensor_street import SensorStreet
from tests.edge.one_gateway import OneGateway
from tests.edge.serial_desk import SerialDesk, configuration_of
from tests.firmware_bridge.vectors import SDS011
from vocabulary.units import NS_PER_S

TAKERS_MAX = 8
BUS = "/dev/serial/by-path/bus"


class Street(SensorStreet):
    """The real agent in virtual time, with a device on each port; readings are counted."""

    def __init__(self, rows: tuple[SerialPort, ...], devices: dict[str, Device]) -> None:
        gateway = OneGateway(configuration_of(*rows))
        super().__init__(gateway.agent, gateway.now, devices)

    @property
    def samples(self) -> dict[str, int]:
        """Of each sensor."""
        return {name: one.counters.samples for name, one in self.agent.sensors.items()}

    def shown(self) -> SensorStatus:
        """What is known of the only sensor."""
        (one,) = self.agent.serial.status(self.now.mono_ns)
        return one


def rs485(*addresses: int) -> tuple[Street, dict[int, Sdm120Board]]:
    rows = tuple(
        SerialPort(f"meter-{n}", BUS, "sdm120", 9_600, address=n, interval_s=1.0) for n in addresses
    )
    boards = {n: Sdm120Board(Start(0), address=n) for n in addresses}
    return Street(rows, {BUS: Rs485Bus(list(boards.values()))}), boards


def test_rs485_dead_slave() -> None:
    street, boards = rs485(1, 2, 3, 4)
    street.run(60)
    healthy = {n: street.samples[f"meter-{n}"] for n in (1, 2, 3)}
    boards[4].powered = False
    street.run(240)
    for n in (1, 2, 3):
        rate = (street.samples[f"meter-{n}"] - healthy[n]) / 240
        assert rate >= 0.95 * healthy[n] / 60, (n, rate)
    assert street.orders == []  # one dead slave is no reason to close the line


def test_slave_returns() -> None:
    street, boards = rs485(1, 2)
    boards[2].powered = False
    street.run(300)
    before = street.samples["meter-2"]
    boards[2].powered = True
    street.run(5 * 60 + 1)
    assert street.samples["meter-2"] > before
    back = street.samples["meter-2"]
    street.run(60)
    assert street.samples["meter-2"] - back >= 0.95 * 2 * 60


def test_silent_port_reopens() -> None:
    row = SerialPort("meter-1", BUS, "sdm120", 9_600, address=1, interval_s=1.0)
    board = Sdm120Board(Start(0))
    street = Street((row,), {BUS: board})
    street.run(30)
    assert street.orders == []
    board.powered = False
    street.run(60)
    assert (BUS, "silent") in street.orders
    board.powered = True
    street.run(60)
    shown = street.shown()
    assert (shown.link, shown.port_state) == ("running", "open")
    assert shown.reopens >= 1


def test_alive_but_silent() -> None:
    """It answers every question, and none of the answers is a reading."""
    row = SerialPort("co2-1", BUS, "senseair-s8", interval_s=1.0)

    class Faulty(SenseairS8Board):
        def _words(self, ts_ns: int, first: int, count: int) -> Sequence[int]:
            super()._words(ts_ns, first, count)
            return [1, 0, 0, 415]

    street = Street((row,), {BUS: Faulty(Start(0))})
    street.run(120)
    shown = street.shown()
    assert shown.alive_but_silent
    assert shown.link == "running"
    assert shown.silence_s < 2 < shown.no_reading_s
    assert street.agent.counts["serial_alive_but_silent"] == 1
    by_code = {one.code: one for one in findings([shown], ())}
    assert by_code["E-SER-05"].severity is Severity.DEGRADED
    assert "answers and gives no readings" in by_code["E-SER-05"].found
    assert "fatal error" in by_code["E-SER-05"].found
    assert by_code["E-SER-03"].severity is Severity.FINE  # the line itself is well
    assert street.samples["co2-1"] == 0


async def test_two_tasks_one_port(tmp_path: Path) -> None:
    """Two paths to one adapter: the second is refused, and told who has it."""
    with PtyPort(tmp_path / "air") as line:
        other = tmp_path / "same"
        other.symlink_to(line.path)
        desk = SerialDesk(SerialPort("a", str(line.path)), SerialPort("b", str(other)))
        desk.ports.start()
        await desk.until(lambda: len(desk.states) >= 2)
        await desk.ports.stop()
    by_state = {str(state).split(":")[0]: str(state) for _, state in desk.states}
    assert set(by_state) == {"open", "busy"}
    assert "two paths lead to one port" in by_state["busy"]
    assert f"(pid {os.getpid()}," in by_state["busy"]


async def test_usb_replug_renumber(tmp_path: Path) -> None:
    """Pulled and plugged in as another device: the same stream goes on within ten seconds."""
    with PtyPort(tmp_path / "air") as line:
        desk = SerialDesk(SerialPort("air-one", str(line.path)))
        desk.ports.start()
        await desk.until(lambda: desk.is_open(line))
        line.write(SDS011["reading"].wire)
        await desk.until(lambda: desk.samples("air-one") == 1)
        first = line.path.resolve()
        line.unplug()
        await desk.until(lambda: not desk.is_open(line))
        pulled_ns = desk.clock.mono_ns()
        with ExitStack() as others:  # somebody else is given the number that was free
            for number in range(TAKERS_MAX):
                taker = others.enter_context(PtyPort(tmp_path / f"taker-{number}"))
                if taker.path.resolve() == first:
                    break
            line.plug()
            assert line.path.resolve() != first
            await desk.until(lambda: desk.is_open(line))
            line.write(SDS011["reading_field"].wire)
            await desk.until(lambda: desk.samples("air-one") == 2)
        gap_ns = desk.clock.mono_ns() - pulled_ns
        await desk.ports.stop()
    (shown,) = desk.agent.serial.status(desk.clock.mono_ns())
    assert (shown.sensor_id, shown.reopens) == ("air-one", 1)
    assert {one.name: one.value for one in shown.values}["air/pm2_5_ugm3"] == 14.0
    assert gap_ns < 10 * NS_PER_S
