"""Every metric has one place in the database, with one type, under few tags."""

from typing import Final

import pytest

from vocabulary.measurements import (
    MEASUREMENTS,
    RETENTION_D,
    TAG_MEANINGS,
    TAGS,
    FieldType,
    Measurement,
    Store,
    database_of,
    place_of,
)
from vocabulary.metrics import CATALOGUE
from vocabulary.payload import Datatype

TYPE_OF: Final = {
    Datatype.INT32: FieldType.INTEGER,
    Datatype.INT64: FieldType.INTEGER,
    Datatype.DOUBLE: FieldType.FLOAT,
    Datatype.BOOLEAN: FieldType.BOOLEAN,
}
every_measurement = pytest.mark.parametrize(
    "measurement", MEASUREMENTS.values(), ids=lambda row: row.name
)


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_metric_is_stored_with_its_type(name: str) -> None:
    place = place_of(name)
    assert MEASUREMENTS[place.measurement].fields[place.field] is TYPE_OF[CATALOGUE[name].datatype]


def test_no_two_metrics_share_a_place() -> None:
    places = [place_of(name) for name in CATALOGUE]
    assert len(set(places)) == len(places)


def test_a_stranger_has_no_place() -> None:
    with pytest.raises(KeyError):
        place_of("wifi/nothing")


@every_measurement
def test_tags_are_few_known_and_sorted(measurement: Measurement) -> None:
    assert set(measurement.tags) <= set(TAGS)
    assert list(measurement.tags) == sorted(measurement.tags)


@every_measurement
def test_a_name_is_either_tag_or_field(measurement: Measurement) -> None:
    assert not set(measurement.tags) & set(measurement.fields)
    assert measurement.fields


@every_measurement
def test_names_need_no_escaping(measurement: Measurement) -> None:
    for name in (measurement.name, *measurement.tags, *measurement.fields):
        assert name.replace("_", "").isalnum()
        assert name == name.lower()
        assert name != "time"  # InfluxDB keeps this word for itself


@every_measurement
def test_text_is_stored_only_where_we_write_it_ourselves(measurement: Measurement) -> None:
    texts = {name for name, kind in measurement.fields.items() if kind is FieldType.STRING}
    ours = {"cause", "alt_cause", "incident", "state", "status", "service", "reason"}
    of_the_inventory = {"name", "kind", "node", "place"}
    assert texts <= ours | of_the_inventory | {"agent_version", "doctor_worst"}


def test_a_store_is_a_database_of_its_own() -> None:
    names = [database_of("lamplighter", store) for store in Store]
    assert names == ["lamplighter", "lamplighter_usage", "lamplighter_hours"]


def test_stores_forget_as_promised() -> None:
    assert RETENTION_D == {Store.RAW: 35, Store.USAGE: 761, Store.HOURS: 1_827}


def test_a_tag_is_bounded_and_explained() -> None:
    assert all(TAG_MEANINGS.values())
    assert set(TAG_MEANINGS) == TAGS
    assert not set(TAGS) & {"mac", "ip", "firmware", "hostname", "owner", "session", "ssid"}
