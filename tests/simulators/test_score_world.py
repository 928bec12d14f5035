"""The town as the harness wants it: the same stream in fewer pieces, and who shares a fate."""

import numpy as np

from simulators.arrivals import Arrivals
from simulators.loss_process import LossProcess
from simulators.scenario import Link, Scenario, Sender
from simulators.score import Cell, score_cell
from simulators.score_suites import TOWN_SEED
from simulators.score_world import pieces, process_of, town_world
from simulators.seeds import SCORING_SEEDS
from simulators.town import generate
from tests.simulators.score_cases import still

CELL = Cell("causes", SCORING_SEEDS.start, 60, 3_600)


def test_pieces_hold_what_the_chunks_held() -> None:
    def stream() -> Arrivals:
        scenario = Scenario(link=Link(loss=0.01))
        return Arrivals(generate(40, TOWN_SEED), scenario, 7, 1_800, usage=False)

    chunks, joined = list(stream()), list(pieces(stream()))
    assert len(joined) < len(chunks)
    assert joined[-1].now_ns == chunks[-1].now_ns
    for name in joined[0].readings._fields:
        ours = np.concatenate([getattr(piece.readings, name) for piece in joined])
        theirs = np.concatenate([getattr(chunk.readings, name) for chunk in chunks])
        assert np.array_equal(ours, theirs), name
    assert np.all(np.diff(joined[0].cues.arrival_ns) >= 0)


def test_what_gets_lost_is_read_off_the_scenario() -> None:
    assert process_of(Scenario()) is None
    assert process_of(Scenario(link=Link(loss=0.01), sender=Sender(late_share=0.1))) is None
    link = Link(loss=0.002, burst_per_s=0.004, burst_mean_s=2.0)
    assert process_of(Scenario(link=link)) == LossProcess(0.002, 0.0, 0.004, 2.0)


def test_groups_are_gateways_backhauls_and_feeders() -> None:
    run = town_world(CELL)
    city = run.watched.city
    hiding = [group for group in run.groups if group.hides]
    assert len(hiding) >= city.gateway_count
    for group in run.groups:
        assert len(group.members) > 1
        assert len(set(group.members)) == len(group.members)
        assert set(group.down) <= set(group.members)
        assert not group.units or len(group.units) == len(group.members)


def test_the_same_cell_gives_the_same_score() -> None:
    first, second = (
        score_cell(CELL, town_world, ("ours", "3-miss", "oracle"), still) for _ in range(2)
    )
    assert first.tallies == second.tallies
    assert first.tallies[0].reading_count > 0
