"""The street does what the plan says, when it says it, and to nobody else."""

from simulators.neighbourhood import build
from simulators.street import Street, air
from vocabulary.units import NS_PER_S, S_PER_H

START_NS = 1_800_000_000 * NS_PER_S


def street(seed: int = 1) -> Street:
    return Street(build(seed, 600.0), seed=seed, beat_s=10.0, start_ns=START_NS)


def test_everything_of_the_inventory_is_there() -> None:
    made, inventory = street(), build(1, 600.0).inventory
    assert list(made.access_points) == [ap.ap_id for ap in inventory.access_point]
    assert list(made.boards) == [row.sensor_id for row in inventory.sensor]
    assert set(made.gateway_of) == {*made.access_points, *made.boards}
    assert set(made.gateway_of.values()) == {row.gateway_id for row in inventory.gateway}


def test_the_plan_is_in_order_of_time() -> None:
    plan = street().plan
    assert [change.at_ns for change in plan] == sorted(change.at_ns for change in plan)
    assert [change.begins for change in plan] == [True, False] * 3
    for change in plan:
        at_s = change.outage.start_s if change.begins else change.outage.end_s
        assert change.at_ns == START_NS + round(at_s * NS_PER_S)


def test_a_gateways_outage_cuts_its_line_and_others_cut_power() -> None:
    made = street()
    cut: list[tuple[str, bool]] = []
    for change in made.plan:
        made.apply(change, lambda gateway, up: cut.append((gateway, up)))
        dark = {name for name, ap in made.access_points.items() if not ap.powered}
        local = change.outage.level != "gateway"
        assert dark == (set(change.outage.affected) if change.begins and local else set())
    assert cut == [("gw-street", False), ("gw-street", True)]


def test_the_same_seed_sends_the_same() -> None:
    def sent(seed: int) -> list[bytes | None]:
        aps = street(seed).access_points.values()
        return [ap.advance(ap.next_ns) for ap in aps for _ in range(5)]

    assert sent(3) == sent(3)
    assert sent(3) != sent(4)


def test_the_air_swings_once_an_hour_within_what_is_plausible() -> None:
    values = air(0.0)
    hour = [values(START_NS + second * NS_PER_S) for second in range(S_PER_H)]
    assert min(hour) == (60, 100)
    assert max(hour) == (180, 220)
    assert values(START_NS) == values(START_NS + S_PER_H * NS_PER_S)
    assert air(900.0)(START_NS) != values(START_NS)


def test_the_air_stays_within_what_a_sensor_can_say() -> None:
    for phase_s in range(0, S_PER_H, 300):
        for second in range(0, S_PER_H, 60):
            pm2_5, pm10 = air(float(phase_s))(START_NS + second * NS_PER_S)
            assert 0 <= pm2_5 < pm10 <= 9_999  # tenths of a microgram, as the board counts
