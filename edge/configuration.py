"""What a gateway is told: one TOML file into frozen structs, every fault named at once."""

from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

import msgspec

from edge import message_path
from edge.check_desk import split
from edge.errors import AddressRefused
from vocabulary import configuration
from vocabulary.configuration import Fault, tables
from vocabulary.ids import Slug
from vocabulary.metrics import CATALOGUE

Seconds = Annotated[float, msgspec.Meta(gt=0, le=86_400)]
Bytes = Annotated[int, msgspec.Meta(ge=0)]
Port = Annotated[int, msgspec.Meta(ge=0, le=65_535)]

DIGEST_CHARS: Final = 16
OUR_OWN: Final = frozenset({"wifi/ok", "wifi/seq"})
"""Said by the gateway about an access point, never by the access point itself."""


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
    """The city's broker and the manners towards it."""

    broker: str
    host_id: Slug = "host1"
    keepalive_s: Annotated[int, msgspec.Meta(ge=5, le=3600)] = 10
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
    max_bytes: Bytes = 2 << 30
    free_floor_bytes: Bytes = 512 << 20
    sync_s: Seconds = 5.0


class LocalBroker(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The small broker on the gateway's own management network."""

    broker: str = "mqtt://127.0.0.1:1883"
    login: Login = Login()


class MetricPath(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One value of an access point's message: its name with us and where it stands."""

    name: str
    path: str = "@"
    scale: float = 1.0


class TimePath(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a message carries its own time, and in which unit."""

    path: str
    unit: Literal["s", "ms"] = "s"


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One topic of one access point, and what to take from it."""

    ap_id: Slug
    topic: Annotated[str, msgspec.Meta(min_length=1, max_length=512)]
    metrics: Annotated[tuple[MetricPath, ...], msgspec.Meta(min_length=1, max_length=64)]
    format: Literal["json", "plain"] = "json"
    time: TimePath | None = None
    max_age_s: Seconds | None = None
    """Silent for so long it has left: the gateway says so, and beats no more until it is back."""
    address: Annotated[str, msgspec.Meta(max_length=255)] = ""
    """HOST:PORT where the access point answers connections, for checks on request."""


class SerialPort(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One sensor on one serial port."""

    sensor_id: Slug
    port: Annotated[str, msgspec.Meta(min_length=1, max_length=512)]
    protocol: Literal["sds011"] = "sds011"
    baud: Annotated[int, msgspec.Meta(ge=300, le=4_000_000)] = 9600


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


def _metric_faults(name: object, path: object) -> Iterator[tuple[str, str]]:
    known = CATALOGUE.get(name) if isinstance(name, str) else None
    if isinstance(name, str) and (known is None or known.family != "wifi" or name in OUR_OWN):
        yield f"`{name}`", "a wifi/ metric of the catalogue that access points report"
    yield from _path_faults(path)


def _path_faults(path: object) -> Iterator[tuple[str, str]]:
    expected = message_path.fault(path) if isinstance(path, str) else None
    if expected:
        yield f"the path `{path}`", expected


def _source_faults(source: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Key, what was found, what was expected, of one source."""
    topic, time = source.get("topic"), source.get("time")
    if isinstance(topic, str) and set(topic) & set("+#\0"):
        yield "topic", f"`{topic}`", "one topic, without the wildcards + and #"
    address = source.get("address")
    if isinstance(address, str) and address and split(address) is None:
        yield "address", f"`{address}`", "HOST:PORT"
    if isinstance(time, Mapping):
        for found, expected in _path_faults(time.get("path")):
            yield "time", found, expected
    names: set[str] = set()
    for _, metric in tables(source.get("metrics")):
        name = metric.get("name")
        for found, expected in _metric_faults(name, metric.get("path")):
            yield "metrics", found, expected
        if isinstance(name, str) and name in names:
            yield "metrics", f"`{name}` again", "each name once"
        names.add(str(name))


def _judge(data: Mapping[str, Any], fault: Fault) -> None:
    """What no key alone can show; on plain tables, so that faults of form hide nothing."""
    for table in ("uplink", "local"):
        place = data.get(table)
        address = place.get("broker") if isinstance(place, Mapping) else None
        if isinstance(address, str) and _broker_fault(address):
            fault((table, "broker"), repr(address), "mqtt://HOST:PORT or mqtts://HOST:PORT")
    _doubled(data, "source", "topic", fault)
    _doubled(data, "serial", "port", fault)
    _doubled(data, "serial", "sensor_id", fault)
    access_points = {source.get("ap_id") for _, source in tables(data.get("source"))}
    for ix, serial in tables(data.get("serial")):
        if serial.get("sensor_id") in access_points:
            found = f"`{serial['sensor_id']}`"
            fault(("serial", ix, "sensor_id"), found, "an id that no access point has")
    for ix, source in tables(data.get("source")):
        for key, found, expected in _source_faults(source):
            fault(("source", ix, key), found, expected)


def digest(made: GatewayConfiguration) -> str:
    """A short name of a whole configuration: two gateways with the same one have the same."""
    return sha256(msgspec.json.encode(made, order="sorted")).hexdigest()[:DIGEST_CHARS]


def parse(text: str, *, file: str) -> GatewayConfiguration:
    """TOML text to a gateway's configuration; ``file`` is only the name to show.

    Raises:
        ConfigurationInvalid: with every finding.
    """
    return configuration.parse(text, GatewayConfiguration, file=file, judge=_judge)
