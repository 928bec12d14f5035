"""Slow, obvious twins of the unit searches: every place of the whole stream is looked at.

What is a unit is said again here, from the sheets, in other words than the decoders use.
"""

from collections.abc import Callable

PADDING = bytes(300)
"""After a stream, so that nothing is left waiting for more."""


def sds011(stream: bytes, ix: int) -> int:
    """Length of the unit at ``ix``, 0 if there is none."""
    unit = list(stream[ix : ix + 10])
    if len(unit) < 10 or unit[0] != 170 or unit[9] != 171 or unit[1] not in {192, 197}:
        return 0
    total = 0
    for byte in unit[2:8]:
        total = (total + byte) % 256
    return 10 if total == unit[8] else 0


def pms5003(stream: bytes, ix: int) -> int:
    """Length of the unit at ``ix``, 0 if there is none."""
    if stream[ix : ix + 2] != b"BM" or stream[ix + 2 : ix + 3] != b"\0":
        return 0
    size = {28: 32, 20: 24, 4: 8}.get(stream[ix + 3] if ix + 3 < len(stream) else -1, 0)
    unit = stream[ix : ix + size]
    if not size or len(unit) < size:
        return 0
    return size if sum(unit[:-2]) == 256 * unit[-2] + unit[-1] else 0


def nmea(stream: bytes, ix: int) -> int:
    """Length of the sentence at ``ix``, 0 if there is none."""
    end = stream.find(b"\n", ix)
    text = stream[ix : end + 1]
    body, star, tail = text[1:].partition(b"*")
    if end < 0 or text[:1] != b"$" or not star or not 5 <= len(body) <= 114:
        return 0
    if b"$" in body or any(not 32 <= byte < 127 for byte in body):
        return 0
    digits = tail.rstrip(b"\n")
    digits = digits.removesuffix(b"\r")
    if len(digits) != 2 or any(byte not in b"0123456789abcdefABCDEF" for byte in digits):
        return 0
    total = 0
    for byte in body:
        total ^= byte
    return len(text) if total == int(digits, 16) else 0


def mhz19b(stream: bytes, ix: int) -> int:
    """Length of the answer at ``ix``, 0 if there is none."""
    unit = stream[ix : ix + 9]
    good = len(unit) == 9 and unit[:2] == b"\xff\x86"
    return 9 if good and (sum(unit[1:9])) % 256 == 0 else 0


def search(stream: bytes, unit_at: Callable[[bytes, int], int]) -> list[bytes]:
    """All units of a stream, from the left, none inside another."""
    found, ix = [], 0
    while ix < len(stream):
        size = unit_at(stream, ix)
        if size:
            found.append(stream[ix : ix + size])
        ix += size or 1
    return found
