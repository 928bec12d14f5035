"""Commands of the sheet, byte for byte."""

from firmware_bridge import pms5003_commands as commands
from tests.firmware_bridge.vectors import vectors_of

SHEET = vectors_of("pms5003")


def test_the_sheet() -> None:
    assert commands.set_mode(passive=True) == SHEET["passive"]
    assert commands.set_mode(passive=False) == SHEET["active"]
    assert commands.read() == SHEET["read"]
    assert commands.set_power(working=False) == SHEET["sleep"]
    assert commands.set_power(working=True) == SHEET["wake"]
