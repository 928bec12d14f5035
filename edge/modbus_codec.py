"""Modbus frames from ``pymodbus``, for the core that must not load it (docs/decisions/0020).

Only its coding is used, none of its input or output: it is loaded when a Modbus sensor is
configured, and a gateway without one never pays for it.
"""

from pymodbus.exceptions import ModbusException
from pymodbus.framer import FramerRTU
from pymodbus.pdu import DecodePDU, ExceptionResponse
from pymodbus.pdu.register_message import ReadInputRegistersRequest, ReadInputRegistersResponse

from firmware_bridge.modbus import Refusal


class PymodbusCodec:
    """Function 04, both ways. The caller cuts the stream into frames and hands over whole ones."""

    def __init__(self) -> None:
        self._framer = FramerRTU(DecodePDU(is_server=False))

    def read_inputs(self, address: int, first: int, count: int) -> bytes:
        """The request for ``count`` input registers."""
        return self._framer.buildFrame(
            ReadInputRegistersRequest(address=first, count=count, dev_id=address)
        )

    def registers(self, frame: bytes) -> tuple[int, ...] | Refusal | None:
        """What a whole answer holds; None if its CRC or its form is wrong."""
        try:
            used_bytes, pdu = self._framer.handleFrame(frame, 0, 0)
        except (ModbusException, ValueError, IndexError):
            return None
        if used_bytes != len(frame):
            return None
        if isinstance(pdu, ExceptionResponse):
            return Refusal(pdu.exception_code)
        if isinstance(pdu, ReadInputRegistersResponse):
            return tuple(pdu.registers)
        return None
