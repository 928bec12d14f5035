"""Which spool offsets of one epoch have arrived: a bounded set of disjoint ranges.

A gateway may free everything below ``prefix_end``. Data that come in order keep one range; every
hole costs one more. Beyond the bound a new range is shed, so its sender will bring it again.
"""

from bisect import bisect_right
from collections.abc import Iterable
from enum import Enum
from typing import Final

RANGES_MAX: Final = 4_096


class Added(Enum):
    """What became of an offset. Only NEW is true."""

    NEW = "new"
    SEEN = "seen"
    SHED = "shed"

    def __bool__(self) -> bool:
        return self is Added.NEW


class OffsetSet:
    """Received offsets at or above ``base``; everything below ``base`` counts as received."""

    __slots__ = ("_base", "_his", "_los", "_ranges_max")

    def __init__(self, base: int = 0, *, ranges_max: int = RANGES_MAX) -> None:
        assert base >= 0
        assert ranges_max >= 1
        self._base = base
        self._ranges_max = ranges_max
        self._los: list[int] = []  # ranges [lo, hi), ascending, never touching each other
        self._his: list[int] = []

    @property
    def base(self) -> int:
        """The first offset that this set keeps account of."""
        return self._base

    @property
    def prefix_end(self) -> int:
        """Every offset below this one has been received."""
        return self._his[0] if self._los and self._los[0] == self._base else self._base

    def __contains__(self, offset: int) -> bool:
        return offset < self._base or self._range_at(offset) >= 0

    contains = __contains__

    def __len__(self) -> int:
        """How many offsets at or above the base were received."""
        return sum(self._his) - sum(self._los)

    def intervals(self) -> list[tuple[int, int]]:
        """The ranges [lo, hi), ascending."""
        return list(zip(self._los, self._his, strict=True))

    @classmethod
    def of(cls, base: int, intervals: Iterable[tuple[int, int]]) -> "OffsetSet":
        """The set that ``base`` and ``intervals()`` describe."""
        made = cls(base)
        for lo, hi in intervals:
            made.add_range(lo, hi)
        return made

    def add(self, offset: int) -> Added:
        """Note one offset."""
        his = self._his
        if his and offset == his[-1]:  # the common case: the next one
            his[-1] += 1
            return Added.NEW
        if offset in self:
            return Added.SEEN
        return self._join(offset, offset + 1)

    def add_range(self, lo: int, hi: int) -> Added:
        """Note [lo, hi). NEW if any of it was; SHED leaves the set as it was."""
        assert lo <= hi
        lo = max(lo, self._base)
        if lo >= hi:
            return Added.SEEN
        at = self._range_at(lo)
        if at >= 0 and hi <= self._his[at]:
            return Added.SEEN
        return self._join(lo, hi)

    def raise_base(self, base: int) -> None:
        """Everything below ``base`` is dealt with (received, or declared lost by its sender)."""
        if base <= self._base:
            return
        kept = [(max(lo, base), hi) for lo, hi in self.intervals() if hi > base]
        self._base = base
        self._los = [lo for lo, _ in kept]
        self._his = [hi for _, hi in kept]

    def _range_at(self, offset: int) -> int:
        at = bisect_right(self._los, offset) - 1
        return at if at >= 0 and offset < self._his[at] else -1

    def _join(self, lo: int, hi: int) -> Added:
        first = bisect_right(self._his, lo - 1)  # first range that ends at lo or later
        last = bisect_right(self._los, hi)  # first range that starts after hi
        if first == last and len(self._los) >= self._ranges_max:
            return Added.SHED
        if first < last:
            lo, hi = min(lo, self._los[first]), max(hi, self._his[last - 1])
        self._los[first:last] = [lo]
        self._his[first:last] = [hi]
        return Added.NEW
