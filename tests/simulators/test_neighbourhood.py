"""The demo's neighbourhood: as large as promised, consistent, and the same for the same seed."""

from hypothesis import given
from hypothesis import strategies as st

from simulators.neighbourhood import FEEDER, build, configuration_of
from vocabulary.inventory import relations
from vocabulary.metrics import CATALOGUE


def test_three_sites_four_gateways_24_access_points_8_sensors() -> None:
    inventory = build(1, 600.0).inventory
    sizes = [len(inventory.site), len(inventory.gateway)]
    sizes += [len(inventory.access_point), len(inventory.sensor)]
    assert sizes == [3, 4, 24, 8]
    assert relations(inventory) == []


def test_the_feeder_crosses_the_network_tree() -> None:
    inventory = build(1, 600.0).inventory
    fed = [ap for ap in inventory.access_point if ap.feeder_id == FEEDER]
    assert len(fed) == 3
    assert len({ap.gateway_id for ap in fed}) == 2


@given(st.integers(0, 2**32), st.floats(300, 86_400))
def test_outages_lie_in_the_run_one_after_another(seed: int, duration_s: float) -> None:
    made = build(seed, duration_s)
    assert made == build(seed, duration_s)
    assert [one.level for one in made.outages] == ["ap", "gateway", "feeder"]
    times = [at for one in made.outages for at in (one.start_s, one.end_s)]
    assert times == sorted(times)
    assert times[0] > 0
    assert times[-1] < duration_s
    names = {ap.ap_id for ap in made.inventory.access_point}
    for one in made.outages:
        assert one.affected
        assert set(one.affected) <= names
    assert [len(one.affected) for one in made.outages] == [1, 6, 3]
    lone, cut, fed = (set(one.affected) for one in made.outages)
    assert not (lone & cut | lone & fed | cut & fed)


def test_the_same_seed_gives_the_same_plan() -> None:
    assert build(5, 600.0) == build(5, 600.0)


def test_another_seed_strikes_another() -> None:
    assert len({build(seed, 600.0).outages[0].node for seed in range(40)}) > 3


def test_a_gateways_configuration_reads_what_its_access_points_say() -> None:
    inventory = build(1, 600.0).inventory
    sources, ports = [], []
    for row in inventory.gateway:
        made = configuration_of(inventory, row.gateway_id, ports={"air-street-1": "/dev/x"})
        assert (made.gateway_id, made.district) == (row.gateway_id, row.district)
        sources += [source.ap_id for source in made.source]
        ports += [(port.sensor_id, port.port) for port in made.serial]
        names = {path.name for source in made.source for path in source.metrics}
        assert names <= set(CATALOGUE)
    assert sources == [ap.ap_id for ap in inventory.access_point]
    assert [device for device, _port in ports] == [row.sensor_id for row in inventory.sensor]
    assert ("air-street-1", "/dev/x") in ports
