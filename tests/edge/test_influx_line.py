"""Line protocol read as InfluxDB reads it: examples, and a foreign parser as the judge."""

import math
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from line_protocol_parser import LineFormatError, parse_line

from edge.influx_line import Place, Point, lines, place, point


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("m f=1", Point("m", {}, {"f": 1.0}, None)),
        ("m,a=b f=1i 17", Point("m", {"a": "b"}, {"f": 1}, 17)),
        ("m f=18446744073709551615u", Point("m", {}, {"f": 2**64 - 1}, None)),
        ("m f=-9223372036854775808i", Point("m", {}, {"f": -(2**63)}, None)),
        ("m f=t,g=FALSE", Point("m", {}, {"f": True, "g": False}, None)),
        ("m f=-1.5e3 -5", Point("m", {}, {"f": -1500.0}, -5)),
        (r"m\ x,a\,b=c\=d f\ g=1", Point("m x", {"a,b": "c=d"}, {"f g": 1.0}, None)),
        (r'm s="a \" b, c=d",f=2 9', Point("m", {}, {"f": 2.0}, 9)),
        ('m s="who"', Point("m", {}, {}, None)),
        ("  m f=1", Point("m", {}, {"f": 1.0}, None)),
    ],
)
def test_what_is_a_point(text: str, expected: Point) -> None:
    assert point(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "m",
        "m ",
        "m f",
        "m f=",
        "m f=1 x",
        "m f=1i5",
        "m f=9223372036854775808i",
        "m f=18446744073709551616u",
        "m f=-1u",
        "m f=nan",
        "m f=inf",
        "m f=1e",
        "m f=0x10",
        "m f=1,",
        "m,a f=1",
        "m,a= f=1",
        "m,a=b,a=c f=1",
        ",a=b f=1",
        'm f="open',
        'm f="a"b',
        "m f=1 1.5",
        "m f=1 99999999999999999999",
        "# a comment f=1",
    ],
)
def test_what_is_none(text: str) -> None:
    assert point(text) is None


def test_a_bad_line_costs_none_after_it() -> None:
    text = 'm f=1\nm f="open\r\n\n# note\nm f=2\r\n'
    assert [point(line) is not None for line in lines(text)] == [True, False, True]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("net bytes_recv", Place("net", {}, "bytes_recv")),
        ("net,interface=wlan0 rx", Place("net", {"interface": "wlan0"}, "rx")),
        (r"a\ b c\ d", Place("a b", {}, "c d")),
        ("net", None),
        ("net a b", None),
        ("net,interface rx", None),
        ("", None),
        ("net f=1", None),
    ],
)
def test_where_a_value_stands(text: str, expected: Place | None) -> None:
    assert place(text) == expected


def test_a_place_asks_for_its_tags_and_lets_others_be() -> None:
    wanted = Place("net", {"interface": "wlan0"}, "rx")
    assert wanted.of(Point("net", {"interface": "wlan0", "host": "x"}, {}, None))
    assert not wanted.of(Point("net", {"interface": "eth0"}, {}, None))
    assert not wanted.of(Point("cpu", {"interface": "wlan0"}, {}, None))


PLAIN = st.text(st.sampled_from("abcXYZ019_-. ,="), min_size=1, max_size=8)


def _escaped(text: str) -> str:
    return text.replace(",", "\\,").replace("=", "\\=").replace(" ", "\\ ")


NUMBER = st.one_of(
    st.integers(-(2**63), 2**63 - 1).map(lambda one: (f"{one}i", one)),
    st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False).map(
        lambda one: (repr(one), one)
    ),
    st.booleans().map(lambda one: (str(one).lower(), one)),
)


@given(
    st.dictionaries(PLAIN, PLAIN, max_size=3),
    st.dictionaries(PLAIN, NUMBER, min_size=1, max_size=3),
    st.none() | st.integers(0, 2**62),
)
def test_what_we_read_of_a_good_line_is_what_the_judge_reads(
    tags: dict[str, str], fields: dict[str, tuple[str, float]], time: int | None
) -> None:
    head = "".join(f",{_escaped(key)}={_escaped(value)}" for key, value in tags.items())
    tail = ",".join(f"{_escaped(key)}={text}" for key, (text, _value) in fields.items())
    text = f"m{head} {tail}" + ("" if time is None else f" {time}")
    read = point(text)
    assert read is not None
    judged = parse_line(text)
    assert judged is not None
    assert read.tags == judged["tags"] == tags
    assert read.time == judged["time"]
    assert set(read.fields) == set(judged["fields"]) == set(fields)
    for key, (_text, value) in fields.items():
        assert math.isclose(float(read.fields[key]), float(value))
        assert math.isclose(float(judged["fields"][key]), float(value))


@given(st.text(st.sampled_from('abm,= \\"\t019.iuteEnf+-#'), max_size=30))
def test_whatever_we_take_the_judge_takes_too(text: str) -> None:
    """Stricter than the judge is allowed, laxer is not."""
    read = point(text)
    if read is None or any(0 < abs(one) < sys.float_info.min for one in read.fields.values()):
        return  # the judge refuses numbers this near to 0; to us they are 0 or next to it
    try:
        judged = parse_line(text)
    except LineFormatError as refused:
        raise AssertionError(text) from refused
    assert judged is not None


@given(st.text(max_size=60))
def test_no_text_hurts(text: str) -> None:
    for line in lines(text):
        point(line)
    place(text)
