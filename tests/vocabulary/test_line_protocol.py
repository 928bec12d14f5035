"""Our lines are those of the client library; what the schema does not know never becomes one."""

import math
from collections.abc import Mapping
from typing import Any, Final

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from influxdb_client.client.write.point import Point
from influxdb_client.domain.write_precision import WritePrecision

from vocabulary.line_protocol import PointRefused, render
from vocabulary.measurements import MEASUREMENTS, FieldType
from vocabulary.units import INT64_MAX, INT64_MIN

Value = bool | int | float | str
VALUES: Final[dict[FieldType, st.SearchStrategy[Value]]] = {
    FieldType.INTEGER: st.integers(INT64_MIN, INT64_MAX),
    FieldType.FLOAT: st.floats(allow_nan=False, allow_infinity=False),
    FieldType.BOOLEAN: st.booleans(),
    FieldType.STRING: st.text(max_size=20),
}
times_ms = st.integers(0, 4_102_444_800_000)


@st.composite
def points(draw: st.DrawFn) -> tuple[str, dict[str, str], dict[str, Value]]:
    schema = draw(st.sampled_from(list(MEASUREMENTS.values())))
    tags = draw(
        st.dictionaries(st.sampled_from(schema.tags), st.text(max_size=12))
        if schema.tags
        else st.just({})
    )
    names = draw(st.lists(st.sampled_from(list(schema.fields)), min_size=1, unique=True))
    return schema.name, tags, {name: draw(VALUES[schema.fields[name]]) for name in sorted(names)}


def by_the_library(
    measurement: str, tags: Mapping[str, str], fields: Mapping[str, Value], ts_ms: int
) -> str:
    point: Any = Point(measurement)  # type: ignore[no-untyped-call]
    for name, text in tags.items():
        point.tag(name, text)
    for name, value in fields.items():
        whole = isinstance(value, float) and str(value).endswith(".0")
        # the library writes 1.0 as 1, which InfluxDB reads as the same float; we keep the .0
        point.field(name, math.pi if whole else value)
    line: str = point.time(ts_ms, WritePrecision.MS).to_line_protocol()
    for name, value in fields.items():
        if isinstance(value, float) and str(value).endswith(".0"):
            line = line.replace(f"{name}={math.pi}", f"{name}={value}", 1)
    return line


@given(points(), times_ms)
def test_a_line_is_the_librarys_line(
    point: tuple[str, dict[str, str], dict[str, Value]], ts_ms: int
) -> None:
    measurement, tags, fields = point
    assume(math.pi not in fields.values())
    assert render(measurement, tags, fields, ts_ms) == by_the_library(
        measurement, tags, fields, ts_ms
    )


@given(points(), times_ms)
def test_the_order_of_tags_does_not_matter(
    point: tuple[str, dict[str, str], dict[str, Value]], ts_ms: int
) -> None:
    measurement, tags, fields = point
    backwards = dict(reversed(list(tags.items())))
    assert render(measurement, backwards, fields, ts_ms) == render(measurement, tags, fields, ts_ms)


def test_a_line_as_people_know_it() -> None:
    line = render("wifi_usage", {"site": "s", "ap": "ap-1"}, {"clients": 7, "noise_dbm": -90}, 12)
    assert line == "wifi_usage,ap=ap-1,site=s clients=7i,noise_dbm=-90.0 12"


@pytest.mark.parametrize(
    ("measurement", "tags", "fields", "why"),
    [
        ("nothing", {}, {"clients": 1}, "unknown measurement"),
        ("wifi_usage", {"mac": "x"}, {"clients": 1}, "tag `mac`"),
        ("wifi_usage", {"sensor": "x"}, {"clients": 1}, "tag `sensor`"),
        ("wifi_usage", {}, {}, "no field"),
        ("wifi_usage", {}, {"client": 1}, "field `client`"),
        ("wifi_usage", {}, {"clients": 1.5}, "field `clients`"),
        ("wifi_usage", {}, {"clients": "1"}, "field `clients`"),
        ("wifi_usage", {}, {"rx_bytes": 2**63}, "field `rx_bytes`"),
        ("wifi_usage", {}, {"rx_bytes": -(2**63) - 1}, "field `rx_bytes`"),
        ("wifi_usage", {}, {"noise_dbm": math.nan}, "field `noise_dbm`"),
        ("wifi_usage", {}, {"noise_dbm": -math.inf}, "field `noise_dbm`"),
        ("wifi_check", {}, {"ok": 1}, "field `ok`"),
    ],
)
def test_a_point_outside_the_schema_is_refused(
    measurement: str, tags: dict[str, str], fields: dict[str, Value], why: str
) -> None:
    with pytest.raises(PointRefused, match=why):
        render(measurement, tags, fields, 1)
