"""How long bytes travel on a line, so that a reading is dated when it was sent."""

from typing import Final

from vocabulary.units import NS_PER_S

BITS_PER_BYTE: Final = 10
"""Start, eight data bits, stop: 8N1."""


def wire_ns(count_bytes: int, baud: int) -> int:
    """The time of ``count_bytes`` on the wire."""
    return count_bytes * BITS_PER_BYTE * NS_PER_S // baud
