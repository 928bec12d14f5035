"""The fleet: what is told of it may be wrong, what is true is the town."""

from simulators.fleet import fleet_of
from simulators.scenario import Clocks, Fleet, Scenario
from tests.simulators.town_worlds import SEED, START_NS, town
from vocabulary.inventory import relations
from vocabulary.units import NS_PER_S


def test_a_fleet_without_wishes_is_the_town() -> None:
    made = fleet_of(town(), Scenario(), SEED)
    assert made.listed == town().inventory
    assert made.never_reporting == made.on_ups == frozenset()
    assert made.clocks == {}
    assert made.switched_on_ns == {}
    first = town().inventory.access_point[0]
    assert made.paths[first.ap_id].gateway_id == first.gateway_id
    assert made.paths[first.ap_id].feeder_id == first.feeder_id


def test_a_wrong_inventory_is_consistent_and_wrong_as_often_as_wished() -> None:
    place = town(2_000)
    wishes = Fleet(wrong_gateway_share=0.05, wrong_feeder_share=0.05, narrow_counter_share=0.5)
    made = fleet_of(place, Scenario(fleet=wishes), SEED)
    assert relations(made.listed) == []
    pairs = list(zip(place.inventory.access_point, made.listed.access_point, strict=True))
    wrong = sum(true.gateway_id != told.gateway_id for true, told in pairs)
    assert 60 < wrong < 140, f"seed {SEED}"
    narrow = sum(told.counter_bits == 32 for _true, told in pairs)
    assert 900 < narrow < 1_100, f"seed {SEED}"
    assert all(made.paths[true.ap_id].gateway_id == true.gateway_id for true, _told in pairs)


def test_shares_belong_to_nodes_and_not_to_the_town() -> None:
    scene = Scenario(fleet=Fleet(never_reporting_share=0.1, ups_share=0.5))
    small, large = fleet_of(town(200), scene, SEED), fleet_of(town(500), scene, SEED)
    assert small.never_reporting == large.never_reporting & set(small.paths)
    gateways = {row.gateway_id for row in small.listed.gateway}
    assert small.on_ups == large.on_ups & gateways


def test_clocks_and_first_days() -> None:
    scene = Scenario(
        fleet=Fleet(arrive_within_s=3_600.0),
        clocks=Clocks(share=1.0, skew_max_s=3_600.0, drift_max_ppm=100.0),
    )
    made = fleet_of(town(), scene, SEED)
    assert all(abs(clock.skew_ns) <= 3_600 * NS_PER_S for clock in made.clocks.values())
    assert all(abs(clock.drift_ppm) <= 100 for clock in made.clocks.values())
    assert set(made.clocks) == set(made.switched_on_ns)
    assert all(0 <= on - START_NS < 3_600 * NS_PER_S for on in made.switched_on_ns.values())
