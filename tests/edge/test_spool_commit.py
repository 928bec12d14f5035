"""A commit frees, is too old, too high, or for somebody else."""

import hypothesis.strategies as st
from hypothesis import given

from edge.spool_commit import CommitVerdict, judged
from edge.spool_ring import Ring
from edge.spool_stats import SpoolStats


@given(st.integers(0, 50), st.integers(0, 50), st.integers(-5, 200))
def test_every_commit_is_decided(committed: int, pending: int, below: int) -> None:
    ring = Ring(1, 1000, SpoolStats())
    ring.committed, ring.next_offset = committed, committed + pending
    expected = (
        CommitVerdict.BEYOND_END
        if below > committed + pending
        else CommitVerdict.ACCEPTED
        if below >= committed
        else CommitVerdict.STALE
    )
    assert judged(ring, below) is expected
    assert judged(None, below) is CommitVerdict.FOREIGN_EPOCH
