"""When the card is tried again, and under which name memory goes meanwhile."""

import errno

from edge.spool_epoch import generation_of, is_volatile
from edge.spool_fallback import Fallback
from edge.spool_policy import SpoolLimits
from edge.spool_stats import SpoolStats
from tests.edge.spool_world import START
from vocabulary.units import NS_PER_S

LIMITS = SpoolLimits()
FAULT = OSError(errno.EROFS, "Read-only file system")


def fallback(stats: SpoolStats) -> Fallback:
    return Fallback(LIMITS, generation=3, board=b"b", kernel_boot=b"k", stats=stats)


def in_memory(held: Fallback) -> bool:
    return held.ring is not None


def test_tries_grow_rarer_to_a_bound_and_begin_anew() -> None:
    held = fallback(SpoolStats())
    now, waits = START, []
    for _try in range(6):
        held.enter(FAULT, now)
        waits.append((held.heal_ns - now.mono_ns) // NS_PER_S)
        now = now.later(waits[-1])
    assert waits == [5, 10, 20, 40, 60, 60]
    held.leave()
    held.enter(FAULT, now)
    assert held.heal_ns == now.mono_ns + 5 * NS_PER_S


def test_the_ring_stays_the_same_until_the_card_is_well() -> None:
    stats = SpoolStats()
    held = fallback(stats)
    held.enter(FAULT, START)
    first = held.ring
    assert first is not None
    assert is_volatile(first.epoch)
    assert generation_of(first.epoch) == 3
    held.enter(OSError("no number"), START.later(5))
    assert held.ring is first
    assert (stats.ram_mode, stats.write_faults, stats.last_fault) == (True, 2, "unknown")
    held.leave()
    assert (stats.heals, in_memory(held)) == (1, False)
    held.enter(FAULT, START.later(9))
    again = held.ring
    assert again is not None
    assert again.epoch != first.epoch
    assert stats.last_fault == "EROFS"
