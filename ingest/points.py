"""Values of one record -> lines for the time-series database, tags from the inventory."""

from collections.abc import Iterable

from ingest.node_session import TypedValue
from vocabulary.inventory import Inventory
from vocabulary.line_protocol import render
from vocabulary.measurements import MEASUREMENTS, place_of
from vocabulary.metrics import CATALOGUE
from vocabulary.payload import Value

_PLACES = {name: place_of(name) for name in CATALOGUE}


class Tags:
    """Tags of every node, worked out once from the inventory."""

    def __init__(self, inventory: Inventory) -> None:
        area_of_site = {site.site_id: site.area_id for site in inventory.site}
        self._tags: dict[str, dict[str, str]] = {}
        site_of_gateway: dict[str, str] = {}
        for gateway in inventory.gateway:
            site_of_gateway[gateway.gateway_id] = gateway.site_id
            self._tags[gateway.gateway_id] = {
                "gateway": gateway.gateway_id,
                "site": gateway.site_id,
                "area": area_of_site[gateway.site_id],
            }
        for ap in inventory.access_point:
            self._tags[ap.ap_id] = {
                "ap": ap.ap_id,
                "gateway": ap.gateway_id,
                "site": ap.site_id,
                "area": area_of_site[ap.site_id],
            }
        for sensor in inventory.sensor:
            site_id = site_of_gateway[sensor.gateway_id]
            self._tags[sensor.sensor_id] = {
                "sensor": sensor.sensor_id,
                "gateway": sensor.gateway_id,
                "site": site_id,
                "area": area_of_site[site_id],
            }

    def of(self, node: str) -> dict[str, str]:
        """The tags of a gateway, access point or sensor; empty for a stranger (a feeder, say)."""
        return self._tags.get(node, {})


def lines_of(tags: dict[str, str], values: Iterable[TypedValue]) -> list[str]:
    """Lines of one record's values: one per measurement and millisecond."""
    groups: dict[tuple[str, int], dict[str, Value]] = {}
    for one in values:
        place = _PLACES[one.name]
        groups.setdefault((place.measurement, one.ts_ms), {})[place.field] = one.value
    made = []
    for (measurement, ts_ms), fields in groups.items():
        wanted = MEASUREMENTS[measurement].tags
        own = {tag: value for tag, value in tags.items() if tag in wanted}
        made.append(render(measurement, own, fields, ts_ms))
    return made
