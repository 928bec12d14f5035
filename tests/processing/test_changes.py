"""What a change carries."""

from processing.changes import NodeChange, NodeState
from processing.intervals import Cause, Level, Reason


def test_a_change_is_plain_text_outside() -> None:
    change = NodeChange("a0", Level.AP, 5, NodeState.DOWN, Reason.WILL, 3, Cause.FEEDER, "x@3")
    assert [str(part) for part in change] == ["a0", "ap", "5", "down", "will", "3", "feeder", "x@3"]
