"""Bytes take their time."""

from firmware_bridge.wire_time import wire_ns
from vocabulary.units import NS_PER_S


def test_ten_bits_a_byte() -> None:
    assert wire_ns(960, 9_600) == NS_PER_S
    assert wire_ns(1, 115_200) == 86_805
    assert wire_ns(0, 9_600) == 0
