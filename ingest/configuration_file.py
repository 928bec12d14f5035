"""The host's files from disk: configuration, the inventory it names, and secrets."""

import tomllib
from pathlib import Path

from ingest import configuration
from ingest.configuration import HostConfiguration, InfluxPlace, WebhookPlace
from ingest.influx_http import InfluxSettings
from ingest.webhook import Webhook
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
    text = _text(Path(path), "a readable file; see --config")
    findings: list[Finding] = []
    made = city = None
    try:
        made = configuration.parse(text, file=path)
    except ConfigurationInvalid as error:
        findings += error.findings
    named = made.inventory if made is not None else _inventory_named_in(text)
    if named is not None:
        place = Path(path).parent / named
        try:
            city = inventory.parse(_text(place, "the inventory's file"), file=str(place))
        except ConfigurationInvalid as error:
            findings += error.findings
    if made is None or city is None:
        raise ConfigurationInvalid(findings)
    return made, city


def _inventory_named_in(text: str) -> str | None:
    """The inventory that a faulty configuration names; None if it does not say."""
    try:
        named = tomllib.loads(text).get("inventory")
    except tomllib.TOMLDecodeError:
        return None
    return named if isinstance(named, str) else None


def webhook_of(place: WebhookPlace) -> Webhook | None:
    """The way to the receiver of notices, its secrets read from their files; None for no url."""
    if not place.url:
        return None
    files = [place.secret_file, *([place.next_secret_file] if place.next_secret_file else [])]
    return Webhook(place.url, [_secret(file) for file in files], ca_file=place.ca_file)


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
