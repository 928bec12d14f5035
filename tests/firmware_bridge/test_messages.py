"""Message numbers, read against the example frames."""

from firmware_bridge.frame import TYPE_MAX
from firmware_bridge.messages import MessageType
from tests.firmware_bridge.vectors import FRAMES


def test_every_example_is_named_after_its_type() -> None:
    for vector in FRAMES:
        if vector.verdict == "frame" and vector.name != "longest":
            name = MessageType(vector.type).name.lower()
            assert vector.name == name or vector.name.startswith(f"{name}_")


def test_numbers_fit_the_frame_and_leave_the_reserved_ones() -> None:
    assert sorted(MessageType) == list(range(1, 13))
    assert max(MessageType) < TYPE_MAX - 1
