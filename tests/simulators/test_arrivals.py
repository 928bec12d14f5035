"""The fast path: same seed same bytes, order of arrival, cues, and what each scenario brings."""

import hashlib
from itertools import pairwise

import numpy as np
import pytest

from processing.columns import CueKind
from simulators import scenario
from simulators.arrivals import AWAKE_NS, Arrivals
from simulators.nature import BROKER, HOST
from simulators.scenario import Fleet, Kind, Link, Scenario, Sender
from simulators.truth import TrueState
from tests.simulators.town_worlds import SEED, START_NS, at, once, readings_of, run_of, seen
from vocabulary.metrics import code_of
from vocabulary.units import NS_PER_S

BUSY = scenario.combine([scenario.load("s2", "s3", "s7", "s12", "s13"), Scenario()])


def digest(run: Arrivals) -> str:
    made = hashlib.sha256()
    for chunk in run:
        for column in (*chunk.readings, *chunk.cues):
            made.update(np.ascontiguousarray(column).tobytes())
        made.update(chunk.now_ns.to_bytes(8, "little"))
    made.update(run.truth().to_json())
    return made.hexdigest()


def test_the_same_seed_gives_the_same_bytes() -> None:
    first = digest(run_of(BUSY, seconds=1_800))
    assert digest(run_of(BUSY, seconds=1_800)) == first
    assert digest(run_of(BUSY, seconds=1_800, seed=SEED + 1)) != first


def test_another_site_changes_nothing_of_ours() -> None:
    scene = scenario.load("s2", "s4")
    small, large = run_of(scene, aps=60), run_of(scene, aps=200)
    aps = 60 - 20  # those of the last gateway depend on where the small town ends
    ours, theirs = readings_of(small), readings_of(large)
    mine, same = ours.node_ix < aps, theirs.node_ix < aps
    for name in ("ts_ns", "arrival_ns", "node_ix", "metric", "value", "exact"):
        assert np.array_equal(getattr(ours, name)[mine], getattr(theirs, name)[same]), name


@pytest.mark.parametrize("name", scenario.names())
def test_every_scenario_runs_in_order_of_arrival(name: str) -> None:
    run = run_of(scenario.load(name), aps=60, seconds=5_400)
    last_ns = run.start_ns
    beats = 0
    for chunk in run:
        arrivals = chunk.readings.arrival_ns
        assert np.all(np.diff(arrivals) >= 0)
        assert np.all(np.diff(chunk.cues.arrival_ns) >= 0)
        assert arrivals.size == 0 or last_ns <= arrivals[0] <= arrivals[-1] < chunk.now_ns
        last_ns = chunk.now_ns
        beats += int((chunk.readings.metric == code_of("wifi/ok")).sum())
    assert last_ns == run.end_ns
    assert beats > 0.6 * 60 * 540


def test_chunks_may_be_cut_anywhere() -> None:
    scene = scenario.load("s1", "s5", "s6")
    whole = seen(run_of(scene, aps=60, seconds=7_200))
    cut_run = run_of(scene, aps=60, seconds=7_200)
    cut_run.chunk_s_max = 7
    cut = seen(cut_run)
    assert cut.intervals == whole.intervals
    assert cut.state.to_bytes(cut_run.city) == whole.state.to_bytes(cut_run.city)


def test_the_host_is_awake_but_for_pauses_and_deafness() -> None:
    scene = Scenario(
        trouble=(
            once(Kind.PROCESSOR_PAUSE, HOST, 100, 20),
            once(Kind.BROKER_RESTART, BROKER, 300, 10),
        )
    )
    rows = []
    run = run_of(scene, seconds=600)
    for chunk in run:
        rows += list(zip(*(column.tolist() for column in chunk.cues), strict=True))
        assert not at(100) <= chunk.now_ns < at(120), "a call would be a sign of being awake"
    hearing = [at_ns for at_ns, _, kind in rows if kind == CueKind.HEARING]
    gaps = {after - before for before, after in pairwise(hearing)}
    assert max(gaps) <= 21 * AWAKE_NS
    assert AWAKE_NS in gaps
    assert not [one for one in hearing if at(100) <= one < at(120) or at(300) <= one < at(311)]
    assert [at_ns for at_ns, _, kind in rows if kind == CueKind.DEAF] == [at(300)]


def test_what_comes_in_a_pause_is_there_at_its_end() -> None:
    scene = Scenario(trouble=(once(Kind.PROCESSOR_PAUSE, HOST, 100, 60),))
    readings = readings_of(run_of(scene, seconds=300))
    during = (readings.ts_ns > at(100)) & (readings.ts_ns < at(160)) & ~readings.historical
    assert during.sum() > 100
    assert np.all(readings.arrival_ns[during] >= at(160))
    assert np.all(readings.arrival_ns[during] < at(160.1))


def test_wills_and_births_of_an_exit() -> None:
    scene = Scenario(trouble=(once(Kind.GATEWAY_EXIT, "gw-00000", 200, 100),))
    rows = [row for chunk in run_of(scene, seconds=600) for row in zip(*chunk.cues, strict=True)]
    wills = [(int(at_ns), int(ix)) for at_ns, ix, kind in rows if kind == CueKind.WILL]
    born = [int(at_ns) for at_ns, ix, kind in rows if kind == CueKind.BORN and ix == 0]
    assert wills == [(at(200), 0)]
    assert len(born) == 2
    assert born[1] >= at(300)


def test_a_gateway_on_a_battery_says_so() -> None:
    scene = Scenario(
        fleet=Fleet(ups_share=1.0), trouble=(once(Kind.FEEDER_OUT, "fd-00000", 300, 300),)
    )
    readings = readings_of(run_of(scene, seconds=900))
    tells = readings.metric == code_of("gateway/on_battery")
    on = readings.ts_ns[tells & (readings.value == 1.0)]
    assert at(300) <= on.min()
    assert on.max() < at(600)


def test_who_never_reports_is_never_alive() -> None:
    run = run_of(Scenario(fleet=Fleet(never_reporting_share=0.2)), seconds=600)
    readings = readings_of(run)
    silent = [run.city.ix_of[ap_id] for ap_id in run.truth().never_reporting]
    assert silent
    mine = np.isin(readings.node_ix, silent) & (readings.metric == code_of("wifi/ok"))
    assert set(readings.value[mine]) == {0.0}


def test_duplicates_are_for_ingest_to_remove() -> None:
    scene = Scenario(sender=Sender(duplicate_share=0.5))
    clean = readings_of(run_of(scene, seconds=600))
    run = Arrivals(run_of(scene).town, scene, SEED, 600, keep_duplicates=True)
    raw = readings_of(run)
    assert 1.3 < raw.ts_ns.size / clean.ts_ns.size < 1.6
    once_each = np.unique(np.stack([raw.node_ix, raw.ts_ns, raw.metric]), axis=1)
    assert abs(once_each.shape[1] - clean.ts_ns.size) < 0.05 * clean.ts_ns.size


def test_life_without_usage_is_the_same_life() -> None:
    scene = Scenario(link=Link(loss=0.05))
    full = readings_of(run_of(scene, seconds=1_200))
    bare = readings_of(Arrivals(run_of(scene).town, scene, SEED, 1_200, usage=False))
    ok = full.metric == code_of("wifi/ok")
    life = bare.metric == code_of("wifi/ok")
    assert np.array_equal(full.ts_ns[ok], bare.ts_ns[life])
    assert np.array_equal(full.value[ok], bare.value[life])


def test_memory_does_not_grow_with_time() -> None:
    run = run_of(scenario.load("s1"), aps=400, seconds=3_600)
    sizes = [run.memory_bytes for _ in run]
    assert max(sizes[len(sizes) // 2 :]) <= max(sizes[: len(sizes) // 2])
    assert max(sizes) / 400 < 8_192


def test_the_truth_is_that_of_the_faults() -> None:
    run = run_of(Scenario(trouble=(once(Kind.AP_CRASH, "ap-00000-001", 60, 60),)), seconds=600)
    assert run.truth().end_ns == START_NS, "nothing has happened yet"
    seen(run)
    truth = run.truth()
    assert truth.spans("ap-00000-001", TrueState.DOWN) == [(at(60), at(120))]
    assert truth.end_ns == START_NS + 600 * NS_PER_S
    assert set(truth.usage) == set(truth.paths)
