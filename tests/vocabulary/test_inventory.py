"""The city's list is judged as a whole: form and relations, every fault, with its line."""

import msgspec
import pytest

from vocabulary.configuration import FINDINGS_MAX
from vocabulary.errors import ConfigurationInvalid, Finding
from vocabulary.inventory import (
    NODES_MAX,
    AccessPoint,
    Area,
    Gateway,
    Inventory,
    Sensor,
    Site,
    parse,
    relations,
)

GOOD = """\
[[area]]
area_id = "north"
name = "North"

[[site]]
site_id = "library"
name = "City library"
area_id = "north"
lat_deg = 52.5
lon_deg = 13.4

[[gateway]]
gateway_id = "gw-1"
site_id = "library"
district = "city"
feeder_id = "feeder-1"

[[access_point]]
ap_id = "ap-1"
site_id = "library"
gateway_id = "gw-1"

[[sensor]]
sensor_id = "air-1"
gateway_id = "gw-1"
"""

BAD = """\
[[area]]
area_id = "north"
name = "North"

[[site]]
site_id = "library"
name = "City library"
area_id = "south"

[[gateway]]
gateway_id = "GW 1"
site_id = "library"
district = "city"

[[gateway]]
gateway_id = "gw-2"
site_id = "library"
district = "city"
fedeer_id = "f"

[[access_point]]
ap_id = "ap-1"
site_id = "park"
gateway_id = "gw-2"

[[access_point]]
ap_id = "ap-1"
site_id = "library"
gateway_id = "gw-9"

[[sensor]]
sensor_id = "ap-1"
gateway_id = "gw-2"
"""


def findings(text: str) -> list[Finding]:
    with pytest.raises(ConfigurationInvalid) as caught:
        parse(text, file="inventory.toml")
    return caught.value.findings


def small() -> Inventory:
    return Inventory(
        area=(Area("north", "North"),),
        site=(Site("library", "City library", "north", lat_deg=52.5, lon_deg=13.4),),
        gateway=(Gateway("gw-1", "library", "city", feeder_id="feeder-1"),),
        access_point=(AccessPoint("ap-1", "library", "gw-1"),),
        sensor=(Sensor("air-1", "gw-1"),),
    )


def test_a_good_file_becomes_an_inventory() -> None:
    assert parse(GOOD, file="inventory.toml") == small()


def test_an_empty_city_is_a_city() -> None:
    assert parse("", file="inventory.toml") == Inventory()


def test_form_and_relations_are_judged_together() -> None:
    found = [(finding.line, finding.key) for finding in findings(BAD)]
    assert found == [
        (8, "site[0].area_id"),
        (11, "gateway[0].gateway_id"),
        (19, "gateway[1].fedeer_id"),
        (23, "access_point[0].site_id"),
        (27, "access_point[1].ap_id"),
        (29, "access_point[1].gateway_id"),
        (32, "sensor[0].sensor_id"),
    ]


def test_a_finding_says_what_belongs_there() -> None:
    by_key = {finding.key: finding for finding in findings(BAD)}
    assert by_key["site[0].area_id"].found == "`south`"
    assert by_key["site[0].area_id"].expected == "the area_id of one [[area]]"
    assert "`feeder_id`" in by_key["gateway[1].fedeer_id"].expected
    assert by_key["access_point[1].ap_id"].expected == "an id that access_point[0] has not"
    assert by_key["sensor[0].sensor_id"].expected == "an id that no access_point has"


def test_a_row_with_a_fault_is_still_somebodys_row() -> None:
    text = GOOD.replace('district = "city"', 'district = "City Hall"')
    (finding,) = findings(text)
    assert finding.key == "gateway[0].district"


def test_what_is_no_toml_is_said_once() -> None:
    assert len(findings("[[area]\n")) == 1


@pytest.mark.parametrize("table", ["area = 1", "area = [1]", "[area]\narea_id = 'x'"])
def test_rows_that_are_no_rows(table: str) -> None:
    assert findings(table)


def test_an_inventory_from_elsewhere_is_judged_alike() -> None:
    city = small()
    assert relations(city) == []
    broken = msgspec.structs.replace(city, area=())
    (finding,) = relations(broken)
    assert finding.key == "site[0].area_id"


def test_findings_are_bounded_and_found_in_reasonable_time() -> None:
    rows = '[[access_point]]\nap_id = "x"\nsite_id = "s"\ngateway_id = "g"\n' * 3_000
    assert len(findings(rows)) == FINDINGS_MAX


def test_a_city_has_a_size() -> None:
    city = msgspec.structs.replace(
        small(),
        sensor=tuple(Sensor(f"s-{ix}", "gw-1") for ix in range(NODES_MAX)),
    )
    (finding,) = relations(city)
    assert str(NODES_MAX) in finding.expected
