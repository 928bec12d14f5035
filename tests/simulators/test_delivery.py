"""Delays: shares and lengths against their laws, pauses, and the order of arrival."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators import delivery
from simulators.beat_records import Delays, spans_of
from simulators.chance import key_of
from simulators.delivery import after_pause_ns, delayed, order_of, stalled_until_ns
from vocabulary.units import NS_PER_MS, NS_PER_S

SEED = 21
KEY, STALLS = np.uint64(key_of(SEED, "ap")), np.uint64(key_of(SEED, "gateway"))
NONE = Delays(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, False, False)
COUNT = 10_000


def delays(made: Delays, count: int = COUNT) -> list[tuple[int, bool, int]]:
    times = (ix * NS_PER_S for ix in range(1, count + 1))
    return [
        (arrival - t, late, copy - t if copy >= 0 else -1)
        for t in times
        for arrival, late, copy in (delayed(made, KEY, STALLS, t, t),)
    ]


def test_without_anything_it_is_there_at_once() -> None:
    assert set(delays(NONE, 100)) == {(0, False, -1)}


def test_jitter_has_its_mean_and_a_tail() -> None:
    made = [one[0] for one in delays(NONE._replace(jitter_ns=2.0 * NS_PER_MS))]
    mean_ms = np.mean(made) / NS_PER_MS
    assert abs(mean_ms - 2.0) < 4 * 2.0 / math.sqrt(COUNT), f"seed {SEED}"
    tail = [one[0] for one in delays(NONE._replace(tail_share=0.01, tail_ns=1e8))]
    count = sum(one == 100 * NS_PER_MS for one in tail)
    assert abs(count - 100) < 4 * math.sqrt(100), f"seed {SEED}"


def test_shares_of_late_reordered_and_doubled() -> None:
    made = delays(
        NONE._replace(
            reorder_share=0.1,
            reorder_ns=60.0 * NS_PER_S,
            duplicate_share=0.2,
            keep_duplicates=True,
            late_share=0.05,
            late_ns=3_600.0 * NS_PER_S,
        )
    )
    late = [one for one in made if one[1]]
    moved = [one for one in made if one[0] > 0 and not one[1]]
    doubled = [one for one in made if one[2] >= 0]
    for found, share in ((late, 0.05), (moved, 0.095), (doubled, 0.2)):
        wanted = share * COUNT
        assert abs(len(found) - wanted) < 4 * math.sqrt(wanted), f"seed {SEED}"
    assert max(one[0] for one in moved) <= 60 * NS_PER_S
    assert max(one[0] for one in late) <= 3_600 * NS_PER_S
    assert all(one[2] >= one[0] for one in doubled)


def test_a_stall_holds_everybody_of_a_gateway_until_it_ends() -> None:
    made = NONE._replace(
        stall_gap_ns=600.0 * NS_PER_S, stall_min_ns=1.0 * NS_PER_S, stall_max_ns=1.3 * NS_PER_S
    )
    step_ns, hours = 900 * NS_PER_MS, 60
    starts = 0
    held_until = 0
    for at_ns in range(0, hours * 3_600 * NS_PER_S, step_ns):
        until_ns = stalled_until_ns(made, STALLS, at_ns)
        assert at_ns <= until_ns <= at_ns + 1.3 * NS_PER_S
        if until_ns > at_ns:
            assert at_ns >= held_until or until_ns >= held_until
            starts += at_ns >= held_until
            held_until = until_ns
    expected = hours * 6
    assert abs(starts - expected) < 4 * math.sqrt(expected), f"seed {SEED}"


@pytest.mark.parametrize(("arrival", "heard"), [(5, 5), (10, 20), (19, 20), (20, 20), (25, 25)])
def test_a_stopped_host_hears_when_it_goes_on(arrival: int, heard: int) -> None:
    assert after_pause_ns(spans_of([[(10, 20), (40, 50)]]), 0, arrival) == heard


@given(st.lists(st.integers(0, 999), max_size=60))
def test_the_order_is_that_of_a_stable_sort(arrivals: list[int]) -> None:
    made = np.array(arrivals, dtype=np.int64)
    assert order_of(made, 0, 1_000).tolist() == np.argsort(made, kind="stable").tolist()


def test_a_crowd_is_sorted_too() -> None:
    made = np.array([7] * delivery.CROWD + [3] + [7] * delivery.CROWD, dtype=np.int64)
    assert order_of(made, 0, 1 << 40).tolist() == np.argsort(made, kind="stable").tolist()
