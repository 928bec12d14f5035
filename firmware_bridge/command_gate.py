"""Which commands may be given at all: those that somebody allowed, to a board that takes them.

A CRC is no authentication, and whoever holds the cable holds the board. So commands come from the
gateway alone, never from the broker, and are off unless an allow-list names board and op.
"""

import struct
from collections.abc import Mapping

from firmware_bridge.descriptor import Op
from firmware_bridge.messages import CMD_BYTES_MIN, Flag, Hello


def packed(
    hello: Hello | None,
    ops: Mapping[int, Op],
    allow: frozenset[tuple[int, int]],
    number: int,
    arguments: tuple[float, ...],
) -> tuple[Op, bytes] | str:
    """The op and its arguments as bytes, or why not."""
    if hello is None:
        return "no board has said HELLO on this port yet"
    if (hello.uid, number) not in allow:
        return f"op {number} of board {hello.uid:016X} is not on the allow-list"
    if not hello.flags & Flag.COMMANDS:
        return "the board says that it takes no commands"
    op = ops.get(number)
    if op is None:
        return f"the board's descriptor has no op {number}"
    try:
        packed_arguments = op.arguments.pack(*arguments)
    except (struct.error, OverflowError) as error:
        return f"arguments of {op.name}: {error}"
    if CMD_BYTES_MIN + len(packed_arguments) > hello.max_payload:
        return f"the board receives at most {hello.max_payload} bytes of payload"
    return op, packed_arguments
