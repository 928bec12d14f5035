"""Evidence against its slow twin, and what must hold of it whatever was seen."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from processing import evidence_kernel as kernel
from processing.records import (
    CLASS_BINS,
    K_GAPS,
    K_GATEWAY_NS,
    K_MISSES,
    K_PROBE_LOST,
    K_PROBE_SENT,
    K_STALLS,
    KNOWN_SIZE,
    MISS_BINS,
    PROBES_MAX,
    STALL_BINS,
)
from tests.processing import naive_evidence as naive
from vocabulary.probing import SCHEDULE_MS
from vocabulary.units import NS_PER_S

SCHEDULE = np.array(SCHEDULE_MS, dtype=np.int64)


def falling(low: int, high: int, size: int) -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(low, high), min_size=size, max_size=size).map(
        lambda rows: sorted(rows, reverse=True)
    )


@st.composite
def seen(draw: st.DrawFn) -> naive.Seen:
    sent = draw(falling(0, 10_000, PROBES_MAX))
    lost = [draw(st.integers(0, count)) for count in sent]
    misses = draw(falling(0, 3_000, CLASS_BINS))
    return naive.Seen(
        misses,
        sum(misses) + draw(st.integers(0, 10**7)),
        sent,
        lost,
        draw(falling(0, 30, STALL_BINS)),
        draw(st.floats(0, 50)),
    )


def known_of(what: naive.Seen) -> NDArray[np.float64]:
    known = np.zeros(KNOWN_SIZE)
    known[K_MISSES : K_MISSES + CLASS_BINS] = what.misses
    known[K_PROBE_SENT : K_PROBE_SENT + PROBES_MAX] = what.sent
    known[K_PROBE_LOST : K_PROBE_LOST + PROBES_MAX] = what.lost
    known[K_STALLS : K_STALLS + STALL_BINS] = what.stalls
    known[K_GAPS] = what.gaps
    known[K_GATEWAY_NS] = what.gateway_years * kernel.YEAR_S * NS_PER_S
    return known


@given(seen(), st.integers(0, 40))
def test_silence_of_the_city(what: naive.Seen, missed: int) -> None:
    assert kernel.city_share(known_of(what), missed) == pytest.approx(
        naive.city_share(what, missed), rel=1e-9
    )


@given(seen(), st.integers(0, len(SCHEDULE_MS)))
def test_probes_in_vain(what: naive.Seen, failed: int) -> None:
    assert kernel.probe_nats(known_of(what), SCHEDULE, failed) == pytest.approx(
        naive.probe_nats(what, SCHEDULE_MS, failed), rel=1e-9, abs=1e-9
    )


@given(seen(), st.integers(1, 200).map(lambda tenths: tenths / 10 + 0.05))
def test_stalls_of_gateways(what: naive.Seen, silence_s: float) -> None:
    assert kernel.stalls_per_year(known_of(what), int(silence_s * NS_PER_S)) == pytest.approx(
        naive.stalls_per_year(what, silence_s), rel=1e-6
    )


@given(seen())
def test_more_silence_is_never_less_evidence(what: naive.Seen) -> None:
    known, none = known_of(what), np.zeros(MISS_BINS, dtype=np.uint16)
    silent = [kernel.silence_nats(known, none, 0.0, k) for k in range(40)]
    assert all(a <= b + 1e-9 for a, b in pairwise(silent))
    probed = [kernel.probe_nats(known, SCHEDULE, j) for j in range(SCHEDULE.size + 1)]
    assert all(a <= b + 1e-9 for a, b in pairwise(probed))


def test_the_closed_form_of_independent_losses() -> None:
    """E = -ln p - (k - 1) ln rho, with rho = p, once enough was seen."""
    known = np.zeros(KNOWN_SIZE)
    known[K_GAPS] = 1e9
    for k in range(1, 5):
        known[K_MISSES + k - 1] = 1e9 * 0.01**k * 0.99
    none = np.zeros(MISS_BINS, dtype=np.uint16)
    for k in (1, 2, 3):
        assert kernel.silence_nats(known, none, 0.0, k) == pytest.approx(4.605 * k, abs=0.05)


def test_an_access_point_of_its_own_habits() -> None:
    """One that loses every fifth beat is not suspected like its neighbours."""
    known = np.zeros(KNOWN_SIZE)
    known[K_GAPS], known[K_MISSES] = 1e7, 1e5
    quiet = np.zeros(MISS_BINS, dtype=np.uint16)
    noisy = quiet.copy()
    noisy[0] = 2_000
    calm = kernel.silence_nats(known, quiet, 10_000.0, 1)
    loud = kernel.silence_nats(known, noisy, 10_000.0, 1)
    assert loud < 1.7 < 4.6 < calm


@pytest.mark.parametrize(("missed", "where"), [(1, 0), (3, 2), (4, 3), (5, 3), (6, 4), (12, 5)])
def test_bins_of_one_access_point(missed: int, where: int) -> None:
    assert kernel.miss_bin(missed) == where


@pytest.mark.parametrize(("seconds", "where"), [(0.4, -1), (0.5, 0), (1.0, 3), (4.3, 9), (999, 23)])
def test_bins_of_stalls(seconds: float, where: int) -> None:
    assert kernel.stall_bin(int(seconds * NS_PER_S)) == where


def test_what_a_suspicion_teaches() -> None:
    known = np.zeros(KNOWN_SIZE)
    kernel.learn_probes(known, 2, True)
    assert known[K_PROBE_SENT : K_PROBE_SENT + 4].tolist() == [1, 1, 1, 0]
    assert known[K_PROBE_LOST : K_PROBE_LOST + 4].tolist() == [1, 1, 0, 0]
    kernel.learn_probes(known, 1, False)
    assert known[K_PROBE_SENT : K_PROBE_SENT + 4].tolist() == [2, 1, 1, 0]
