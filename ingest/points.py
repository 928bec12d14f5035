"""Values of one record -> lines for the time-series database, tags from the inventory."""

from collections.abc import Iterable

from ingest.node_session import TypedValue
from processing.intervals import Level
from vocabulary.inventory import Inventory
from vocabulary.line_protocol import render
from vocabulary.measurements import MEASUREMENTS, place_of
from vocabulary.metrics import CATALOGUE
from vocabulary.payload import Value

_PLACES = {name: place_of(name) for name in CATALOGUE}


class Tags:
    """Tags of every node, worked out once from the inventory.

    A device may share a gateway's id, so the two are asked for apart.
    """

    def __init__(self, inventory: Inventory) -> None:
        area_of_site = {site.site_id: site.area_id for site in inventory.site}
        self._gateways: dict[str, dict[str, str]] = {}
        self._devices: dict[str, dict[str, str]] = {}
        site_of_gateway: dict[str, str] = {}
        for gateway in inventory.gateway:
            site_of_gateway[gateway.gateway_id] = gateway.site_id
            self._gateways[gateway.gateway_id] = {
                "gateway": gateway.gateway_id,
                "site": gateway.site_id,
                "area": area_of_site[gateway.site_id],
            }
        for ap in inventory.access_point:
            self._devices[ap.ap_id] = {
                "ap": ap.ap_id,
                "gateway": ap.gateway_id,
                "site": ap.site_id,
                "area": area_of_site[ap.site_id],
            }
        for sensor in inventory.sensor:
            site_id = site_of_gateway[sensor.gateway_id]
            self._devices[sensor.sensor_id] = {
                "sensor": sensor.sensor_id,
                "gateway": sensor.gateway_id,
                "site": site_id,
                "area": area_of_site[site_id],
            }

    def gateway(self, gateway_id: str) -> dict[str, str]:
        """The tags of a gateway; empty for one that the inventory does not have."""
        return self._gateways.get(gateway_id, {})

    def device(self, device_id: str) -> dict[str, str]:
        """The tags of an access point or a sensor; empty for a stranger."""
        return self._devices.get(device_id, {})

    def at(self, level: Level, node: str) -> dict[str, str]:
        """The tags of a row of the ledger; empty for a feeder, which is nobody's."""
        if level is Level.FEEDER:
            return {}
        return self.gateway(node) if level is Level.GATEWAY else self.device(node)


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
