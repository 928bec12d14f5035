"""A link by itself, and frames as a board sends them: what tests of links share."""

from typing import Any

from firmware_bridge import messages
from firmware_bridge.frame import encode
from firmware_bridge.link import Link
from firmware_bridge.messages import Hello
from firmware_bridge.session import State
from tests.firmware_bridge.vectors import DESCRIPTOR
from vocabulary.units import NS_PER_S


def make_link(**more: Any) -> Link:
    """One that draws 1, 2, 3 .."""
    numbers = iter(range(1, 1_000_000))
    link = Link(0, draw=lambda: next(numbers), **more)
    link.opened(0)
    return link


def frame(message: messages.FromBoard, seq: int = 0) -> bytes:
    """As a board sends it."""
    return encode(messages.type_of(message), seq, messages.payload_of(message))


HELLO = Hello(1, 1, 7, 0, 42, 7, 1, 0xFEAC11C5, 159, 64, 10, 0x01020003, 6)
"""Of session 1, with the descriptor of the vectors."""


def running_link() -> Link:
    """With the descriptor of the vectors."""
    link = make_link(known={0xFEAC11C5: DESCRIPTOR})
    link.receive(b"\0" + frame(HELLO), NS_PER_S)
    assert link.state is State.RUNNING
    return link
