"""What a gateway is told: one TOML file into frozen structs, every fault named at once."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

import msgspec

from edge import serial_configuration, source_configuration, topic_filters
from edge.errors import AddressRefused
from edge.serial_configuration import SerialPort
from edge.source_configuration import Source
from vocabulary import configuration
from vocabulary.configuration import Fault, tables
from vocabulary.ids import Slug

Seconds = Annotated[float, msgspec.Meta(gt=0, le=86_400)]
Bytes = Annotated[int, msgspec.Meta(ge=0)]
Port = Annotated[int, msgspec.Meta(ge=0, le=65_535)]

_ADDRESS: Final = "mqtt://HOST:PORT or mqtts://HOST:PORT"
DIGEST_CHARS: Final = 16


class Reconnect(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Delays between connection attempts; each is drawn uniformly below its bound."""

    first_max_s: Seconds = 60.0
    own_link_max_s: Seconds = 5.0
    base_s: Seconds = 15.0
    max_s: Seconds = 180.0
    stable_s: Seconds = 60.0


class Login(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How to show a broker who we are. Secrets stand in files of their own, never here."""

    username: str = ""
    password_file: str = ""
    ca_file: str = ""
    certificate_file: str = ""
    key_file: str = ""


class Uplink(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The city's brokers and the manners towards them.

    With ``gate_on_host`` the host is a primary host in the standard's sense: births wait until it
    says that it is online, and when it says offline we leave, for the next broker if there is one.
    ``gate_wait_s`` is how long a broker may have no word of it.
    """

    broker: str
    more_brokers: Annotated[tuple[str, ...], msgspec.Meta(max_length=7)] = ()
    host_id: Slug = "host1"
    gate_on_host: bool = False
    gate_wait_s: Seconds = 30.0
    keepalive_s: Annotated[int, msgspec.Meta(ge=5, le=3600)] = 10
    mqtt: Literal["3.1.1", "5"] = "3.1.1"
    commit: Literal["auto", "required", "none"] = "auto"
    replay_messages_per_s: Annotated[float, msgspec.Meta(gt=0, le=10_000)] = 20.0
    replay_bytes_per_s: Annotated[int, msgspec.Meta(ge=1024)] = 64 * 1024
    replay_window_records: Annotated[int, msgspec.Meta(ge=1, le=65_536)] = 256
    reconnect: Reconnect = Reconnect()
    login: Login = Login()


class Beat(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How often life is shown."""

    gateway_s: Seconds = 5.0
    access_point_s: Seconds = 10.0
    margin_s: Annotated[float, msgspec.Meta(gt=0, le=60)] = 0.5
    vitals_s: Seconds = 60.0


class SpoolPlace(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where readings wait until the database has them, and how much room they may take.

    The spool is a folder of its own in ``directory``; beside it stands the count of spools, which
    must outlive any of them.
    """

    directory: str = "/var/lib/lamplighter"
    generation: Annotated[int, msgspec.Meta(ge=1, le=(1 << 21) - 1)] = 1
    max_bytes: Bytes = 2 << 30
    free_floor_bytes: Bytes = 512 << 20
    sync_s: Seconds = 5.0


class LocalBroker(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The small broker on the gateway's own management network."""

    broker: str = "mqtt://127.0.0.1:1883"
    login: Login = Login()
    watch: Annotated[tuple[str, ...], msgspec.Meta(max_length=16)] = ("ap/#",)
    """Listened to besides the sources, so that a message on a wrong topic is seen and named."""


class MetricsPage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The page for Prometheus and the doctor; port 0 switches it off."""

    address: str = "127.0.0.1"
    port: Port = 9464


class GatewayConfiguration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything one gateway is told."""

    gateway_id: Slug
    district: Slug
    uplink: Uplink
    beat: Beat = Beat()
    spool: SpoolPlace = SpoolPlace()
    local: LocalBroker = LocalBroker()
    source: tuple[Source, ...] = ()
    serial: tuple[SerialPort, ...] = ()
    metrics_page: MetricsPage = MetricsPage()


class BrokerAddress(msgspec.Struct, frozen=True):
    """A broker's address, taken apart."""

    host: str
    port: int
    tls: bool


def broker_address(text: str) -> BrokerAddress:
    """Take ``mqtt://host:port`` apart.

    Raises:
        AddressRefused: another scheme, no host, or a port that is not one.
    """
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise AddressRefused(text) from None
    if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname:
        raise AddressRefused(text)
    tls = parts.scheme == "mqtts"
    return BrokerAddress(parts.hostname, port or (8883 if tls else 1883), tls)


def _broker_fault(address: str) -> str | None:
    try:
        broker_address(address)
    except AddressRefused as error:
        return str(error)
    return None


def _doubled(data: Mapping[str, Any], table: str, key: str, fault: Fault) -> None:
    first: dict[str, int] = {}
    for ix, row in tables(data.get(table)):
        value = row.get(key)
        if isinstance(value, str) and first.setdefault(value, ix) != ix:
            fault((table, ix, key), f"`{value}` again", f"each {key} once")


def _watched(local: object) -> list[str]:
    found = local.get("watch") if isinstance(local, Mapping) else None
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def _judge(data: Mapping[str, Any], fault: Fault) -> None:
    """What no key alone can show; on plain tables, so that faults of form hide nothing."""
    for table in ("uplink", "local"):
        place = data.get(table)
        address = place.get("broker") if isinstance(place, Mapping) else None
        if isinstance(address, str) and _broker_fault(address):
            fault((table, "broker"), repr(address), _ADDRESS)
    uplink = data.get("uplink")
    more = uplink.get("more_brokers") if isinstance(uplink, Mapping) else None
    for address in more if isinstance(more, list) else ():
        if isinstance(address, str) and _broker_fault(address):
            fault(("uplink", "more_brokers"), repr(address), _ADDRESS)
    _doubled(data, "serial", "sensor_id", fault)
    serial_configuration.judge(data, fault)
    access_points = {source.get("ap_id") for _, source in tables(data.get("source"))}
    for ix, serial in tables(data.get("serial")):
        if serial.get("sensor_id") in access_points:
            found = f"`{serial['sensor_id']}`"
            fault(("serial", ix, "sensor_id"), found, "an id that no access point has")
    source_configuration.judge(data, fault)
    for watched in _watched(data.get("local")):
        expected = topic_filters.fault(watched)
        if expected:
            fault(("local", "watch"), f"`{watched}`", expected)


def digest(made: GatewayConfiguration) -> str:
    """A short name of a whole configuration: two gateways with the same one have the same."""
    return sha256(msgspec.json.encode(made, order="sorted")).hexdigest()[:DIGEST_CHARS]


def parse(text: str, *, file: str) -> GatewayConfiguration:
    """TOML text to a gateway's configuration; ``file`` is only the name to show.

    Raises:
        ConfigurationInvalid: with every finding.
    """
    return configuration.parse(text, GatewayConfiguration, file=file, judge=_judge)
