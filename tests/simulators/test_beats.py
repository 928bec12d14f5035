"""The walk: losses against closed forms, usage that adds up, wraps, and nothing twice.

That it does what agents do is for ``test_full_path.py`` to say.
"""

import math

import numpy as np
import pytest

from processing.columns import Readings
from simulators.scenario import Calendar, Fleet, Kind, Link, People, Scenario
from tests.simulators.town_worlds import SEED, at, beats_of, once, readings_of, run_of, seen
from vocabulary.metrics import code_of
from vocabulary.units import NS_PER_S

NOTE = f"seed {SEED}"
BEAT_NS = 10 * NS_PER_S
NOON = Calendar(start="2027-01-15T18:00:00+00:00")  # in Chicago


def lost_runs(readings: Readings, ap_count: int) -> tuple[int, list[int]]:
    """(beats, lengths of runs of lost ones), over all access points."""
    total, runs = 0, []
    for ap_ix in range(ap_count):
        beats = beats_of(readings, ap_ix)
        total += beats.size
        edges = np.flatnonzero(np.diff(np.concatenate([[1.0], beats, [1.0]])))
        runs += np.diff(edges)[::2].tolist()
    return total, runs


@pytest.mark.parametrize("loss", [0.01, 0.05])
def test_independent_losses(loss: float) -> None:
    run = run_of(Scenario(link=Link(loss=loss)), aps=60, seconds=7_200)
    total, runs = lost_runs(readings_of(run), 60)
    lost = sum(runs)
    assert abs(lost - loss * total) < 4 * math.sqrt(loss * total), NOTE
    mean = 1 / (1 - loss)  # of a geometric run
    assert abs(np.mean(runs) - mean) < 4 * math.sqrt(loss) * mean / math.sqrt(len(runs)), NOTE


def test_persistent_losses_follow_gilbert_elliott() -> None:
    run = run_of(Scenario(link=Link(loss=0.02, persistence=0.5)), aps=60, seconds=14_400)
    total, runs = lost_runs(readings_of(run), 60)
    assert abs(sum(runs) / total - 0.02) < 0.003, NOTE
    assert abs(np.mean(runs) - 2.0) < 4 * math.sqrt(2.0) / math.sqrt(len(runs)), NOTE


def test_bursts_take_what_is_sent_within_them() -> None:
    rate, mean_s = 0.002, 8.0
    run = run_of(Scenario(link=Link(burst_per_s=rate, burst_mean_s=mean_s)), aps=60, seconds=14_400)
    total, runs = lost_runs(readings_of(run), 60)
    share = rate * mean_s / (1 + rate * mean_s)
    assert abs(sum(runs) / total - share) < 0.15 * share, NOTE
    # the next beat of ten seconds is within the same burst with probability exp(-T/b)
    again = math.exp(-10.0 / mean_s)
    pairs = sum(length - 1 for length in runs) / sum(runs)
    assert abs(pairs - again) < 0.06, NOTE


def test_a_beat_that_never_came_is_said_a_margin_later() -> None:
    scene = Scenario(trouble=(once(Kind.AP_CRASH, "ap-00000-000", 600, 100),))
    run = run_of(scene, seconds=1_200)
    readings = readings_of(run)
    beats = (readings.node_ix == 0) & (readings.metric == code_of("wifi/ok"))
    ts, ok = readings.ts_ns[beats], readings.value[beats] > 0
    silent = ts[~ok]
    before, after = ts[ok & (ts < at(600))].max(), ts[ok & (ts >= at(600))].min()
    assert silent[0] == before + BEAT_NS + NS_PER_S // 2
    assert set(np.diff(silent)) == {BEAT_NS}
    assert after == at(700)
    assert len(silent) == (after - silent[0]) // BEAT_NS + 1


def test_usage_adds_up() -> None:
    """But for what came before the gateway's first session: late records open no usage."""
    run = run_of(Scenario(calendar=NOON), seconds=7_200)
    state = seen(run).state
    truth = run.truth().usage.values()
    for name, true in (
        ("rx_total_bytes", sum(one.rx_bytes for one in truth)),
        ("tx_total_bytes", sum(one.tx_bytes for one in truth)),
        ("device_ms", sum(one.device_ms for one in truth)),
    ):
        assert 0 <= 1 - int(state.aps[name].sum()) / true < 0.01, NOTE


def test_narrow_counters_wrap_and_nothing_is_lost() -> None:
    run = run_of(Scenario(fleet=Fleet(narrow_counter_share=1.0)), seconds=43_200)
    readings = readings_of(run)
    counters = readings.exact[readings.metric == code_of("wifi/tx_bytes")]
    assert counters.max() < 2**32
    state = seen(run_of(run.scenario, seconds=43_200)).state
    true = sum(one.tx_bytes for one in run.truth().usage.values())
    assert 0 <= 1 - int(state.aps["tx_total_bytes"].sum()) / true < 0.001
    wraps = sum(
        int(
            np.any(
                np.diff(
                    readings.exact[
                        (readings.node_ix == ix) & (readings.metric == code_of("wifi/tx_bytes"))
                    ]
                )
                < 0
            )
        )
        for ix in range(40)
    )
    assert wraps > 20, NOTE


def test_people_are_where_demand_is() -> None:
    quiet = run_of(Scenario(people=People(level=0.0)), seconds=7_200)
    readings = readings_of(quiet)
    clients = readings.exact[readings.metric == code_of("wifi/clients")]
    assert set(clients.tolist()) == {0}
    busy = readings_of(run_of(Scenario(calendar=NOON), aps=120, seconds=7_200))
    mean = busy.exact[busy.metric == code_of("wifi/clients")].mean()
    assert 0.3 < mean < 6.0, NOTE


def test_a_radio_that_is_off_loses_its_devices_and_answers_on() -> None:
    scene = Scenario(trouble=(once(Kind.RADIO_OFF, "ap-00000-001", 1_000, 1_000),))
    readings = readings_of(run_of(scene, seconds=3_000))
    mine = (readings.node_ix == 1) & (readings.ts_ns > at(1_010)) & (readings.ts_ns < at(1_990))
    assert set(readings.exact[mine & (readings.metric == code_of("wifi/clients"))]) == {0}
    assert set(readings.value[mine & (readings.metric == code_of("wifi/ok"))]) == {1.0}


def test_a_worsening_link_loses_more_and_more() -> None:
    trouble = tuple(
        once(Kind.DEGRADATION, f"ap-00000-{ix:03}", 600, 3_600, loss_end=0.5, rtt_factor=2.0)
        for ix in range(10)
    )
    run = run_of(Scenario(trouble=trouble, fleet=Fleet(rtt_every_s=30.0)), seconds=4_800)
    readings = readings_of(run)
    ok = (readings.metric == code_of("wifi/ok")) & (readings.node_ix < 10)
    inside = ok & (readings.ts_ns >= at(600)) & (readings.ts_ns < at(4_200))
    late = inside & (readings.ts_ns >= at(2_400))
    assert np.all(readings.value[ok & (readings.ts_ns < at(600))] == 1.0)
    lost = 1 - readings.value[late].mean()
    assert abs(lost - 0.375) < 0.06, NOTE
    rtt = readings.metric == code_of("check/rtt_ms")
    one = rtt & (readings.node_ix == 3)
    usual = readings.value[one & (readings.ts_ns < at(600))].mean()
    worse = readings.value[one & (readings.ts_ns >= at(700)) & (readings.ts_ns < at(4_200))].mean()
    assert abs(worse / usual - 2.0) < 0.25, NOTE
