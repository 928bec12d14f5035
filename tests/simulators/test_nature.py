"""Faults: rates and lengths against their laws, one stream a node, nodes that must exist."""

import math

import numpy as np
import pytest

from simulators.chance import stream
from simulators.errors import NodeAbsent
from simulators.nature import YEAR_S, draw_faults, length_s, level_of
from simulators.scenario import Kind, Length, Scenario, Trouble
from simulators.town import Town, generate
from simulators.truth import TrueLevel
from tests.simulators.town_worlds import SEED, at, town
from vocabulary.units import NS_PER_MS, NS_PER_S

CRASH = Trouble(Kind.AP_CRASH, per_year=200.0, length=Length("lognormal", 600.0, 1.3, 60.0))
MONTH_S = YEAR_S / 12


def lengths(law: Length, count: int = 4_000) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    rng = stream(SEED, "lengths", law.law)
    return np.array([length_s(law, rng) for _ in range(count)])


def test_lengths_follow_their_laws() -> None:
    note = f"seed {SEED}"
    assert set(lengths(Length("fixed", 42.0))) == {42.0}
    assert set(lengths(Length("choice", values_s=(5.0, 20.0)))) == {5.0, 20.0}
    exponential = lengths(Length("exponential", 100.0))
    assert abs(np.median(exponential) / 100.0 - 1) < 0.08, note
    assert abs(exponential.mean() / (100.0 / math.log(2)) - 1) < 0.08, note
    lognormal = np.log(lengths(Length("lognormal", 600.0, 1.3)))
    assert abs(lognormal.mean() - math.log(600.0)) < 4 * 1.3 / math.sqrt(4_000), note
    assert abs(lognormal.std() - 1.3) < 0.1, note
    uniform = np.log(lengths(Length("loguniform", min_s=30.0, max_s=21_600.0)))
    assert abs(uniform.mean() - (math.log(30) + math.log(21_600)) / 2) < 0.15, note
    cut = lengths(Length("lognormal", 600.0, 1.3, min_s=300.0, max_s=900.0))
    assert cut.min() == 300.0
    assert cut.max() == 900.0


def test_rates_are_per_node_and_year() -> None:
    made = town(200)
    faults = draw_faults(made, Scenario(trouble=(CRASH,)), SEED, duration_s=MONTH_S)
    busy_s = sum(fault.length_ns for fault in faults) / NS_PER_S + 600.0 * len(faults)
    free_years = (200 * MONTH_S - busy_s) / YEAR_S
    expected = 200.0 * free_years
    assert abs(len(faults) - expected) < 4 * math.sqrt(expected), f"seed {SEED}"
    assert [fault.start_ns for fault in faults] == sorted(fault.start_ns for fault in faults)


def test_faults_of_one_node_do_not_overlap() -> None:
    faults = draw_faults(town(20), Scenario(trouble=(CRASH,)), SEED, duration_s=MONTH_S)
    ends: dict[str, int] = {}
    for fault in faults:
        assert fault.start_ns > ends.get(fault.node, 0)
        assert fault.start_ns % NS_PER_MS == fault.end_ns % NS_PER_MS == 0
        ends[fault.node] = fault.end_ns


def test_neither_other_sites_nor_other_faults_nor_more_time_change_anything() -> None:
    small, large = town(60), town(200)
    alone = Scenario(trouble=(CRASH,))
    more = Scenario(trouble=(Trouble(Kind.FEEDER_OUT, per_year=50.0), CRASH))
    base = draw_faults(small, alone, SEED, duration_s=MONTH_S)
    known = {ap.ap_id for ap in small.inventory.access_point}
    wider = draw_faults(large, alone, SEED, duration_s=MONTH_S)
    assert [fault for fault in wider if fault.node in known] == base
    longer = draw_faults(small, alone, SEED, duration_s=2 * MONTH_S)
    assert [fault for fault in longer if fault.start_ns < at(MONTH_S)] == base
    mixed = draw_faults(small, more, SEED, duration_s=MONTH_S)
    assert [fault for fault in mixed if fault.kind is Kind.AP_CRASH] == base


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_finds_its_victims(kind: Kind) -> None:
    made = Scenario(trouble=(Trouble(kind, at_s=60.0, length=Length(median_s=30.0)),))
    (fault,) = draw_faults(town(), made, SEED, duration_s=600.0)
    assert fault.level is level_of(kind)
    assert fault.level is TrueLevel.BROKER or fault.node in town().nodes()
    assert (fault.start_ns, fault.length_ns) == (at(60.0), 30 * NS_PER_S)


def test_members_are_strangers_in_a_coincidence_and_neighbours_in_a_maintenance() -> None:
    place: Town = generate(400, 3)
    gateway_of = {ap.ap_id: ap.gateway_id for ap in place.inventory.access_point}
    for kind in (Kind.COINCIDENCE, Kind.MAINTENANCE):
        scene = Scenario(trouble=(Trouble(kind, at_s=1.0, node="gw-00001", ap_count=3),))
        (fault,) = draw_faults(place, scene, SEED, duration_s=600.0)
        owners = {gateway_of[ap_id] for ap_id in fault.members}
        assert len(set(fault.members)) == 3
        assert (owners == {"gw-00001"}) == (kind is Kind.MAINTENANCE)


def test_a_fault_on_nobody_is_refused() -> None:
    scene = Scenario(trouble=(Trouble(Kind.AP_CRASH, at_s=1.0, node="ap-none"),))
    with pytest.raises(NodeAbsent):
        draw_faults(town(), scene, SEED, duration_s=60.0)
