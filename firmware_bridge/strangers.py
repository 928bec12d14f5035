"""Recognises two things that are often plugged in where a board of ours was expected.

NMEA sentences with a right sum, and Modbus RTU answers with a right CRC. Each must be seen twice:
the sums are short, and noise has time.
"""

import re
from typing import Final

SIGHTINGS_MIN: Final = 2
HELD_BYTES_MAX: Final = 256

_NMEA: Final = re.compile(rb"\$([A-Z]{2}[A-Z]{3},[ -)+-~]{0,110})\*([0-9A-F]{2})\r\n")
_MODBUS_BYTES_MIN: Final = 5
_MODBUS_FUNCTIONS: Final = frozenset({1, 2, 3, 4, 0x81, 0x82, 0x83, 0x84})


def crc16_modbus(data: bytes) -> int:
    """CRC-16/MODBUS, bit by bit: it is asked for a few times in the life of a port."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc


def _xor(text: bytes) -> int:
    total = 0
    for byte in text:
        total ^= byte
    return total


class Strangers:
    """Looks at what is read while no frame of ours was."""

    def __init__(self) -> None:
        self._held = b""
        self._nmea = self._modbus = 0

    def look(self, data: bytes) -> str | None:
        """Name what is on the line, once it is certain enough."""
        if data[1:2] and data[1] in _MODBUS_FUNCTIONS:
            whole = _MODBUS_BYTES_MIN <= len(data) <= HELD_BYTES_MAX and data[2] == len(data) - 5
            exception = len(data) == _MODBUS_BYTES_MIN and data[1] & 0x80
            if (whole or exception) and crc16_modbus(data) == 0:
                self._modbus += 1
        self._held = (self._held + data)[-HELD_BYTES_MAX:]
        end = 0
        for found in _NMEA.finditer(self._held):
            end = found.end()
            self._nmea += _xor(found[1]) == int(found[2], 16)
        self._held = self._held[end:]
        if self._nmea >= SIGHTINGS_MIN:
            return "NMEA sentences come from this port; configure it as a receiver"
        if self._modbus >= SIGHTINGS_MIN:
            return "Modbus answers come from this port; configure it as a Modbus sensor"
        return None

    def forget(self) -> None:
        """A frame of ours came, or the port was opened anew."""
        self._held = b""
        self._nmea = self._modbus = 0
