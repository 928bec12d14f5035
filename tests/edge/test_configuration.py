"""A gateway's file: the sample loads, and every fault is named at once with its line."""

import tomllib
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.configuration import (
    Beat,
    BrokerAddress,
    GatewayConfiguration,
    LocalBroker,
    MetricsPage,
    Reconnect,
    SpoolPlace,
    Uplink,
    broker_address,
    parse,
)
from edge.errors import AddressRefused
from vocabulary.errors import ConfigurationInvalid, Finding

SAMPLE = Path(__file__).parents[2] / "deploy" / "gateway.toml"
LEAST = """\
gateway_id = "gw-one"
district = "north"

[uplink]
broker = "mqtt://broker.example"
"""
SOURCE = """
[[source]]
ap_id = "ap-one"
topic = "ap/ap-one/status"
metrics = [{ name = "wifi/clients", path = "length(stations)" }]
"""


def findings(text: str) -> list[Finding]:
    with pytest.raises(ConfigurationInvalid) as caught:
        parse(text, file="gateway.toml")
    return caught.value.findings


def only(text: str) -> tuple[int, str]:
    """Line and key of the one fault there is."""
    (finding,) = findings(text)
    return finding.line, finding.key


def test_the_least_file_is_enough() -> None:
    made = parse(LEAST, file="gateway.toml")
    assert made == GatewayConfiguration("gw-one", "north", Uplink("mqtt://broker.example"))


def test_the_sample_states_the_defaults() -> None:
    text = SAMPLE.read_text("utf-8")
    made = parse(text, file="gateway.toml")
    assert made.uplink == Uplink(made.uplink.broker)
    assert made.beat == Beat()
    assert made.spool == SpoolPlace()
    assert made.local == LocalBroker()
    assert made.metrics_page == MetricsPage()
    assert made.source
    assert made.serial


def test_the_sample_names_every_key_there_is() -> None:
    data = tomllib.loads(SAMPLE.read_text("utf-8"))

    def missing(kind: type[msgspec.Struct], table: dict[str, Any]) -> set[str]:
        return {field.encode_name for field in msgspec.structs.fields(kind)} - set(table)

    assert missing(GatewayConfiguration, data) == set()
    assert missing(Uplink, data["uplink"]) == set()
    assert missing(Reconnect, data["uplink"]["reconnect"]) == set()
    for name, kind in (("beat", Beat), ("spool", SpoolPlace), ("metrics_page", MetricsPage)):
        assert missing(kind, data[name]) == set()


def test_every_fault_of_form_and_of_relation_is_named_at_once() -> None:
    text = """\
gateway_id = "GW One"

[uplink]
broker = "tcp://nowhere"
keepalive_s = 1
bogus = 3

[beat]
gateway_s = "often"

[[source]]
ap_id = "ap-one"
topic = "ap/one"
metrics = [{ name = "wifi/nothing", path = "x" }]

[[source]]
ap_id = "ap-one"
topic = "ap/one"
metrics = [{ name = "wifi/clients", path = "stations[0].x" }]

[[serial]]
sensor_id = "ap-one"
port = "/dev/a"
protocol = "morse"
"""
    found = {(one.line, one.key) for one in findings(text)}
    assert found == {
        (0, "district"),
        (1, "gateway_id"),
        (4, "uplink.broker"),
        (5, "uplink.keepalive_s"),
        (6, "uplink.bogus"),
        (9, "beat.gateway_s"),
        (14, "source[0].metrics"),
        (18, "source[1].topic"),
        (19, "source[1].metrics"),
        (22, "serial[0].sensor_id"),
        (24, "serial[0].protocol"),
    }


@pytest.mark.parametrize(
    "path",
    [
        "stations[0].rx",
        "stations[*].rx",
        "length(stations) || stations[0].rx",
        "max_by(stations, &rx).rx",
        'clients."02:00:5e:00:00:01".rx',
        "bad[",
        "",
    ],
)
def test_a_path_that_reaches_one_client_is_refused(path: str) -> None:
    written = path.replace('"', '\\"')
    text = LEAST + SOURCE.replace("length(stations)", written)
    assert only(text) == (10, "source[0].metrics")


def test_so_is_a_bad_path_to_the_time() -> None:
    assert only(LEAST + SOURCE + 'time = { path = "stations[0].ts" }\n') == (11, "source[0].time")
    assert only(LEAST + SOURCE + 'time = { path = "bad[" }\n') == (11, "source[0].time")


@pytest.mark.parametrize("name", ["wifi/ok", "wifi/seq", "air/co2_ppm", "wifi/mac", "clients", ""])
def test_only_what_an_access_point_can_report_may_be_taken(name: str) -> None:
    assert only(LEAST + SOURCE.replace("wifi/clients", name)) == (10, "source[0].metrics")


def test_a_name_stands_once_in_a_source() -> None:
    doubled = '{ name = "wifi/clients", path = "a" }, { name = "wifi/clients", path = "b" }'
    text = LEAST + SOURCE.replace('{ name = "wifi/clients", path = "length(stations)" }', doubled)
    assert only(text) == (10, "source[0].metrics")


@pytest.mark.parametrize("topic", ["ap/+/status", "ap/#", "#", "a#b", "ap/\\u0000"])
def test_a_topic_is_one_topic(topic: str) -> None:
    """A wildcard would read strangers, and a torn one would stop the client library."""
    assert only(LEAST + SOURCE.replace("ap/ap-one/status", topic)) == (9, "source[0].topic")


@pytest.mark.parametrize(
    ("text", "key"),
    [("sensor_id = 'a'\nport = '/b'", "sensor_id"), ("sensor_id = 'b'\nport = '/a'", "port")],
)
def test_a_port_and_a_sensor_stand_once(text: str, key: str) -> None:
    first = "[[serial]]\nsensor_id = 'a'\nport = '/a'\n"
    assert only(f"{LEAST}{first}[[serial]]\n{text}\n")[1] == f"serial[1].{key}"


@pytest.mark.parametrize(
    ("text", "host", "port", "tls"),
    [
        ("mqtt://broker.example", "broker.example", 1883, False),
        ("mqtt://broker.example:1", "broker.example", 1, False),
        ("mqtts://broker.example", "broker.example", 8883, True),
        ("mqtt://[::1]:1884", "::1", 1884, False),
    ],
)
def test_a_broker_address(text: str, host: str, port: int, *, tls: bool) -> None:
    assert broker_address(text) == BrokerAddress(host, port, tls)


@pytest.mark.parametrize(
    "text",
    ["", "broker.example", "http://b", "mqtt://", "mqtt://b:99999", "mqtt://b:x", "mqtt://[::1"],
)
def test_an_address_that_is_none(text: str) -> None:
    with pytest.raises(AddressRefused, match="mqtt://HOST"):
        broker_address(text)


@given(st.text(max_size=40))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    with suppress(AddressRefused):
        assert 0 < broker_address(text).port < 65_536


@given(st.text(max_size=200))
def test_any_file_is_read_or_refused(text: str) -> None:
    with pytest.raises(ConfigurationInvalid):
        parse(text, file="gateway.toml")
