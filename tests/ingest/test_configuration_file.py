"""The host's files: what is read from disk, and what a person is told when it cannot be."""

from pathlib import Path

import pytest

from ingest.configuration import InfluxPlace
from ingest.configuration_file import influx_settings, read
from vocabulary.errors import ConfigurationInvalid

EXAMPLE = "an-example"
INVENTORY = """
[[area]]
area_id = "north"
name = "North"
"""
HOST = """
inventory = "city.toml"
[broker]
address = "mqtt://127.0.0.1"
[influx]
url = "http://127.0.0.1:8086"
"""


def test_the_inventory_stands_beside_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "host.toml").write_text(HOST)
    (tmp_path / "city.toml").write_text(INVENTORY)
    made, city = read(str(tmp_path / "host.toml"))
    assert made.inventory == "city.toml"
    assert city.area[0].name == "North"


@pytest.mark.parametrize("name", ["host.toml", "city.toml"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "host.toml").write_text(HOST)
    (tmp_path / "city.toml").write_text(INVENTORY)
    (tmp_path / name).unlink()
    with pytest.raises(ConfigurationInvalid, match=f"{name}.*No such file"):
        read(str(tmp_path / "host.toml"))


def test_secrets_come_from_files_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{EXAMPLE}\n")
    place = InfluxPlace("http://127.0.0.1", token_file=str(tmp_path / "token"))
    settings = influx_settings(place)
    assert settings.token == EXAMPLE
    assert EXAMPLE not in repr(settings)


def test_a_missing_secret_names_its_file(tmp_path: Path) -> None:
    place = InfluxPlace("http://127.0.0.1", password_file=str(tmp_path / "absent"))
    with pytest.raises(ConfigurationInvalid, match="absent"):
        influx_settings(place)
