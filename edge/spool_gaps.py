"""What is known of records that will never come: why, how many, of which class, from when to when.

That a record is missing is read off the offsets themselves and needs no note. A note adds the
reason. It is written into the log, durable before the records go, and read again at every start.
A span is only searched for holes: records inside it that do exist are still delivered. Only a
``skipped`` span is empty by nature, for its offsets were never given to a record.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Final, NamedTuple

import msgspec

from edge.spool_record import CLASS_COUNT

SPANS_MAX: Final = 1024
SEEN_MAX: Final = 8192
NO_CLASSES: Final = (0,) * CLASS_COUNT


class Reason(StrEnum):
    """Why records are missing."""

    OVERFLOW = "overflow"
    CORRUPT = "corrupt"
    IO_ERROR = "io_error"
    SKIPPED = "skipped"


class Lost(NamedTuple):
    """Offsets ``offset .. offset + count - 1`` will never come.

    ``by_class`` is all zero where the classes are not known for exactly this range.
    """

    epoch: int
    offset: int
    count: int  # type: ignore[assignment]  # shadows tuple.count, which nobody calls
    reason: str
    first_wall_ns: int
    last_wall_ns: int
    by_class: tuple[int, ...]


class Gap(msgspec.Struct, frozen=True, array_like=True):
    """``lost`` records are missing between offset ``first`` and offset ``end - 1``."""

    reason: Reason
    first: int
    end: int
    lost: int
    by_class: tuple[int, ...] = NO_CLASSES
    first_wall_ns: int = 0
    last_wall_ns: int = 0


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Gap)


def encode_gap(gap: Gap) -> bytes:
    """The body of a note."""
    return _ENCODER.encode(gap)


def decode_gap(body: bytes) -> Gap | None:
    """The gap out of a note's body; None if a newer version wrote something else."""
    try:
        gap = _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    sound = 0 <= gap.first < gap.end and len(gap.by_class) == CLASS_COUNT
    return gap if sound else None


def _joined(one: Gap, other: Gap) -> Gap:
    walls = [wall for gap in (one, other) for wall in (gap.first_wall_ns, gap.last_wall_ns) if wall]
    return Gap(
        one.reason,
        min(one.first, other.first),
        max(one.end, other.end),
        one.lost + other.lost,
        tuple(a + b for a, b in zip(one.by_class, other.by_class, strict=True)),
        min(walls, default=0),
        max(walls, default=0),
    )


def _joinable(one: Gap, other: Gap) -> bool:
    if one.reason is not other.reason:
        return False
    if one.reason is Reason.OVERFLOW:
        return one.first <= other.end and other.first <= one.end
    return one.end == other.first or other.end == one.first


class GapTable:
    """The gaps of one epoch that no commit has passed yet; neighbours are joined."""

    def __init__(self) -> None:
        self._gaps: list[Gap] = []
        self._seen: set[Gap] = set()

    def __iter__(self) -> Iterator[Gap]:
        return iter(self._gaps)

    def add(self, gap: Gap) -> None:
        """Learn of a gap; the same one read twice counts once."""
        if gap in self._seen:
            return
        if len(self._seen) < SEEN_MAX:
            self._seen.add(gap)
        for at, known in enumerate(self._gaps):
            if _joinable(known, gap):
                del self._gaps[at]
                gap = _joined(known, gap)
                break
        self._gaps.append(gap)
        self._gaps.sort(key=lambda kept: (kept.first, kept.end))
        if len(self._gaps) > SPANS_MAX:
            del self._gaps[0]

    def forget_below(self, offset: int) -> None:
        """Drop the gaps that lie wholly below ``offset``."""
        if self._gaps and self._gaps[0].first < offset:
            self._gaps = [gap for gap in self._gaps if gap.end > offset]
            self._seen = {gap for gap in self._seen if gap.end > offset}

    def lowest(self) -> int | None:
        """Where the first gap begins."""
        return self._gaps[0].first if self._gaps else None

    def explain(self, epoch: int, first: int, end: int) -> Lost:
        """The hole ``first .. end - 1``, cut off where its reason changes.

        The narrowest span around ``first`` gives the reason; a hole nobody noted is corruption.
        """
        around = [gap for gap in self._gaps if gap.first <= first < gap.end]
        gap = min(around, key=lambda known: known.end - known.first, default=None)
        if gap:
            end = min(end, gap.end)
        inside = (
            other.first
            for other in self._gaps
            if first < other.first < end
            and (gap is None or other.end - other.first < gap.end - gap.first)
        )
        end = min(end, min(inside, default=end))
        if gap is None:
            return Lost(epoch, first, end - first, Reason.CORRUPT, 0, 0, NO_CLASSES)
        whole = (gap.first, gap.end, gap.lost) == (first, end, end - first)
        classes = gap.by_class if whole else NO_CLASSES
        return Lost(
            epoch, first, end - first, gap.reason, gap.first_wall_ns, gap.last_wall_ns, classes
        )
