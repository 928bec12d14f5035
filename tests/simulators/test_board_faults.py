"""The fault menu: every row says something and does something, and none is missing."""

import pytest

from simulators.board_faults import MENU, Fault, joined
from simulators.cable import Faults

WANTED = {
    "bit-errors",
    "drops",
    "duplicates",
    "garbage",
    "wrong-baud",
    "unplug",
    "hang",
    "watchdog",
    "brown-out",
    "drift",
    "overrun",
}


def test_the_menu_is_whole() -> None:
    assert set(MENU) >= WANTED


@pytest.mark.parametrize("fault", MENU.values(), ids=MENU)
def test_every_row_says_and_does_something(fault: Fault) -> None:
    assert fault.meaning
    assert fault.wire != Faults() or fault.rate != 1 or fault.befalls is not None


def test_faults_of_the_wire_add_up() -> None:
    assert joined([MENU["drops"], MENU["duplicates"], MENU["hang"]]) == Faults(
        drop=2e-3, double=2e-3
    )
