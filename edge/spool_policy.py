"""How large the spool may be, and what goes first when it is larger. Decides; touches nothing.

The lowest priority goes first, oldest first, down to a share of the bound, so that thinning is
rare and does much at once. A partition that others have filled takes from the spool only what
lies above ``reserve_bytes``: a full disk elsewhere never empties it.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from edge.spool_record import BODY_BYTES_MAX, CLASS_COUNT, HEADER_BYTES
from edge.spool_segment import FOOTER_BYTES
from edge.spool_segment import HEADER_BYTES as SEGMENT_HEADER_BYTES
from vocabulary.units import NS_PER_MS, NS_PER_S, S_PER_DAY

MIB: Final = 1024 * 1024
SEGMENT_OVERHEAD_BYTES: Final = SEGMENT_HEADER_BYTES + HEADER_BYTES + FOOTER_BYTES


class SpoolLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Every bound of the spool, with its unit."""

    segment_bytes: int = MIB
    bytes_max: int = 2048 * MIB
    share_pct_max: int = 25
    free_bytes_min: int = 512 * MIB
    free_pct_min: int = 10
    reserve_bytes: int = 16 * MIB
    evict_to_pct: int = 90
    sync_delay_ns: int = 5 * NS_PER_S
    sync_bytes: int = 64 * 1024
    event_sync_delay_ns: int = 100 * NS_PER_MS
    """Half of what is promised for events; the other half is for the card."""
    cursor_delay_ns: int = 60 * NS_PER_S
    segment_age_ns: int = S_PER_DAY * NS_PER_S
    space_check_ns: int = 30 * NS_PER_S
    heal_delay_ns: int = 5 * NS_PER_S
    heal_delay_ns_max: int = 60 * NS_PER_S
    ring_bytes_max: int = 8 * MIB
    spare_count_max: int = 2

    @property
    def body_bytes_max(self) -> int:
        """The longest record body that a segment and the format can take."""
        return min(BODY_BYTES_MAX, self.segment_bytes - SEGMENT_OVERHEAD_BYTES)


class Space(NamedTuple):
    """What the spool's own files take, and what the partition says."""

    used_bytes: int
    free_bytes: int
    total_bytes: int


class Evictable(NamedTuple):
    """A closed segment; sizes are of its uncommitted records by class."""

    key: int
    file_bytes: int
    sizes_bytes: tuple[int, ...]


def least_worth(segments: Sequence[Evictable]) -> int | None:
    """The segment to give up whole when the disk has no room to thin one: its key.

    The one with the least of the higher priorities; of equals, the oldest.
    """
    best = min(segments, key=lambda segment: segment.sizes_bytes, default=None)
    return best.key if best else None


class Thinning(NamedTuple):
    """Drop these classes from one segment."""

    key: int
    classes: frozenset[int]


def bytes_allowed(limits: SpoolLimits, space: Space) -> int:
    """How many bytes the spool's files may take now."""
    by_size = min(limits.bytes_max, space.total_bytes * limits.share_pct_max // 100)
    floor = max(limits.free_bytes_min, space.total_bytes * limits.free_pct_min // 100)
    by_free = space.used_bytes + space.free_bytes - floor
    return max(min(by_size, by_free), min(by_size, limits.reserve_bytes))


def bytes_to_free(limits: SpoolLimits, space: Space, *, begun: bool = False) -> int:
    """How much must go: 0 inside the bounds, else down to ``evict_to_pct`` of what is allowed.

    ``begun``: eviction is under way, so it goes on below the bound as well.
    """
    allowed = bytes_allowed(limits, space)
    if space.used_bytes <= allowed and not begun:
        return 0
    return max(0, space.used_bytes - allowed * limits.evict_to_pct // 100)


def plan(segments: Sequence[Evictable], needed_bytes: int) -> list[Thinning]:
    """Which classes to drop from which segments, given oldest first.

    A segment that loses all its records gives back its whole file.
    """
    dropped: dict[int, set[int]] = {}
    freed_bytes = 0
    for klass in reversed(range(CLASS_COUNT)):
        for segment in segments:
            if freed_bytes >= needed_bytes:
                break
            gone = dropped.setdefault(segment.key, set())
            if not segment.sizes_bytes[klass]:
                continue
            gone.add(klass)
            freed_bytes += segment.sizes_bytes[klass]
            if all(size == 0 or at in gone for at, size in enumerate(segment.sizes_bytes)):
                freed_bytes += segment.file_bytes - sum(segment.sizes_bytes)
    order = [segment.key for segment in segments]
    return [Thinning(key, frozenset(dropped[key])) for key in order if dropped.get(key)]
