"""What a spool in daily use writes to its card, page by page, on a disk that counts them."""

import pytest

from edge.spool import BootInfo, Spool, SpoolLimits
from simulators.disk import SimulatedDisk
from vocabulary.delivery import RecordClass
from vocabulary.moment import Moment
from vocabulary.units import NS_PER_S, S_PER_DAY

BODY = bytes(72)
RECORD_BYTES = 108
START = Moment(NS_PER_S, 1_800_000_000 * NS_PER_S)
LIMITS = SpoolLimits(
    segment_bytes=64 * 1024, share_pct_max=100, free_bytes_min=0, free_pct_min=0, sync_bytes=1 << 20
)


def written_bytes(records: int, group: int) -> int:
    """Pages that reach the card while so many records come, are synced in groups and freed."""
    disk = SimulatedDisk(seed=1)
    spool = Spool.open(disk, limits=LIMITS, boot=BootInfo("kernel-1", "board"), now=START)
    now, before = START, 0
    for turn in range(2 * records // group):  # the first half fills the shelf with used files
        if turn == records // group:
            before = disk.synced_pages_bytes
        for _record in range(group):
            spool.append(BODY, klass=RecordClass.CHECK, now=now)
        now = now.later(5)
        spool.tick(now)
        spool.commit(spool.epoch, spool.next_offset, now)
    return disk.synced_pages_bytes - before


def test_write_budget() -> None:
    assert written_bytes(6_000, 60) <= 2.5 * 6_000 * RECORD_BYTES


def test_a_day_at_two_records_a_second() -> None:
    hour = written_bytes(7_200, 10)
    assert hour * 24 <= 150_000_000
    assert hour * 24 > 2 * S_PER_DAY * RECORD_BYTES


@pytest.mark.parametrize("group", [1])
def test_a_sync_for_every_record_would_not_do(group: int) -> None:
    assert written_bytes(1_000, group) > 10 * 1_000 * RECORD_BYTES
