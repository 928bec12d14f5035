"""What must change nothing, for every detector and, where there is one, for its final ledger."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processing.columns import Readings
from processing.settings import Settings
from simulators.baselines.table import BASELINES
from simulators.detectors import Decisions, Detector, Watched
from simulators.loss_process import LossProcess
from simulators.metamorphic import (
    LATE_S_MAX,
    delayed,
    doubled,
    picked,
    played,
    restarted,
    shuffled,
    together,
)
from simulators.oracle import Oracle
from simulators.ours import Ours
from tests.simulators.beat_world import Out, Plan, beats_of, groups_of, ns, watched_of

PLAN = Plan(
    gateways=2,
    aps_per_gateway=6,
    process=LossProcess(loss=0.01),
    outs=(
        Out("ap", 1, 400, 900),
        Out("feeder", 1, 1_500, 2_000),
        Out("ap", 8, 2_600, 2_660),
        Out("gateway", 1, 2_900, 3_300),
    ),
)
END_NS = ns(9_000)
"""Long after the last record that is late."""
WATCHED = watched_of(PLAN)
AP_COUNT = WATCHED.city.ap_count
READINGS = beats_of(PLAN, 5, 4_000)
QUIET = Settings(pause_ms=0)  # steps are far apart here

Make = Callable[[], Detector]
MAKERS: dict[str, Make] = {
    "ours": lambda: Ours(WATCHED, QUIET),
    "oracle": lambda: Oracle(WATCHED, PLAN.process, groups_of(PLAN, WATCHED.city)),
    **{name: lambda make=make: make(WATCHED) for name, make in BASELINES.items()},  # type: ignore[misc]
}
every_detector = pytest.mark.parametrize("name", MAKERS)
seeds = st.integers(0, 10**9)


def rows_of(said: Decisions, *, below: int | None = None) -> list[tuple[int, ...]]:
    """What was said of the first streams, without the detector's own numbers."""
    columns = (said.stream_ix, said.at_ns, said.view, said.start_ns)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return sorted(row for row in rows if below is None or row[0] < below)


def final(detector: Detector) -> dict[str, dict[int, list[tuple[int, int]]]]:
    """Downtime and unobserved time of access points in the final ledger."""
    ledger = detector.ledger()
    assert ledger is not None
    return {
        what: {ix: spans for ix, spans in sorted(rows.items()) if ix < AP_COUNT}
        for what, rows in (("down", ledger.down), ("unseen", ledger.unseen))
    }


@every_detector
@settings(max_examples=10)
@given(seed=seeds)
def test_cuts_change_nothing(name: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    _, whole = played(MAKERS[name](), WATCHED, READINGS, END_NS)
    cuts = rng.integers(0, READINGS.ts_ns.size, 6).tolist()
    _, apart = played(MAKERS[name](), WATCHED, READINGS, END_NS, cuts=cuts)
    assert rows_of(apart) == rows_of(whole)


@pytest.mark.parametrize("name", [name for name in MAKERS if name != "nagios-parents"])
@settings(max_examples=6)
@given(seed=seeds)
def test_a_checkpoint_in_the_middle_changes_nothing(name: str, seed: int) -> None:
    rng, make = np.random.default_rng(seed), MAKERS[name]
    _, whole = played(make(), WATCHED, READINGS, END_NS)
    cuts = rng.integers(0, READINGS.ts_ns.size, 3).tolist()
    _, apart = played(make(), WATCHED, READINGS, END_NS, cuts=cuts, between=restarted(make))
    assert rows_of(apart) == rows_of(whole)


@settings(max_examples=15)
@given(seed=seeds)
def test_doubles_change_nothing_of_the_final_ledger(seed: int) -> None:
    plain, _ = played(MAKERS["ours"](), WATCHED, READINGS, END_NS)
    twice = doubled(READINGS, 0.2, np.random.default_rng(seed))
    assert twice.ts_ns.size > 1.1 * READINGS.ts_ns.size
    other, _ = played(MAKERS["ours"](), WATCHED, twice, END_NS)
    assert final(other) == final(plain)


@settings(max_examples=10)
@given(seed=seeds, share=st.sampled_from([0.02, 0.2]))
def test_late_records_change_nothing_of_the_final_ledger(seed: int, share: float) -> None:
    """Nor does their order. Rows that say "up after all" are how it got there, not what it is.

    Late are records of the time in which the gateways were heard; see the test below.
    """
    rng = np.random.default_rng(seed)
    plain, _ = played(MAKERS["ours"](), WATCHED, READINGS, END_NS)
    calm = (READINGS.node_ix < AP_COUNT) & (READINGS.ts_ns < ns(2_850))
    chosen = (rng.random(READINGS.ts_ns.size) < share) & calm
    delay_ns = rng.integers(10**9, int(LATE_S_MAX * 10**9), int(chosen.sum()))
    late = delayed(READINGS, chosen, delay_ns)
    other, _ = played(MAKERS["ours"](), WATCHED, late, END_NS)
    assert final(other) == final(plain)
    again, _ = played(MAKERS["ours"](), WATCHED, shuffled(late, rng), END_NS)
    assert final(again) == final(plain)


def test_the_last_record_before_a_gateway_dies_may_be_late() -> None:
    """Then unobserved time begins a beat late in the ledger; never more, and never downtime."""
    plain, _ = played(MAKERS["ours"](), WATCHED, READINGS, END_NS)
    base = final(plain)
    last = READINGS.ts_ns < ns(2_900)
    for ap_ix in range(6, AP_COUNT):
        row = np.flatnonzero((READINGS.node_ix == ap_ix) & last)[-1]
        other, _ = played(MAKERS["ours"](), WATCHED, delayed(READINGS, row, 600 * 10**9), END_NS)
        assert final(other)["down"] == base["down"]
        for ours, theirs in zip(final(other)["unseen"][ap_ix], base["unseen"][ap_ix], strict=True):
            assert abs(ours[0] - theirs[0]) <= WATCHED.beat_ns
            assert ours[1] == theirs[1]


@every_detector
def test_another_site_changes_nothing(name: str) -> None:
    larger = PLAN._replace(gateways=4)
    watched = watched_of(larger)
    both = with_strangers(watched, larger)
    makers: dict[str, Make] = {
        "ours": lambda: Ours(watched, QUIET),
        "oracle": lambda: Oracle(watched, PLAN.process, groups_of(larger, watched.city)),
    }
    make = makers.get(name) or (lambda: BASELINES[name](watched))
    _, alone = played(MAKERS[name](), WATCHED, READINGS, END_NS)
    _, among = played(make(), watched, both, END_NS)
    assert rows_of(among, below=AP_COUNT) == rows_of(alone, below=AP_COUNT)


def with_strangers(watched: Watched, larger: Plan) -> Readings:
    """The stream as it was, in a city with twice as many gateways, whose others beat too."""
    base = watched.city.ap_count
    moved = np.where(
        READINGS.node_ix < AP_COUNT, READINGS.node_ix, READINGS.node_ix - AP_COUNT + base
    )
    others = beats_of(larger._replace(outs=()), 6, 4_000)
    strange = ((others.node_ix >= AP_COUNT) & (others.node_ix < base)) | (
        others.node_ix >= base + 2
    )
    return together([READINGS._replace(node_ix=moved.astype(np.int32)), picked(others, strange)])


def test_the_changes_are_what_they_say() -> None:
    rng = np.random.default_rng(1)
    late = delayed(READINGS, np.array([3, 5]), np.array([7, 10**12]))
    assert late.historical.sum() == 2
    assert np.all(np.diff(late.arrival_ns) >= 0)
    order = shuffled(delayed(READINGS, slice(0, 500), 10**12), rng)
    assert sorted(order.ts_ns.tolist()) == sorted(READINGS.ts_ns.tolist())
    assert order.historical[-500:].all()
    assert np.any(np.diff(order.ts_ns[-500:]) < 0)
