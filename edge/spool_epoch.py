"""The number of this spool: generation times 2**32, plus how many spools this gateway has begun.

The count lives beside the spool's folder, not in it, and is durable before a new epoch is used:
a spool that was wiped never gets its old number back. A gateway whose card was replaced has no
count either; it begins at a number drawn from its board, its boot and the time, so that the old
card's numbers are not met again. Nothing reads meaning into an epoch; it is only compared.

A volatile epoch names records that exist in memory only. Its upper half of the count range can
never be reached by counting.
"""

import struct
from hashlib import blake2b
from typing import Final

from edge.disk import Disk
from edge.spool_slots import SlotFile
from vocabulary.delivery import EPOCH_MAX
from vocabulary.moment import Moment

COUNT_FILE: Final = "spool_count"
COUNT_BITS: Final = 32
VOLATILE: Final = 1 << 31
GENERATION_MAX: Final = EPOCH_MAX >> COUNT_BITS
_FIRST_COUNT_MAX: Final = 1 << 30
_COUNT = struct.Struct("<Q")


def is_volatile(epoch: int) -> bool:
    """Whether the epoch was made for records in memory."""
    return bool(epoch & VOLATILE)


def generation_of(epoch: int) -> int:
    """The generation the host issued."""
    return epoch >> COUNT_BITS


def _drawn(board: bytes, kernel_boot: bytes, now: Moment, below: int) -> int:
    seed = board + kernel_boot + struct.pack("<qq", now.wall_ns, now.mono_ns)
    return int.from_bytes(blake2b(seed, digest_size=8).digest(), "little") % below


def volatile_epoch(generation: int, board: bytes, kernel_boot: bytes, now: Moment) -> int:
    """An epoch for records in memory, not met again by this gateway."""
    count = VOLATILE | _drawn(board, kernel_boot, now, VOLATILE)
    return (generation << COUNT_BITS) + count


class SpoolCount:
    """The durable count of spools begun on this card."""

    def __init__(self, disk: Disk) -> None:
        self._slots = SlotFile(disk, COUNT_FILE)
        self._count: int | None = None

    def load(self) -> int | None:
        """The count, None on a new card. Raises ``OSError``."""
        raw = self._slots.load()
        self._count = _COUNT.unpack(raw)[0] if raw and len(raw) == _COUNT.size else None
        return self._count

    def keep_up_with(self, epoch: int) -> None:
        """An epoch in use must not be ahead of the count. Raises ``OSError``."""
        count = epoch & (VOLATILE - 1)
        if not is_volatile(epoch) and (self._count is None or self._count < count):
            self._store(count)

    def new_epoch(
        self, generation: int, board: bytes, kernel_boot: bytes, now: Moment, *, cloned: bool
    ) -> int:
        """The next epoch, durable before it is returned. Raises ``OSError``.

        A cloned card's count is shared with its twin, so it is drawn anew.
        """
        assert 0 < generation <= GENERATION_MAX
        if self._count is None or cloned:
            count = 1 + _drawn(board, kernel_boot, now, _FIRST_COUNT_MAX)
        else:
            count = self._count % (VOLATILE - 1) + 1
        self._store(count)
        return (generation << COUNT_BITS) + count

    def _store(self, count: int) -> None:
        for _slot in range(2):  # an older count would give an epoch twice
            self._slots.store(_COUNT.pack(count))
        self._count = count
