"""What can be said to a Plantower PMS5003 or PMSA003: ``42 4D cmd hi lo sum16``, 7 bytes.

Source: Plantower, "PMS5003 series data manual" (2016), appendix II. Nothing here is sent unasked:
a sensor in passive mode speaks only when it is read, and stays so until told otherwise.
"""

from typing import Final

_HEAD: Final = b"\x42\x4d"
_MODE, _READ, _POWER = 0xE1, 0xE2, 0xE4


def _command(what: int, value: int) -> bytes:
    checked = _HEAD + bytes((what, 0, value))
    return checked + sum(checked).to_bytes(2, "big")


def set_mode(*, passive: bool) -> bytes:
    """Report by itself (active, as it starts), or only when read."""
    return _command(_MODE, int(not passive))


def read() -> bytes:
    """One reading, please; for passive mode."""
    return _command(_READ, 0)


def set_power(*, working: bool) -> bytes:
    """Wake it, or stop its fan and laser. Readings are good half a minute after waking."""
    return _command(_POWER, int(working))
