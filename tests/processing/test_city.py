"""Numbers for nodes, and back."""

from processing.city import NO_FEEDER, City
from vocabulary.inventory import AccessPoint, Gateway, Inventory, Sensor

CITY = City.of(
    Inventory(
        gateway=(Gateway("g0", "library", "north"), Gateway("twin", "park", "north")),
        access_point=(
            AccessPoint("a0", "park", "twin", feeder_id="pole"),
            AccessPoint("twin", "library", "g0", counter_bits=32, line_rate_mbps=8.0),
            AccessPoint("a2", "park", "twin", feeder_id="pole"),
        ),
        sensor=(Sensor("s0", "g0"),),
    )
)


def test_access_points_then_gateways_then_sensors() -> None:
    assert CITY.node_ids == ("a0", "twin", "a2", "g0", "twin", "s0")
    assert (CITY.ap_count, CITY.gateway_count, CITY.node_count) == (3, 2, 6)


def test_every_node_knows_who_sees_it() -> None:
    assert CITY.node_gateway_ix.tolist() == [1, 0, 1, 0, 1, 0]
    assert CITY.gateway_aps == ((1,), (0, 2))


def test_a_gateway_and_a_device_may_share_an_id() -> None:
    assert CITY.ix_of["twin"] == 1
    assert CITY.gateway_node_ix(CITY.gateway_ix_of["twin"]) == 4
    assert CITY.gateway_id(1) == "twin"


def test_feeders_gather_their_members() -> None:
    assert CITY.feeder_ids == ("pole",)
    assert CITY.feeder_members == ((0, 2),)
    assert CITY.ap_feeder_ix.tolist() == [0, NO_FEEDER, 0]


def test_line_rates_are_bytes_per_millisecond() -> None:
    assert CITY.ap_bytes_per_ms_max.tolist() == [125_000.0, 1_000.0, 125_000.0]
    assert CITY.ap_counter_bits.tolist() == [64, 32, 64]


def test_an_empty_city_is_a_city() -> None:
    empty = City.of(Inventory())
    assert empty.node_count == 0
    assert empty.node_gateway_ix.shape == (0,)
