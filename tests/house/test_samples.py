"""The sample files of ``deploy/`` are read by the code they are for, and describe one system."""

from typing import Final

from edge import configuration as gateway_words
from ingest import configuration as host_words
from tests.house.tree import HOUSE
from vocabulary import inventory

DEPLOY: Final = HOUSE / "deploy"


def text_of(name: str) -> str:
    return (DEPLOY / name).read_text("utf-8")


def test_every_sample_is_tried() -> None:
    assert {path.name for path in DEPLOY.glob("*.toml")} == {
        "gateway-formats.toml",
        "gateway.toml",
        "host.toml",
        "inventory.toml",
    }


def test_the_inventory_is_a_city() -> None:
    city = inventory.parse(text_of("inventory.toml"), file="inventory.toml")
    assert city.site
    assert city.gateway
    assert city.access_point


def test_the_gateway_of_the_sample_is_in_the_inventory() -> None:
    made = gateway_words.parse(text_of("gateway.toml"), file="gateway.toml")
    city = inventory.parse(text_of("inventory.toml"), file="inventory.toml")
    (gateway,) = [row for row in city.gateway if row.gateway_id == made.gateway_id]
    assert gateway.district == made.district
    listed = {row.ap_id for row in city.access_point if row.gateway_id == made.gateway_id}
    assert {row.ap_id for row in made.source} == listed
    wired = {row.sensor_id for row in city.sensor if row.gateway_id == made.gateway_id}
    assert {row.sensor_id for row in made.serial} == wired


def test_the_host_and_the_gateway_mean_the_same_host() -> None:
    host = host_words.parse(text_of("host.toml"), file="host.toml")
    gateway = gateway_words.parse(text_of("gateway.toml"), file="gateway.toml")
    assert host.host_id == gateway.uplink.host_id


def test_every_line_of_a_sample_is_explained() -> None:
    for path in DEPLOY.glob("*.toml"):
        comments = [line for line in path.read_text("utf-8").splitlines() if "#" in line]
        assert len(comments) >= 10, path.name


def test_the_sample_of_formats_shows_every_format() -> None:
    made = gateway_words.parse(text_of("gateway-formats.toml"), file="gateway-formats.toml")
    shown = {source.format for source in made.source}
    assert shown == {"json", "plain", "collectd", "influx", "sparkplug"}
