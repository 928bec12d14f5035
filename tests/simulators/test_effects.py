"""What each fault does: timelines for the world, rows with causes for the ledger."""

import pytest

from simulators.effects import AFTER_MAINTENANCE_NS, Effects
from simulators.fleet import fleet_of
from simulators.nature import BROKER, HOST, Fault
from simulators.scenario import Fleet, Kind, Scenario
from simulators.truth import TrueLevel, TrueState
from tests.simulators.town_worlds import SEED, at, fault, town

PLACE = town(120)
END_S = 3_600.0


def effects(*faults: Fault, scene: Scenario | None = None) -> Effects:
    fleet = fleet_of(PLACE, scene or Scenario(), SEED)
    return Effects(fleet, list(faults), at(0), at(END_S))


def behind(gateway_id: str) -> set[str]:
    return {ap.ap_id for ap in PLACE.inventory.access_point if ap.gateway_id == gateway_id}


def rows(made: Effects, state: TrueState, level: TrueLevel = TrueLevel.AP) -> set[str]:
    return {row.node for row in made.intervals if row.state is state and row.level is level}


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_does_something(kind: Kind) -> None:
    node = {Kind.BROKER_RESTART: BROKER, Kind.PROCESSOR_PAUSE: HOST}.get(kind, "")
    ap_kinds = (Kind.AP_CRASH, Kind.FLAPPING, Kind.RADIO_OFF, Kind.DEGRADATION)
    node = node or ("ap-00000-001" if kind in ap_kinds else "gw-00000")
    node = {Kind.BACKHAUL_CUT: "bh-0000", Kind.FEEDER_OUT: "fd-00000"}.get(kind, node)
    made = effects(fault(kind, node, 100, 200))
    timelines = (made.off, made.radio_off, made.worse, made.dead, made.cut, made.takeovers)
    assert any([*timelines, made.clock_steps, made.broker_off, made.pauses])


def test_an_access_point_that_crashes() -> None:
    made = effects(fault(Kind.AP_CRASH, "ap-00000-001", 100, 200))
    assert made.off == {"ap-00000-001": [(at(100), at(200))]}
    (row,) = made.intervals
    assert row.is_cause
    assert (row.state, row.cause) == (TrueState.DOWN, "ap_crash")


def test_a_gateway_without_power_blinds_and_does_not_darken() -> None:
    made = effects(fault(Kind.GATEWAY_POWER, "gw-00001", 100, 200))
    assert made.dead == {"gw-00001": [(at(100), at(200))]}
    assert made.off == {}
    assert rows(made, TrueState.UNOBSERVABLE) == behind("gw-00001")
    assert rows(made, TrueState.DOWN, TrueLevel.GATEWAY) == {"gw-00001"}
    assert made.exits == {}
    assert effects(fault(Kind.GATEWAY_EXIT, "gw-00001", 100, 200)).exits == {"gw-00001": {at(100)}}


def test_a_cut_backhaul_reaches_every_gateway_behind_it() -> None:
    made = effects(fault(Kind.BACKHAUL_CUT, "bh-0000", 100, 200))
    gateways = {row.gateway_id for row in PLACE.inventory.gateway if row.backhaul_id == "bh-0000"}
    assert set(made.cut) == gateways == rows(made, TrueState.UNOBSERVABLE, TrueLevel.GATEWAY)
    assert made.dead == {}


def test_a_feeder_takes_its_access_points_and_the_gateways_without_a_battery() -> None:
    fed = {ap.ap_id for ap in PLACE.inventory.access_point if ap.feeder_id == "fd-00000"}
    gateways = {row.gateway_id for row in PLACE.inventory.gateway if row.feeder_id == "fd-00000"}
    dark = effects(fault(Kind.FEEDER_OUT, "fd-00000", 100, 200))
    assert set(dark.off) == fed == rows(dark, TrueState.DOWN)
    assert set(dark.dead) == gateways
    saved = effects(
        fault(Kind.FEEDER_OUT, "fd-00000", 100, 200), scene=Scenario(fleet=Fleet(ups_share=1.0))
    )
    assert saved.dead == {}
    assert set(saved.on_battery) == gateways


def test_overlapping_outages_are_one_darkness_with_two_causes() -> None:
    made = effects(
        fault(Kind.AP_CRASH, "ap-00000-001", 100, 300), fault(Kind.FEEDER_OUT, "fd-00000", 200, 400)
    )
    feeder = next(a.feeder_id for a in PLACE.inventory.access_point if a.ap_id == "ap-00000-001")
    assert feeder == "fd-00000", "the town of this seed"
    assert made.off["ap-00000-001"] == [(at(100), at(400))]
    causes = {row.cause_node for row in made.intervals if row.node == "ap-00000-001"}
    assert causes == {"ap-00000-001", "fd-00000"}


def test_flapping_is_dark_half_the_time() -> None:
    made = effects(fault(Kind.FLAPPING, "ap-00000-001", 100, 400, down_s=30.0, up_s=30.0))
    spans = made.off["ap-00000-001"]
    assert [(end - start) // 10**9 for start, end in spans] == [30] * 5
    assert rows(made, TrueState.FLAPPING) == {"ap-00000-001"}


def test_maintenance_is_announced_and_the_death_inside_outlives_it() -> None:
    made = effects(fault(Kind.MAINTENANCE, "gw-00001", 100, 1_100, members=("ap-00001-000",)))
    assert rows(made, TrueState.MAINTENANCE) == behind("gw-00001")
    assert made.off["ap-00001-000"] == [(at(600), at(1_100) + AFTER_MAINTENANCE_NS)]
    assert made.dead["gw-00001"] == [(at(200), at(300))]


def test_a_coincidence_has_as_many_causes_as_victims() -> None:
    members = ("ap-00002-000", "ap-00003-000", "ap-00004-000")
    made = effects(fault(Kind.COINCIDENCE, "gw-00001", 100, 200, members=members))
    own = {row.cause_node for row in made.intervals if row.is_cause}
    assert own == {"gw-00001", *members}
    starts = [made.off[ap_id][0][0] for ap_id in members]
    assert all(at(100) < start <= at(105) for start in starts)


def test_who_never_reports_is_dark_and_never_down() -> None:
    scene = Scenario(fleet=Fleet(never_reporting_share=0.2))
    made = effects(scene=scene)
    assert made.off
    assert made.intervals == []


def test_rows_are_cut_to_the_run() -> None:
    made = effects(fault(Kind.AP_CRASH, "ap-00000-001", 3_500, 9_000))
    assert [(row.start_ns, row.end_ns) for row in made.intervals] == [(at(3_500), at(END_S))]
