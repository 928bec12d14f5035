"""Events of a board's link: every one has a name to be counted under, and the names differ."""

from typing import get_args

from firmware_bridge.board_counters import BoardCounters
from firmware_bridge.board_events import (
    BoardEvent,
    BootIdRepeated,
    DescriptorLearned,
    Fate,
    Foreign,
    GaveUp,
    Logged,
    Outcome,
    Reported,
    Restarted,
    StateChange,
    StreamSilent,
)
from firmware_bridge.events import Reasoned, Refused, Sample
from firmware_bridge.messages import Reset
from firmware_bridge.session import State

EXAMPLES: list[Reasoned] = [
    StateChange(State.SYNCING, State.RUNNING, BoardCounters()),
    Restarted(Reset.BROWN_OUT, 1, 2),
    BootIdRepeated(1, 2),
    Foreign("why"),
    DescriptorLearned(1, b""),
    StreamSilent("env", 5),
    Outcome(1, 3, Fate.UNKNOWN, -1, (), 8),
    Reported(1, b"", 0),
    Logged(0, ""),
    GaveUp("mute"),
]


def test_each_has_a_name_of_its_own() -> None:
    assert {type(one) for one in EXAMPLES} == set(get_args(BoardEvent)) - {Sample, Refused}
    names = [one.reason for one in EXAMPLES]
    assert len(set(names)) == len(names)
    assert "restarted_brown_out" in names
    assert "command_unknown" in names
