"""What can be said to a Nova SDS011: 19 bytes, ``AA B4 d1..d13 id id sum AB``.

Source: Nova Fitness, "Laser Dust Sensor Control Protocol V1.3". d1 names the setting, d2 tells
asking (0) from setting (1), d3 is the value; ``sum`` is the low byte of d1..id. Settings survive
a power cut, so nothing here is sent unasked.
"""

from enum import IntEnum
from typing import Final

ANY_ID: Final = 0xFFFF
PERIOD_MINUTES_MAX: Final = 30

_HEAD: Final = b"\xaa\xb4"
_TAIL: Final = b"\xab"
_ARGUMENT_BYTES: Final = 10  # d2..d11
_SET: Final = 1


class Setting(IntEnum):
    """d1 of a command, and of its answer."""

    MODE = 2
    QUERY = 4
    ID = 5
    POWER = 6
    FIRMWARE = 7
    PERIOD = 8


def _command(setting: Setting, *arguments: int, sensor_id: int, new_id: int = 0) -> bytes:
    assert 0 <= sensor_id <= ANY_ID
    assert 0 <= new_id < ANY_ID
    padded = bytes(arguments).ljust(_ARGUMENT_BYTES, b"\0")
    checked = bytes((setting,)) + padded + new_id.to_bytes(2, "big") + sensor_id.to_bytes(2, "big")
    return _HEAD + checked + bytes((sum(checked) & 0xFF,)) + _TAIL


def ask_mode(sensor_id: int = ANY_ID) -> bytes:
    """Does it report by itself, or when asked?"""
    return _command(Setting.MODE, sensor_id=sensor_id)


def set_mode(*, on_query: bool, sensor_id: int = ANY_ID) -> bytes:
    """Report once a second, or only on ``query``."""
    return _command(Setting.MODE, _SET, int(on_query), sensor_id=sensor_id)


def query(sensor_id: int = ANY_ID) -> bytes:
    """One reading, please."""
    return _command(Setting.QUERY, sensor_id=sensor_id)


def set_id(new_id: int, sensor_id: int = ANY_ID) -> bytes:
    """Give the sensor another number; FFFF stands for any and cannot be one."""
    return _command(Setting.ID, sensor_id=sensor_id, new_id=new_id)


def ask_power(sensor_id: int = ANY_ID) -> bytes:
    """Does it work or sleep?"""
    return _command(Setting.POWER, sensor_id=sensor_id)


def set_power(*, working: bool, sensor_id: int = ANY_ID) -> bytes:
    """Wake it, or put it to sleep with laser and fan off."""
    return _command(Setting.POWER, _SET, int(working), sensor_id=sensor_id)


def ask_firmware(sensor_id: int = ANY_ID) -> bytes:
    """The date of its firmware."""
    return _command(Setting.FIRMWARE, sensor_id=sensor_id)


def ask_period(sensor_id: int = ANY_ID) -> bytes:
    """How many minutes between readings?"""
    return _command(Setting.PERIOD, sensor_id=sensor_id)


def set_period(minutes: int, sensor_id: int = ANY_ID) -> bytes:
    """One reading per ``minutes``, asleep in between; 0 is once a second, always awake."""
    assert 0 <= minutes <= PERIOD_MINUTES_MAX
    return _command(Setting.PERIOD, _SET, minutes, sensor_id=sensor_id)
