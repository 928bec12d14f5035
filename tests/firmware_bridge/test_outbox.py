"""What leaves for a board: numbered, paced, bounded."""

from firmware_bridge.board_counters import BoardCounters
from firmware_bridge.frame import Frame, FrameReader
from firmware_bridge.outbox import FRAMES_MAX, Outbox


def numbers(wire: bytes) -> list[int]:
    """The seq of each frame."""
    return [one.seq for one in FrameReader().receive(wire) if isinstance(one, Frame)]


def test_a_frame_leaves_when_those_before_it_have() -> None:
    outbox = Outbox(BoardCounters(), byte_ns=100)
    assert outbox.send(6, bytes(8), 1_000) == 1_000 + 17 * 100
    assert outbox.send(6, bytes(8), 1_000) == 1_000 + 34 * 100
    assert outbox.send(6, bytes(8), 9_000) == 9_000 + 17 * 100
    assert numbers(outbox.take()) == [0, 1, 2]
    assert outbox.take() == b""


def test_a_frame_that_is_dropped_uses_its_number() -> None:
    counters = BoardCounters()
    outbox = Outbox(counters, byte_ns=100)
    for _ in range(FRAMES_MAX + 3):
        outbox.send(1, b"", 0)
    assert counters.output_dropped == 3
    assert numbers(outbox.take()) == [*range(FRAMES_MAX)]
    outbox.send(1, b"", 0)
    assert numbers(b"\0" + outbox.take()) == [FRAMES_MAX + 3]


def test_what_waits_when_the_port_goes_is_dropped_and_counted() -> None:
    counters = BoardCounters()
    outbox = Outbox(counters, byte_ns=100)
    outbox.delimit()
    outbox.send(1, b"", 0)
    outbox.clear()
    assert outbox.take() == b""
    assert counters.output_dropped == 2
