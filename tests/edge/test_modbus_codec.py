"""The library's frames through our small door, and that nobody pays for it who has no Modbus."""

import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from edge.modbus_codec import PymodbusCodec
from firmware_bridge.modbus import Refusal
from simulators.modbus_slave import framed

CODEC = PymodbusCodec()


def test_a_request_and_its_answers() -> None:
    assert CODEC.read_inputs(1, 0, 10).hex().upper() == "01040000000A700D"
    assert CODEC.registers(framed(bytes.fromhex("010402002A"))) == (42,)
    assert CODEC.registers(framed(bytes.fromhex("018402"))) == Refusal(2)
    assert CODEC.registers(framed(bytes.fromhex("010302002A"))) is None
    assert CODEC.registers(bytes.fromhex("010402002A0000")) is None


@given(st.binary(max_size=80))
def test_no_bytes_raise(frame: bytes) -> None:
    CODEC.registers(frame)
    CODEC.registers(framed(frame))


def test_a_gateway_without_modbus_does_not_load_it() -> None:
    code = (
        "import sys, edge.gateway_process, edge.serial_ports\n"
        "assert 'pymodbus' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
