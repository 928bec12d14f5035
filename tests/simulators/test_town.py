"""Generated towns: shapes of real fleets, consistent, and the small one begins the large one."""

from collections import Counter

import pytest

from simulators.town import APS_PER_GATEWAY_MAX, MEMBERS_MAX, generate, of_inventory
from vocabulary.inventory import relations


@pytest.mark.parametrize("ap_count", [1, 7, 500])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_town_is_consistent_and_as_large_as_asked(ap_count: int, seed: int) -> None:
    made = generate(ap_count, seed)
    assert made.ap_count == ap_count
    assert relations(made.inventory) == []
    assert generate(ap_count, seed) == made
    assert all(1 <= one.hardship_quintile <= 5 for one in made.quarters.values())
    assert {row.area_id for row in made.inventory.area} == set(made.quarters)


def test_shapes_are_those_of_real_fleets() -> None:
    made = generate(5_000, 3)
    behind = sorted(Counter(ap.gateway_id for ap in made.inventory.access_point).values())
    assert behind[-1] <= APS_PER_GATEWAY_MAX
    assert behind[len(behind) // 10] >= 8, "seed 3"
    assert behind[9 * len(behind) // 10] <= 55, "seed 3"
    backhauls = [len(rows) for rows in made.backhauls().values()]
    assert max(backhauls) == 10
    on_feeder = Counter(ap.feeder_id for ap in made.inventory.access_point)
    assert max(on_feeder.values()) <= MEMBERS_MAX
    gateway_feeders: dict[str, Counter[str | None]] = {}
    for ap in made.inventory.access_point:
        gateway_feeders.setdefault(ap.gateway_id, Counter())[ap.feeder_id] += 1
    crossing = sum(sum(rows.values()) - max(rows.values()) for rows in gateway_feeders.values())
    assert 0.1 < crossing / made.ap_count < 0.6, "feeders cross the network tree; seed 3"


def test_a_larger_town_begins_as_the_smaller_one() -> None:
    small, large = generate(300, 5).inventory, generate(900, 5).inventory
    complete = len(small.gateway) - 1
    assert large.gateway[:complete] == small.gateway[:complete]
    assert large.site[: len(small.site) - 1] == small.site[: len(small.site) - 1]


def test_nodes_are_all_that_a_fault_may_name() -> None:
    made = generate(60, 1)
    nodes = made.nodes()
    assert {"gw-00000", "bh-0000", "fd-00000", "ap-00000-000"} <= nodes
    assert "area-000" not in nodes


def test_people_are_drawn_around_a_real_inventory() -> None:
    inventory = generate(30, 1).inventory
    made = of_inventory(inventory, seed=4)
    assert made.inventory is inventory
    assert set(made.quarters) == {row.area_id for row in inventory.area}
