"""The gate before commands: each way to be refused has its own words."""

import struct

import pytest

from firmware_bridge.command_gate import packed
from firmware_bridge.descriptor import Op
from firmware_bridge.messages import Hello

HELLO = Hello(1, 1, 7, 0, 42, 7, 1, 0, 1, 16, 10, 0, 0)
OPS = {
    3: Op(3, "add", struct.Struct("<I"), struct.Struct("<I")),
    4: Op(4, "long", struct.Struct("<QQ"), struct.Struct("<")),
}
ALLOW = frozenset({(42, 3), (42, 4), (42, 9)})


def test_what_is_allowed_is_packed() -> None:
    assert packed(HELLO, OPS, ALLOW, 3, (5,)) == (OPS[3], b"\5\0\0\0")


@pytest.mark.parametrize(
    ("hello", "op", "arguments", "words"),
    [
        (None, 3, (5,), "no board"),
        (HELLO._replace(uid=43), 3, (5,), "allow-list"),
        (HELLO, 1, (), "allow-list"),
        (HELLO._replace(flags=5), 3, (5,), "takes no commands"),
        (HELLO, 9, (), "no op 9"),
        (HELLO, 3, (), "arguments of add"),
        (HELLO, 3, (-1,), "arguments of add"),
        (HELLO, 3, (0.5,), "arguments of add"),
        (HELLO, 4, (1, 2), "at most 16 bytes"),
    ],
)
def test_what_is_not_says_why(
    hello: Hello | None, op: int, arguments: tuple[float, ...], words: str
) -> None:
    assert words in str(packed(hello, OPS, ALLOW, op, arguments))
