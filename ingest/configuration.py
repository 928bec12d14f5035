"""What the host is told: one TOML file into frozen structs, every fault named at once."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec

from ingest.notices import Policy
from processing.settings import Settings
from vocabulary import configuration
from vocabulary.configuration import Fault
from vocabulary.ids import Slug

Seconds = Annotated[float, msgspec.Meta(gt=0, le=86_400)]
Port = Annotated[int, msgspec.Meta(ge=0, le=65_535)]


class BrokerPlace(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the gateways' messages come from."""

    address: str
    keepalive_s: Annotated[int, msgspec.Meta(ge=5, le=3600)] = 10
    mqtt: Literal["3.1.1", "5"] = "3.1.1"
    username: str = ""
    password_file: str = ""
    ca_file: str = ""
    certificate_file: str = ""
    key_file: str = ""


class InfluxPlace(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where series go. 1.x takes database and retention policy, 2.x and 3.x org and bucket."""

    url: str
    database: str = "lamplighter"
    retention_policy: str = ""
    org: str = ""
    bucket: str = "lamplighter"
    username: str = ""
    password_file: str = ""
    token_file: str = ""
    create_database: bool = True
    ca_file: str = ""
    timeout_s: Annotated[float, msgspec.Meta(gt=0, le=120)] = 10.0


class LedgerPlace(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where outages, offsets and the checkpoint are kept."""

    path: str = "/var/lib/lamplighter/ledger.sqlite"


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Bounds of what waits in memory; beyond them arrivals are shed and come again."""

    arrivals: Annotated[int, msgspec.Meta(ge=100)] = 100_000
    pending_bytes: Annotated[int, msgspec.Meta(ge=1 << 16)] = 64 << 20
    commit_s: Seconds = 1.0
    reorder_s: Seconds = 5.0


class MetricsPage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The page for Prometheus; port 0 switches it off."""

    address: str = "127.0.0.1"
    port: Port = 9465


class WebhookPlace(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where notices of incidents go; without a url none is sent."""

    url: str = ""
    secret_file: str = ""
    next_secret_file: str = ""
    ca_file: str = ""
    policy: Policy = Policy()


class HostConfiguration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything the host is told."""

    inventory: str
    broker: BrokerPlace
    influx: InfluxPlace
    host_id: Slug = "host1"
    ledger: LedgerPlace = LedgerPlace()
    detector: Settings = Settings()
    limits: Limits = Limits()
    metrics_page: MetricsPage = MetricsPage()
    webhook: WebhookPlace = WebhookPlace()


class Address(msgspec.Struct, frozen=True):
    """A server's address, taken apart."""

    scheme: Literal["mqtt", "mqtts", "http", "https"]
    host: str
    port: int


_PORTS = {"mqtt": 1883, "mqtts": 8883, "http": 80, "https": 443}


def address(text: str, schemes: tuple[str, ...]) -> Address | None:
    """Take an address apart; None when it is not one of these schemes with a host.

    A name or password in it is refused: addresses are printed, secrets stand in files.
    """
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in schemes or not parts.hostname or "@" in parts.netloc:
        return None
    return Address(parts.scheme, parts.hostname, port or _PORTS[parts.scheme])  # type: ignore[arg-type]


def _judge(data: Mapping[str, Any], fault: Fault) -> None:
    """Addresses, on plain tables, so that faults of form hide nothing."""
    for table, key, schemes in (
        ("broker", "address", ("mqtt", "mqtts")),
        ("influx", "url", ("http", "https")),
        ("webhook", "url", ("http", "https")),
    ):
        place = data.get(table)
        found = place.get(key) if isinstance(place, Mapping) else None
        if isinstance(found, str) and found and address(found, schemes) is None:
            expected = " or ".join(f"{scheme}://HOST:PORT" for scheme in schemes)
            shown = "an address with a name or password" if "@" in found else repr(found)
            fault((table, key), shown, expected)


def parse(text: str, *, file: str) -> HostConfiguration:
    """TOML text to the host's configuration; ``file`` is only the name to show.

    Raises:
        ConfigurationInvalid: with every finding.
    """
    return configuration.parse(text, HostConfiguration, file=file, judge=_judge)
