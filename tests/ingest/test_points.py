"""One line per measurement and millisecond, with the tags that the inventory gives."""

from ingest.line_points import PointKey, merged
from ingest.node_session import TypedValue
from ingest.points import Tags, lines_of
from processing.intervals import Level
from tests.ingest.node_messages import TOWN
from vocabulary.inventory import AccessPoint, Area, Gateway, Inventory, Site
from vocabulary.measurements import TAGS


def value(name: str, number: float, ts_ms: int = 5) -> TypedValue:
    return TypedValue(name, number, ts_ms, historical=False)


def test_tags_come_from_the_inventory() -> None:
    tags = Tags(TOWN)
    place = {"gateway": "gw-1", "site": "library", "area": "north"}
    assert tags.gateway("gw-1") == place
    assert tags.device("ap-1") == {"ap": "ap-1", **place}
    assert tags.device("sds-1") == {"sensor": "sds-1", **place}
    assert tags.device("gw-1") == tags.device("nobody") == tags.gateway("ap-1") == {}
    assert set(tags.device("ap-1")) <= TAGS


def test_a_device_may_share_its_gateways_name() -> None:
    same = Inventory(
        area=(Area("north", "North"),),
        site=(Site("library", "Library", "north"), Site("park", "Park", "north")),
        gateway=(Gateway("one", "library", "d"), Gateway("two", "park", "d")),
        access_point=(AccessPoint("one", "park", "two"),),
    )
    tags = Tags(same)
    assert tags.gateway("one") == {"gateway": "one", "site": "library", "area": "north"}
    assert tags.at(Level.GATEWAY, "one") == tags.gateway("one")
    assert tags.at(Level.AP, "one") == tags.device("one")
    assert tags.device("one")["gateway"] == "two"
    assert tags.at(Level.FEEDER, "one") == {}


def test_a_record_becomes_one_line_per_measurement_and_millisecond() -> None:
    values = [
        value("wifi/clients", 3),
        value("wifi/rx_bytes", 9),
        value("wifi/ok", True),
        value("wifi/clients", 4, ts_ms=6),
    ]
    lines = lines_of(Tags(TOWN).device("ap-1"), values)
    tags = (("ap", "ap-1"), ("area", "north"), ("gateway", "gw-1"), ("site", "library"))
    assert merged(lines) == {
        PointKey("wifi_usage", tags, 5): {"clients": 3, "rx_bytes": 9},
        PointKey("wifi_check", tags, 5): {"ok": True},
        PointKey("wifi_usage", tags, 6): {"clients": 4},
    }
    assert len(lines) == 3


def test_a_measurement_takes_only_its_own_tags() -> None:
    (line,) = lines_of(Tags(TOWN).device("ap-1"), [value("env/temperature_c", 20.5)])
    assert line == "sensor,area=north,gateway=gw-1,site=library temperature_c=20.5 5"


def test_no_values_make_no_line() -> None:
    assert lines_of(Tags(TOWN).device("ap-1"), []) == []
