"""Forms of text: read, checked, and refused when they could take for ever."""

import math
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.plain_form import (
    Check,
    Form,
    PlainForm,
    PlainReader,
    PlainValue,
    pattern_fault,
    unchecked,
)

PATTERN = r"T:(?P<t>-?\d+\.\d) H:(?P<h>\d+)"
T, H = PlainValue("env/temperature_c", "t"), PlainValue("env/humidity_pct", "h")
READER = PlainReader(PlainForm(Form.PATTERN, (T, H), PATTERN))


def test_a_pattern_reads_the_whole_line() -> None:
    values = [("env/temperature_c", 21.5), ("env/humidity_pct", 48.0)]
    assert READER.read(b"T:21.5 H:48") == values
    for line in (b"T:21.5 H:48 ", b" T:21.5 H:48", b"T:21,5 H:48", b"", b"T:21.5 H:4\xb2"):
        assert READER.read(line) is None


def test_the_checks_of_the_example() -> None:
    assert unchecked(b"T:21.5 H:48*28", Check.XOR) == b"T:21.5 H:48"
    assert unchecked(b"T:21.5 H:48*29", Check.XOR) is None
    assert unchecked(b"T:21.5 H:48*7B11162A", Check.CRC32) == b"T:21.5 H:48"
    assert unchecked(b"T:21.5 H:48*7b11162a", Check.CRC32) == b"T:21.5 H:48"
    assert unchecked(b"T:21.5 H:48", Check.XOR) is None
    assert unchecked(b"T:21.5 H:48*028", Check.XOR) is None
    assert unchecked(b"anything", Check.NONE) == b"anything"


@given(st.binary(max_size=60))
def test_a_check_that_was_made_is_found_right(body: bytes) -> None:
    assert unchecked(body + b"*%08X" % zlib.crc32(body), Check.CRC32) == body


def test_columns_are_counted_from_nought_and_scaled() -> None:
    rows = (PlainValue("env/pressure_hpa", "2", 0.01), PlainValue("env/temperature_c", "0"))
    reader = PlainReader(PlainForm(Form.CSV, rows))
    assert reader.read(b"21.5, 48 ,101325") == [
        ("env/pressure_hpa", pytest.approx(1_013.25)),
        ("env/temperature_c", 21.5),
    ]
    assert reader.read(b"21.5") == [("env/temperature_c", 21.5)]
    assert reader.read(b"x,y,z") is None


def test_json_by_paths() -> None:
    rows = (PlainValue("env/temperature_c", "bme.t"), PlainValue("env/humidity_pct", "bme.h"))
    reader = PlainReader(PlainForm(Form.JSON, rows))
    assert reader.read(b'{"bme":{"t":21.5,"h":"48"}}') == [
        ("env/temperature_c", 21.5),
        ("env/humidity_pct", 48.0),
    ]
    for line in (b"{", b"[" * 250, b'{"bme":{"t":true}}', b'{"bme":{"t":NaN}}', b"12"):
        assert reader.read(line) is None


@pytest.mark.parametrize("text", [b"nan", b"inf", b"1e999", b"0x10", b"1_000", b"", b"--1"])
def test_what_is_no_number(text: bytes) -> None:
    reader = PlainReader(PlainForm(Form.CSV, (PlainValue("env/temperature_c", "0"),)))
    read = reader.read(text)
    assert read is None or math.isfinite(read[0][1])


@pytest.mark.parametrize(
    "pattern",
    [PATTERN, r"(?P<t>[0-9.]+)C;(?P<h>\d{1,3})%", r"\[(?P<t>\d+)\](?: .*)?", r"(?P<a>(?:ab)?\d+)"],
)
def test_patterns_that_may_stand(pattern: str) -> None:
    assert pattern_fault(pattern) is None


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (r"(?P<t>(a+)+)$", "repeat inside"),
        (r"(?P<t>(?:\d+|x)*)", "repeat inside"),
        (r"(?P<t>(\w+\s?){2,})", "repeat inside"),
        (r".*.*.*(?P<t>\d)", "at most"),
        (r"(?P<t>\d+)" + "x*" * 8, "at most"),
        (r"\d+", "named groups"),
        (r"(?P<t>", "regular expression"),
        ("(?P<t>x)" + "y" * 200, "characters"),
    ],
)
def test_patterns_that_may_not(pattern: str, expected: str) -> None:
    assert expected in (pattern_fault(pattern) or "")


@given(st.binary(max_size=256))
def test_no_line_raises(line: bytes) -> None:
    READER.read(line)
    PlainReader(PlainForm(Form.JSON, (T,))).read(line)
