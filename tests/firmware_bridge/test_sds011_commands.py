"""Commands to an SDS011: the bytes of the maker's sheet, obeyed by the simulated board."""

from collections.abc import Callable

import pytest

from firmware_bridge import sds011_commands as commands
from firmware_bridge.sds011_commands import ANY_ID
from simulators.sds011_board import Sds011Board
from tests.firmware_bridge.vectors import SDS011

ID = 0xA160
MADE = {
    "mode_asked": commands.ask_mode(),
    "mode_set_query": commands.set_mode(on_query=True, sensor_id=ID),
    "query": commands.query(),
    "id_set": commands.set_id(0xA001, sensor_id=ID),
    "sleep": commands.set_power(working=False, sensor_id=ID),
    "work": commands.set_power(working=True, sensor_id=ID),
    "work_any": commands.set_power(working=True),
    "firmware_asked": commands.ask_firmware(sensor_id=ID),
    "period_set": commands.set_period(1, sensor_id=ID),
}
ANSWERED = {
    "mode_active": commands.ask_mode(),
    "mode_query": commands.set_mode(on_query=True),
    "id": commands.set_id(0xA001),
    "asleep": commands.set_power(working=False),
    "working": commands.set_power(working=True),
    "firmware": commands.ask_firmware(),
    "period": commands.set_period(1),
}


def test_every_command_of_the_sheet_is_made() -> None:
    assert {name: vector.wire for name, vector in SDS011.items() if vector.way == "in"} == MADE


@pytest.mark.parametrize("name", ANSWERED)
def test_the_simulated_board_answers_as_the_sheet_says(name: str) -> None:
    board = Sds011Board(0, lambda _now_ns: (0, 0))
    board.receive(ANSWERED[name], 1)
    assert board.advance(1) == SDS011[name].wire


@pytest.mark.parametrize("ask", [commands.ask_power, commands.ask_period])
def test_asking_changes_nothing(ask: Callable[[], bytes]) -> None:
    board = Sds011Board(0, lambda _now_ns: (0, 0))
    board.receive(ask(), 1)
    assert len(board.advance(1)) == 10
    assert (board.working, board.period_minutes, board.on_query) == (True, 0, False)


WRONG: list[Callable[[], bytes]] = [
    lambda: commands.set_period(31),
    lambda: commands.set_id(ANY_ID),
    lambda: commands.query(ANY_ID + 1),
]


@pytest.mark.parametrize("wrong", WRONG)
def test_impossible_arguments_are_our_own_mistake(wrong: Callable[[], bytes]) -> None:
    with pytest.raises(AssertionError):
        wrong()
