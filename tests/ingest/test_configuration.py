"""The host's file: every fault at once, and the sample in deploy/ says what is so."""

import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import configuration
from ingest.configuration import (
    Address,
    BrokerPlace,
    HostConfiguration,
    InfluxPlace,
    address,
    parse,
)
from vocabulary.errors import ConfigurationInvalid

SAMPLE = Path(__file__).parents[2] / "deploy" / "host.toml"
LEAST = """
inventory = "i.toml"
[broker]
address = "mqtt://b"
[influx]
url = "http://i"
"""


def test_the_least_that_is_needed() -> None:
    assert parse(LEAST, file="host.toml") == HostConfiguration(
        "i.toml", BrokerPlace("mqtt://b"), InfluxPlace("http://i")
    )


def test_the_sample_states_the_defaults() -> None:
    text = SAMPLE.read_text("utf-8")
    made = parse(text, file=str(SAMPLE))
    least = HostConfiguration(
        made.inventory, BrokerPlace(made.broker.address), InfluxPlace(made.influx.url)
    )
    assert made == least
    stated = tomllib.loads(text)
    tables = {field.name for field in msgspec.structs.fields(HostConfiguration)}
    assert set(stated) == tables  # nothing that can be set is left out of the sample


@pytest.mark.parametrize("table", ["broker", "influx", "ledger", "limits", "metrics_page"])
def test_the_sample_names_every_key_of_a_table(table: str) -> None:
    text = SAMPLE.read_text("utf-8")
    kind = type(getattr(parse(text, file="x"), table))
    for field in msgspec.structs.fields(kind):
        assert f"\n{field.name} = " in text or f"\n# {field.name} = " in text, field.name


def test_every_fault_is_named_at_once() -> None:
    text = """
invventory = "i.toml"
host_id = "Not A Slug"
[broker]
address = "http://b"
keepalive_s = 1
[influx]
url = "ftp://i"
database = 5
[limits]
commit_s = 0
[detector]
beat_ms = -1
[metrics_page]
port = 70000
"""
    with pytest.raises(ConfigurationInvalid) as caught:
        parse(text, file="host.toml")
    found = {finding.key: finding for finding in caught.value.findings}
    assert set(found) == {
        "invventory",
        "inventory",
        "host_id",
        "broker.address",
        "broker.keepalive_s",
        "influx.url",
        "influx.database",
        "limits.commit_s",
        "detector.beat_ms",
        "metrics_page.port",
    }
    assert found["broker.address"].line == 5
    assert found["broker.address"].expected == "mqtt://HOST:PORT or mqtts://HOST:PORT"
    assert "inventory" in found["invventory"].expected
    assert all(finding.file == "host.toml" for finding in found.values())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("mqtt://b", Address("mqtt", "b", 1883)),
        ("mqtts://b", Address("mqtts", "b", 8883)),
        ("mqtt://[::1]:77", Address("mqtt", "::1", 77)),
        ("mqtt://10.0.0.1:1/", Address("mqtt", "10.0.0.1", 1)),
        ("http://b", None),
        ("mqtt://", None),
        ("mqtt://b:70000", None),
        ("mqtt://b:x", None),
        ("b:1883", None),
        ("", None),
        ("mqtt://me:secret@b", None),
        ("mqtt://me@b", None),
        ("mqtt://[b", None),
    ],
)
def test_addresses(text: str, found: Address | None) -> None:
    assert address(text, ("mqtt", "mqtts")) == found


@given(st.text(max_size=40))
def test_no_text_breaks_an_address(text: str) -> None:
    for prefix in ("", "mqtt://"):
        made = address(prefix + text, ("mqtt",))
        assert made is None or 0 < made.port <= 65_535


def test_a_secret_in_an_address_is_not_repeated() -> None:
    text = LEAST.replace("http://i", "http://me:s3cret@i")
    with pytest.raises(ConfigurationInvalid) as caught:
        parse(text, file="host.toml")
    assert "s3cret" not in str(caught.value)


@given(st.dictionaries(st.sampled_from(["inventory", "broker", "influx", "x"]), st.integers()))
def test_any_table_ends_in_findings_or_a_configuration(data: dict[str, Any]) -> None:
    text = "\n".join(f"{key} = {value}" for key, value in data.items())
    with pytest.raises(ConfigurationInvalid):
        configuration.parse(text, file="host.toml")
