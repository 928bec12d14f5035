"""The small street on which conformance is judged: who is who, and what each is told."""

from pathlib import Path
from typing import Final, Literal

from edge import configuration as gateway_words
from edge.configuration import GatewayConfiguration
from ingest.configuration import BrokerPlace, HostConfiguration, InfluxPlace, Limits
from ingest.configuration import MetricsPage as HostPage
from processing.settings import Settings
from simulators.conformance.evidence import Role
from vocabulary.inventory import AccessPoint, Area, Gateway, Inventory, Sensor, Site
from vocabulary.units import MS_PER_S

DISTRICT: Final = "north"
HOST_ID: Final = "host1"
ONE: Final = "gw-one"
"""Speaks whether the host is there or not."""
TWO: Final = "gw-two"
"""Waits for its primary host, and knows two brokers."""
THREE: Final = "gw-three"
"""Speaks MQTT 5."""
FOREIGN: Final = "foreign-one"
"""A node that we did not write: it shows what our own never sends."""
CONSOLE: Final = "foreign-console"
"""A host that we did not write: it commands devices, which ours never does."""
WATCHER: Final = "watcher"
"""Subscribes to everything."""
ROLES: Final = {
    ONE: Role.EDGE,
    TWO: Role.EDGE,
    THREE: Role.EDGE,
    HOST_ID: Role.HOST,
    FOREIGN: Role.SPECIMEN_EDGE,
    CONSOLE: Role.SPECIMEN_HOST,
}
REORDER_S: Final = 2.0
BEAT_S: Final = 0.5
INVENTORY: Final = Inventory(
    area=(Area(DISTRICT, "North"),),
    site=(Site("library", "City Library", DISTRICT),),
    gateway=tuple(Gateway(one, "library", DISTRICT) for one in (ONE, TWO, THREE, FOREIGN)),
    access_point=tuple(
        AccessPoint(f"{one}-ap", "library", one) for one in (ONE, TWO, THREE, FOREIGN)
    ),
    sensor=tuple(Sensor(f"{one}-air", one) for one in (ONE, TWO, THREE)),
)


def local_topic(gateway: str) -> str:
    """Where a gateway's access point speaks on the local broker."""
    return f"ap/{gateway}/status"


def gateway(
    name: str, *, brokers: tuple[str, ...], local: str, directory: Path, uplink: str = ""
) -> GatewayConfiguration:
    """What a gateway is told; ``uplink`` is further TOML of that table."""
    more = ", ".join(f'"{one}"' for one in brokers[1:])
    text = f"""
        gateway_id = "{name}"
        district = "{DISTRICT}"
        [uplink]
        broker = "{brokers[0]}"
        more_brokers = [{more}]
        host_id = "{HOST_ID}"
        {uplink}
        [uplink.reconnect]
        first_max_s = 0.05
        own_link_max_s = 0.05
        base_s = 0.05
        max_s = 0.1
        [beat]
        gateway_s = {BEAT_S}
        access_point_s = 1.0
        margin_s = 0.2
        vitals_s = 2.0
        [spool]
        directory = "{directory / name}"
        free_floor_bytes = 0
        [local]
        broker = "{local}"
        [metrics_page]
        port = 0
        [[source]]
        ap_id = "{name}-ap"
        topic = "{local_topic(name)}"
        metrics = [
          {{ name = "wifi/clients", path = "length(stations)" }},
          {{ name = "wifi/rx_bytes", path = "rx" }},
        ]
        [[serial]]
        sensor_id = "{name}-air"
        port = "{directory / "no-such-port"}"
    """
    return gateway_words.parse(text, file=f"{name}.toml")


def host(broker: str, *, mqtt: Literal["3.1.1", "5"]) -> HostConfiguration:
    """What the host is told; its database and its ledger are given to it."""
    return HostConfiguration(
        inventory="",
        broker=BrokerPlace(broker, mqtt=mqtt),
        influx=InfluxPlace("http://127.0.0.1"),
        host_id=HOST_ID,
        detector=Settings(
            beat_ms=1_000,
            gateway_beat_ms=round(BEAT_S * MS_PER_S),
            margin_ms=400,
            will_grace_ms=300,
        ),
        limits=Limits(commit_s=0.1, reorder_s=REORDER_S),
        metrics_page=HostPage(port=0),
    )
