"""Programs of other people read our simulated sensors through a real terminal: the truth."""

import struct
from pathlib import Path

import minimalmodbus
import pynmea2
import pytest
import serial
from pymodbus.client import ModbusSerialClient

from edge.clock import SystemClock
from simulators.board_kinds import Start
from simulators.nmea_board import NmeaBoard
from simulators.pzem004t_board import Pzem004tBoard
from simulators.rs485_bus import Rs485Bus
from simulators.sdm120_board import Sdm120Board
from simulators.senseair_s8_board import ANY_ADDRESS, SenseairS8Board
from tests.edge.pty_uart import PtyUart

CLOCK = SystemClock()
TIMEOUT_S = 5


def start() -> Start:
    return Start(CLOCK.mono_ns())


def spoken(words: list[int]) -> float:
    (value,) = struct.unpack(">f", struct.pack(">HH", *words))
    return float(value)


def test_pymodbus_reads_three_products(tmp_path: Path) -> None:
    pzem, s8 = Pzem004tBoard(start()), SenseairS8Board(start())
    for device, address, count in ((pzem, 1, 10), (s8, ANY_ADDRESS, 4)):
        with PtyUart(tmp_path / "line", device, 9_600) as uart:
            client = ModbusSerialClient(uart.path, baudrate=9_600, timeout=TIMEOUT_S)
            assert client.connect()
            answer = client.read_input_registers(0, count=count, device_id=address)
            client.close()  # type: ignore[no-untyped-call]
        assert not answer.isError()
        values = dict(device.truth.readings[0].values)
        if device is pzem:
            assert answer.registers[0] / 10 == values["power/voltage_v"]
            assert answer.registers[5] + 65_536 * answer.registers[6] == values["power/energy_wh"]
        else:
            assert answer.registers[3] == values["air/co2_ppm"]


def test_pymodbus_understands_our_refusals(tmp_path: Path) -> None:
    with PtyUart(tmp_path / "line", Sdm120Board(start()), 9_600) as uart:
        client = ModbusSerialClient(uart.path, baudrate=9_600, timeout=TIMEOUT_S)
        client.connect()
        answer = client.read_input_registers(0, count=61, device_id=1)
        client.close()  # type: ignore[no-untyped-call]
    assert answer.isError()
    assert answer.exception_code == 2


def test_minimalmodbus_reads_a_line_with_three_meters(tmp_path: Path) -> None:
    slaves = [Sdm120Board(start(), address=address) for address in (1, 2, 3)]
    with PtyUart(tmp_path / "line", Rs485Bus(slaves), 9_600) as uart:
        for address, slave in enumerate(slaves, start=1):
            meter = minimalmodbus.Instrument(uart.path, address, close_port_after_each_call=True)
            meter.serial.baudrate, meter.serial.timeout = 9_600, TIMEOUT_S
            volts = meter.read_float(0, functioncode=4)
            (reading,) = slave.truth.readings
            assert dict(reading.values)["power/voltage_v"] == pytest.approx(volts)
            words = meter.read_registers(0x46, 4, functioncode=4)
            assert spoken(words[:2]) == pytest.approx(
                dict(slave.truth.readings[1].values)["power/frequency_hz"]
            )
            meter.serial.close()


def test_pynmea2_reads_the_receiver_from_its_port(tmp_path: Path) -> None:
    board = NmeaBoard(start())
    with (
        PtyUart(tmp_path / "gps", board, 9_600) as uart,
        serial.Serial(uart.path, 9_600, timeout=TIMEOUT_S) as port,
    ):
        lines = [port.readline().decode("ascii").strip() for _ in range(3)]
    fix = next(one for one in map(pynmea2.parse, lines) if one.sentence_type == "GGA")
    first = dict(board.truth.readings[0].values)
    assert fix.latitude == pytest.approx(first["gnss/lat_deg"])
    assert fix.longitude == pytest.approx(first["gnss/lon_deg"])
