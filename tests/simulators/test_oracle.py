"""The oracle: as fast as theory says, at the false alarms it was given."""

import numpy as np
import pytest

from simulators.detectors import Decisions, View, heard, joined
from simulators.loss_process import Limits, LossProcess
from simulators.oracle import Group, Oracle
from tests.simulators.beat_world import Out, Plan, groups_of, run_of, watched_of
from vocabulary.units import NS_PER_S

PROCESS = LossProcess(loss=0.01)


def said_by_oracle(plan: Plan, seed: int, duration_s: int) -> Decisions:
    run = run_of(plan, seed, duration_s)
    oracle = Oracle(run.watched, plan.process, run.groups)
    parts = [oracle.feed(heard(run.watched, *piece)) for piece in run.pieces]
    return joined([*parts, oracle.finish(run.watched.start_ns + duration_s * NS_PER_S)])


def delays_s(said: Decisions, plan: Plan, streams: list[int]) -> list[float]:
    """From each outage to the first DOWN of any of these streams within it."""
    start_ns = watched_of(plan).start_ns
    at_s = (said.at_ns - start_ns) / NS_PER_S
    mine = (said.view == View.DOWN) & np.isin(said.stream_ix, streams)
    made = []
    for out in plan.outs:
        within = mine & (at_s >= out.start_s) & (at_s < out.end_s)
        made.append(float(at_s[within].min()) - out.start_s)
    return made


def outs(level: str, number: int, seed: int, count: int = 60) -> tuple[Out, ...]:
    rng = np.random.default_rng(seed)
    starts = 1_000.0 + 500.0 * np.arange(count) + rng.uniform(0, 60.0, count)
    return tuple(Out(level, number, float(at), float(at) + 200.0) for at in starts)


def test_a_lone_access_point_takes_four_beats_at_one_percent() -> None:
    seed = 21
    plan = Plan(gateways=2, process=PROCESS, outs=outs("ap", 3, seed))
    delays = delays_s(said_by_oracle(plan, seed, 32_000), plan, [3])
    expected = Limits(PROCESS).delay_mean_s(4)
    assert np.mean(delays) == pytest.approx(expected, abs=4 * 2.89 / 60**0.5), seed
    assert max(delays) <= 40.5, seed


@pytest.mark.parametrize(("aps", "expected"), [(20, 2.9), (50, 1.5)])
def test_a_gateway_takes_as_long_as_its_merged_stream_says(aps: int, expected: float) -> None:
    """The design's means are for the access points alone; the gateway's own beats help a bit."""
    seed = 22
    plan = Plan(2, aps, 1, 5, PROCESS, outs("gateway", 0, seed))
    delays = delays_s(said_by_oracle(plan, seed, 32_000), plan, [2 * aps])
    assert 0.6 * expected < np.mean(delays) < 1.15 * expected, seed


def test_a_dead_gateway_is_no_outage_of_its_access_points() -> None:
    plan = Plan(2, 20, 1, 5, PROCESS, outs("gateway", 0, 23, count=5))
    said = said_by_oracle(plan, 23, 5_000)
    assert set(said.stream_ix[said.view == View.DOWN].tolist()) == {40}


def test_few_false_alarms_in_a_year_and_a_third() -> None:
    seed = 24
    plan = Plan(gateways=5, process=PROCESS)
    said = said_by_oracle(plan, seed, 10 * 86_400)
    assert (said.view == View.DOWN).sum() <= 2, seed


def test_one_unit_of_a_group_does_not_make_the_group_down() -> None:
    """Four of five members behind a gateway that dies; the fifth beats on."""
    plan = Plan(2, 4, 1, 5, PROCESS, outs("gateway", 0, 25, count=20))
    watched = watched_of(plan)
    fed = Group((0, 1, 2, 3, 4), (4,), units=(0, 0, 0, 0, 1))
    run = run_of(plan, 25, 12_000)
    oracle = Oracle(run.watched, PROCESS, (*groups_of(plan, watched.city)[:2], fed))
    parts = [oracle.feed(heard(run.watched, *piece)) for piece in run.pieces]
    said = joined([*parts, oracle.finish(run.watched.start_ns + 12_000 * NS_PER_S)])
    assert not ((said.view == View.DOWN) & (said.stream_ix == 4)).any()
