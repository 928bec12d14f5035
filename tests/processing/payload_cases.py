"""Payload bytes by the thousand: ordinary, odd, hostile and damaged, the same from the same seed.

Written byte by byte, not by a protobuf library, because no library writes what a stranger may
send: padded varints, groups, fields twice, field number 0, known numbers with other wire types.
"""

from random import Random
from typing import Final

VARINT, FIXED64, LENGTH, GROUP, END, FIXED32 = range(6)
NEAR_DEPTH: Final = (1, 2, 3, 97, 98, 99, 100, 101)
_TYPE_OF: Final = {1: 2, 2: 0, 3: 0, 4: 0, 5: 0, 6: 0, 7: 0, 8: 2, 9: 2, 10: 0}
_TYPE_OF_VALUE: Final = {11: 0, 12: 5, 13: 1, 14: 0, 15: 2, 16: 2, 17: 2, 18: 2, 19: 2}
METRIC_TYPES: Final = tuple((_TYPE_OF | _TYPE_OF_VALUE).items())
PAYLOAD_TYPES: Final = ((1, VARINT), (3, VARINT), (4, LENGTH), (5, LENGTH))
METADATA_TYPES: Final = ((1, VARINT), (2, LENGTH), (3, VARINT), (4, VARINT), (5, LENGTH))
_EDGES: Final = (0, 1, 2, 127, 128, 255, 2**21 - 1, 2**28, 2**32 - 1, 2**32, 2**56, 2**64 - 1)
_SPECIAL: Final = bytes((0, 1, 0x0A, 0x10, 0x12, 0x13, 0x14, 0x18, 0x20, 0x42, 0x7F, 0x80, 0xFF))
_TEXTS: Final = (b"", b"x", b"wifi/ok", b"\xff\xfe", "Straße".encode(), b"n" * 130)


def varint(number: int, *, padded_to: int = 0) -> bytes:
    """A varint; with ``padded_to``, at least so many bytes long."""
    made = bytearray()
    while number >= 128:
        made.append(number & 127 | 128)
        number >>= 7
    made.append(number)
    while len(made) < padded_to:
        made[-1] |= 128
        made.append(0)
    return bytes(made)


def tag(field: int, wire_type: int, *, padded_to: int = 0) -> bytes:
    """What stands before a field."""
    return varint(field << 3 | wire_type, padded_to=padded_to)


def held(field: int, body: bytes) -> bytes:
    """A field with a length."""
    return tag(field, LENGTH) + varint(len(body)) + body


def nested(count: int, field: int = 100) -> bytes:
    """Groups in one another."""
    return tag(field, GROUP) * count + tag(field, END) * count


class Cases:
    """An endless supply of payloads."""

    def __init__(self, seed: int) -> None:
        self._rng = Random(seed)

    def take(self, count: int) -> list[bytes]:
        """So many more."""
        return [self._one() for _ in range(count)]

    def _one(self) -> bytes:
        wire = self._payload()
        while self._chance(0.35):
            wire = self.damaged(wire)
        return wire

    def _chance(self, share: float) -> bool:
        return self._rng.random() < share

    def _number(self) -> int:
        if self._chance(0.3):
            return self._rng.choice(_EDGES)
        return self._rng.getrandbits(self._rng.randint(1, 64))

    def _varint(self, number: int) -> bytes:
        if not self._chance(0.12):
            return varint(number)
        if self._chance(0.3):  # ten bytes, with bits that no 64-bit number has; or eleven
            head = bytes(self._rng.randrange(128, 256) for _ in range(9))
            return head + bytes((self._rng.randrange(130),)) + b"\x00" * self._rng.randrange(2)
        return varint(number, padded_to=self._rng.randint(1, 11))

    def _tag(self, field: int, wire_type: int) -> bytes:
        padded_to = self._rng.randint(2, 6) if self._chance(0.03) else 0
        return tag(field, wire_type, padded_to=padded_to)

    def _scalar(self, field: int, wire_type: int) -> bytes:
        """A field, whatever its type."""
        head = self._tag(field, wire_type)
        if wire_type == VARINT:
            return head + self._varint(self._number())
        if wire_type in (FIXED64, FIXED32):
            return head + self._rng.randbytes(8 if wire_type == FIXED64 else 4)
        if wire_type == LENGTH:
            body = self._rng.choice(_TEXTS)
            padded_to = self._rng.randint(2, 6) if self._chance(0.05) else 0
            size = len(body) + (self._rng.choice((-1, 1)) if self._chance(0.02) else 0)
            return head + varint(max(size, 0), padded_to=padded_to) + body
        if wire_type == GROUP:
            return self._group(field)
        return head

    def _group(self, field: int) -> bytes:
        """A group of strangers' fields, sometimes badly ended, sometimes very deep."""
        if self._chance(0.1):
            return nested(self._rng.choice(NEAR_DEPTH), field)
        inside = b""
        while self._chance(0.5):
            number = self._rng.choice((0, 0, 1, 2, 5, 100))
            inside += self._scalar(number, self._rng.choice((0, 1, 2, 3, 5)))
        end = field if not self._chance(0.05) else field + 1
        return self._tag(field, GROUP) + inside + self._tag(end, END)

    def _field(self, known: tuple[tuple[int, int], ...]) -> bytes:
        field, wire_type = self._rng.choice(known)
        if self._chance(0.08):
            wire_type = self._rng.randrange(8 if self._chance(0.1) else 6)
        if self._chance(0.08):
            field = self._rng.choice((0, 6, 20, 31, 100, 536_870_911))
        return self._scalar(field, wire_type)

    def _plain_metric(self) -> bytes:
        """As our gateways write it, and slightly otherwise."""
        rng = self._rng
        made = tag(2, VARINT) + varint(rng.getrandbits(rng.choice((3, 7, 14, 15))))
        if self._chance(0.9):
            bits = rng.choice((41, 41, 41, 35, 36, 42, 43, 0))
            made += tag(3, VARINT) + varint(rng.getrandbits(bits))
        for field in (4, 5, 7):
            if self._chance(0.2):
                made += tag(field, VARINT) + varint(rng.choice((0, 1, 1, 2, 9, 127, 128)))
        kind = rng.choice((10, 11, 12, 13, 14, 14, 15, 0))
        if kind in (10, 11, 14):
            made += tag(kind, VARINT) + self._varint(self._number())
        elif kind:
            made += self._scalar(kind, dict(METRIC_TYPES)[kind])
        return made

    def _metric(self) -> bytes:
        if self._chance(0.5):
            made = self._plain_metric()
            return made if not self._chance(0.1) else made + self._field(METRIC_TYPES)
        parts = [self._field(METRIC_TYPES) for _ in range(self._rng.randrange(7))]
        if self._chance(0.1):
            some = [self._field(METADATA_TYPES) for _ in range(self._rng.randrange(4))]
            if self._chance(0.2):
                some.append(nested(self._rng.choice(NEAR_DEPTH)))
            parts.append(held(8, b"".join(some)))
        return b"".join(parts)

    def _payload(self) -> bytes:
        parts = [held(2, self._metric()) for _ in range(self._rng.choice((0, 1, 1, 2, 3, 8)))]
        for _ in range(self._rng.randrange(4)):
            at = self._rng.randrange(len(parts) + 1)
            parts.insert(at, self._field(PAYLOAD_TYPES))
        if self._chance(0.03):
            parts.append(nested(self._rng.choice(NEAR_DEPTH)))
        return b"".join(parts)

    def damaged(self, wire: bytes) -> bytes:
        """One thing wrong with it."""
        rng, made = self._rng, bytearray(wire)
        if not made:
            return rng.randbytes(rng.randrange(4))
        at = rng.randrange(len(made))
        what = rng.randrange(6)
        if what == 0:
            made[at] ^= 1 << rng.randrange(8)
        elif what == 1:
            made[at] = rng.choice(_SPECIAL)
        elif what == 2:
            del made[at:]
        elif what == 3:
            del made[at : at + rng.randint(1, 3)]
        elif what == 4:
            made[at:at] = bytes(rng.choice(_SPECIAL) for _ in range(rng.randint(1, 3)))
        else:
            other = rng.randrange(len(made))
            made[at:at] = made[other : other + rng.randint(1, 12)]
        return bytes(made)
