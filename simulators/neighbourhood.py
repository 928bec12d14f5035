"""The demo's neighbourhood: 3 sites, 4 gateways, 24 access points, 8 sensors, and what befalls it.

Everything follows from a seed. The truth (which node was dark, from when to when, why) is written
down here and never shown to the code under test.
"""

import random
from typing import Final, NamedTuple

from edge.configuration import (
    Beat,
    GatewayConfiguration,
    MetricsPage,
    Reconnect,
    SerialPort,
    SpoolPlace,
    Uplink,
)
from edge.source_configuration import MetricPath, Source, TimePath
from vocabulary.inventory import AccessPoint, Area, Gateway, Inventory, Sensor, Site

DISTRICT: Final = "riverside"
FEEDER: Final = "feeder-market"
_SITES: Final = (
    ("library-north", "North Library", "library", 41.9631, -87.6839),
    ("park-market", "Market Park", "park", 41.9588, -87.6790),
    ("street-main", "Main Street", "street", 41.9560, -87.6752),
)
_GATEWAYS: Final = (
    ("gw-library", "library-north"),
    ("gw-park-east", "park-market"),
    ("gw-park-west", "park-market"),
    ("gw-street", "street-main"),
)
APS_PER_GATEWAY: Final = 6
SENSORS_PER_GATEWAY: Final = 2

_STATUS_PATHS: Final = (
    MetricPath("wifi/clients", "length(stations)"),
    MetricPath("wifi/rx_bytes", "radio.rx"),
    MetricPath("wifi/tx_bytes", "radio.tx"),
    MetricPath("wifi/uptime_s", "uptime"),
)


class TrueOutage(NamedTuple):
    """One planted outage: the cause's level and node, when, and whom it darkens."""

    level: str
    node: str
    start_s: float
    end_s: float
    affected: tuple[str, ...]


class Neighbourhood(NamedTuple):
    """The inventory and the plan of one run."""

    inventory: Inventory
    outages: tuple[TrueOutage, ...]


def _inventory() -> Inventory:
    gateways = tuple(
        Gateway(gateway_id, site_id, DISTRICT, backhaul_id=f"bh-{site_id}")
        for gateway_id, site_id in _GATEWAYS
    )
    aps = []
    sensors: list[Sensor] = []
    for gateway_id, site_id in _GATEWAYS:
        short = gateway_id.removeprefix("gw-")
        for ix in range(1, APS_PER_GATEWAY + 1):
            # the market's street feeder crosses the network tree: it supplies three access
            # points, two behind one gateway of the park and one behind the other
            on_feeder = (short, ix) in {("park-east", 5), ("park-east", 6), ("park-west", 1)}
            aps.append(
                AccessPoint(f"ap-{short}-{ix}", site_id, gateway_id, FEEDER if on_feeder else None)
            )
        sensors.extend(
            Sensor(f"air-{short}-{ix}", gateway_id) for ix in range(1, SENSORS_PER_GATEWAY + 1)
        )
    return Inventory(
        area=(Area("riverside", "Riverside"),),
        site=tuple(
            Site(site_id, name, "riverside", kind, lat_deg=lat, lon_deg=lon)
            for site_id, name, kind, lat, lon in _SITES
        ),
        gateway=gateways,
        access_point=tuple(aps),
        sensor=tuple(sensors),
    )


def build(seed: int, duration_s: float) -> Neighbourhood:
    """The neighbourhood of ``seed`` for a run of ``duration_s``; faults scale with its length."""
    inventory = _inventory()
    rng = random.Random(seed)
    lone = rng.choice([ap for ap in inventory.access_point if ap.gateway_id == "gw-library"])
    cut = "gw-street"
    fed = tuple(ap.ap_id for ap in inventory.access_point if ap.feeder_id == FEEDER)
    behind = tuple(ap.ap_id for ap in inventory.access_point if ap.gateway_id == cut)

    def at(share: float) -> float:
        return duration_s * (share + rng.uniform(-0.01, 0.01))

    return Neighbourhood(
        inventory,
        (
            TrueOutage("ap", lone.ap_id, at(0.12), at(0.34), (lone.ap_id,)),
            TrueOutage("gateway", cut, at(0.38), at(0.60), behind),
            TrueOutage("feeder", FEEDER, at(0.68), at(0.85), fed),
        ),
    )


def configuration_of(
    inventory: Inventory,
    gateway_id: str,
    *,
    broker: str = "mqtt://127.0.0.1:1883",
    ports: dict[str, str] | None = None,
    spool_directory: str = "spool",
) -> GatewayConfiguration:
    """What the gateway would be told by its file."""
    row = next(row for row in inventory.gateway if row.gateway_id == gateway_id)
    sources = tuple(
        Source(
            ap.ap_id,
            f"ap/{ap.ap_id}/status",
            _STATUS_PATHS,
            time=TimePath("ts", "s"),
        )
        for ap in inventory.access_point
        if ap.gateway_id == gateway_id
    )
    serial = tuple(
        SerialPort(
            sensor.sensor_id, (ports or {}).get(sensor.sensor_id, f"/dev/{sensor.sensor_id}")
        )
        for sensor in inventory.sensor
        if sensor.gateway_id == gateway_id
    )
    return GatewayConfiguration(
        gateway_id=gateway_id,
        district=row.district,
        uplink=Uplink(broker, reconnect=Reconnect(first_max_s=5.0, base_s=5.0, max_s=20.0)),
        beat=Beat(),
        spool=SpoolPlace(spool_directory, max_bytes=64 << 20, free_floor_bytes=0),
        source=sources,
        serial=serial,
        metrics_page=MetricsPage(port=0),
    )
