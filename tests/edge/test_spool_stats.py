"""Counters of the spool."""

from edge.spool_stats import SpoolStats


def test_evictions_are_summed_over_card_and_memory() -> None:
    stats = SpoolStats(evicted_by_class=[1, 2, 3, 4], ring_evicted_by_class=[0, 0, 0, 5])
    assert stats.evicted_records == 15


def test_a_new_reading_of_the_folder_counts_its_damage_anew() -> None:
    stats = SpoolStats(torn_tails=1, torn_bytes_cut=9, corrupt_records=3, damaged_slots=1, syncs=4)
    stats.begin_counting_damage()
    assert stats == SpoolStats(syncs=4)
