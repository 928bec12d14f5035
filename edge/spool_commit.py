"""What a commit may do: the host says "of this epoch I have everything below this offset"."""

from enum import StrEnum
from typing import NamedTuple

from edge.spool_log import Log
from edge.spool_ring import Ring


class CommitVerdict(StrEnum):
    """What became of a commit."""

    ACCEPTED = "accepted"
    STALE = "stale"
    FOREIGN_EPOCH = "foreign_epoch"
    BEYOND_END = "beyond_end"


class Backlog(NamedTuple):
    """What one epoch holds that the host has not."""

    epoch: int
    committed: int
    next_offset: int
    records: int


def judged(log: Log | Ring | None, below: int) -> CommitVerdict:
    """Whether ``log`` may be freed below ``below``. The same commit twice is as good as once."""
    if log is None:
        return CommitVerdict.FOREIGN_EPOCH
    if below > log.next_offset:
        return CommitVerdict.BEYOND_END
    return CommitVerdict.STALE if below < log.committed else CommitVerdict.ACCEPTED
