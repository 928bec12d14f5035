"""The series of a city are bounded by its inventory, and the bound is never too low."""

from ingest.influx_cardinality import SERIES_MAX, STAGES, cardinality
from simulators.installation import town
from vocabulary.inventory import Inventory
from vocabulary.measurements import MEASUREMENTS


def counted(city: Inventory) -> dict[str, int]:
    return {row.measurement: row.series for row in cardinality(city)}


def test_every_measurement_is_counted_once() -> None:
    assert set(counted(Inventory())) == set(MEASUREMENTS)


def test_only_a_stage_or_a_port_multiplies() -> None:
    made = counted(town(gateways=50, aps_each=10, sensors_each=1))
    assert made["wifi_usage"] == made["service_hour"] == 500
    assert made["check_hour"] == 500 * STAGES
    assert made["sensor"] == made["completeness"] == 50
    assert made["detector"] == made["host"] == 1
    assert sum(made.values()) < 15_000 < SERIES_MAX


def test_a_city_grows_in_proportion() -> None:
    small = sum(counted(town(gateways=10, aps_each=10, sensors_each=0)).values())
    large = sum(counted(town(gateways=100, aps_each=10, sensors_each=0)).values())
    assert 9 < large / small < 10.5
