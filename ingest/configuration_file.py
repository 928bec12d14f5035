"""The host's files from disk: configuration, the inventory it names, and secrets."""

from pathlib import Path

from ingest import configuration
from ingest.configuration import HostConfiguration, InfluxPlace
from ingest.influx_http import InfluxSettings
from vocabulary import inventory
from vocabulary.errors import ConfigurationInvalid, Finding


def _text(path: Path, what: str) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        found = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ConfigurationInvalid([Finding(str(path), 0, "(file)", found, what)]) from None


def _secret(path: str) -> str:
    return _text(Path(path), "a readable file with the secret").strip() if path else ""


def read(path: str) -> tuple[HostConfiguration, inventory.Inventory]:
    """The configuration and the inventory it names; faults of both are raised together."""
    made = configuration.parse(_text(Path(path), "a readable file; see --config"), file=path)
    place = Path(path).parent / made.inventory
    return made, inventory.parse(_text(place, "the inventory's file"), file=str(place))


def influx_settings(place: InfluxPlace) -> InfluxSettings:
    """The connection's settings, secrets read from their files."""
    return InfluxSettings(
        place.url,
        database=place.database,
        retention_policy=place.retention_policy,
        username=place.username,
        password=_secret(place.password_file),
        org=place.org,
        bucket=place.bucket,
        token=_secret(place.token_file),
        create_database=place.create_database,
        ca_file=place.ca_file,
        timeout_s=place.timeout_s,
    )
