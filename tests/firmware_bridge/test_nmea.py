"""NMEA: the examples, what is no fix, what is no position, and readers of other people."""

import pynmea2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pynmeagps import NMEAReader

from firmware_bridge.events import Event, Reason, Refused, Sample
from firmware_bridge.nmea import FIX, HDOP, LAT, LON, SATELLITES, Nmea
from simulators.nmea_board import sentence
from vocabulary.units import NS_PER_S

RMC = "GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W"
GGA = "GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,"
SOUTH = "GPRMC,111309.00,A,5400.6000,N,00247.1000,W,00.00,302.5,140915,,,A"
LOST = "GPRMC,194812.00,V,,,,,,,290317,,,N"


def read(*bodies: str) -> list[Event]:
    return Nmea(0).receive(b"".join(map(sentence, bodies)), NS_PER_S)


def only(body: str) -> dict[str, float]:
    (event,) = read(body)
    assert isinstance(event, Sample), event
    return dict(event.values)


def test_the_examples() -> None:
    assert only(RMC) == {LAT: pytest.approx(48.1173), LON: pytest.approx(11.516667)}
    assert only(GGA) == {
        LAT: pytest.approx(48.1173),
        LON: pytest.approx(11.516667),
        FIX: 1,
        HDOP: 0.9,
        SATELLITES: 8,
    }
    assert only(SOUTH) == {LAT: pytest.approx(54.01), LON: pytest.approx(-2.785)}


def test_the_sums_of_the_examples_are_those_that_were_published() -> None:
    sums = {sentence(body)[-4:-2] for body in (RMC, GGA, SOUTH, LOST)}
    assert sums == {b"6A", b"47", b"4C", b"74"}
    wrong = sentence(SOUTH).replace(b"*4C", b"*4D")
    sensor = Nmea(0)
    assert sensor.receive(wrong, 0) == []  # told when the run of garbage ends
    assert sensor.counters.crc_errors == 1


def test_no_fix_is_no_position() -> None:
    (refused,) = read(LOST)
    assert isinstance(refused, Refused)
    assert refused.reason is Reason.NO_FIX
    fix, refused = read("GPGGA,155835.00,,,,,0,03,5.63,,,,,,")
    assert fix == Sample(((FIX, 0.0),), fix.mono_ns if isinstance(fix, Sample) else 0)
    assert isinstance(refused, Refused)


@pytest.mark.parametrize("mode", ["E", "M", "S", "N"])
def test_a_mode_that_is_no_measurement(mode: str) -> None:
    (refused,) = read(SOUTH[:-1] + mode)
    assert refused.reason is Reason.NO_FIX  # type: ignore[union-attr]


@pytest.mark.parametrize("quality", ["6", "7", "8", "9", "12"])
def test_a_quality_that_is_no_measurement(quality: str) -> None:
    (refused,) = read(GGA.replace(",1,08", f",{quality},08"))
    assert refused.reason is Reason.NO_FIX  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("123519", "123561"),
        ("123519", "243519"),
        ("123519", "1235"),
        ("4807.038,N", "4860.038,N"),
        ("4807.038,N", "4807.038,E"),
        ("4807.038,N", "480733.038,N"),  # two equal bytes inserted: the sum does not see them
        ("230394", "310294"),
        ("230394", "2303"),
    ],
)
def test_a_field_that_is_not_of_its_form_is_refused(old: str, new: str) -> None:
    body = RMC.replace(old, new)
    (refused,) = read(body)
    assert isinstance(refused, Refused)
    assert refused.reason is Reason.INCONSISTENT


@pytest.mark.parametrize("lat", ["9100.000", "9959.999"])
def test_no_such_latitude(lat: str) -> None:
    sample, refused = read(RMC.replace("4807.038", lat))
    assert isinstance(sample, Sample)
    assert dict(sample.values) == {LON: pytest.approx(11.516667)}
    assert refused.reason is Reason.OUT_OF_RANGE  # type: ignore[union-attr]


def test_second_60_and_the_pivot_of_years_are_legal() -> None:
    assert only(RMC.replace("123519", "235960"))
    assert only(RMC.replace("230394", "290200"))  # 2000 was a leap year
    assert isinstance(read(RMC.replace("230394", "290281"))[0], Refused)  # 1981 was none


def test_empty_fields_are_no_value() -> None:
    assert only(GGA.replace(",08,0.9,", ",,,")) == {
        LAT: pytest.approx(48.1173),
        LON: pytest.approx(11.516667),
        FIX: 1,
    }


def test_one_position_a_second_not_two() -> None:
    assert len(read(GGA, RMC, GGA, RMC)) == 2
    sensor = Nmea(0)
    sensor.receive(sentence(GGA), NS_PER_S)
    assert sensor.receive(sentence(RMC), 2 * NS_PER_S) == []
    assert len(sensor.receive(sentence(RMC), 9 * NS_PER_S)) == 1  # no GGA any more


def test_other_sentences_are_a_sign_of_life() -> None:
    sensor = Nmea(0)
    assert sensor.receive(sentence("GPGSV,2,2,06,24,30,152,25,29,,,28"), 5) == []
    assert (sensor.counters.unknown_messages, sensor.heard_ns) == (1, 5)


@given(st.integers(0, 89), st.integers(0, 179), st.floats(0, 59.9999), st.booleans(), st.booleans())
def test_two_other_readers_see_the_same_place(
    lat: int, lon: int, minutes: float, south: bool, west: bool
) -> None:
    north, east = f"{lat:02d}{minutes:07.4f}", f"{lon:03d}{minutes:07.4f}"
    if "60.0000" in north:
        return
    body = f"GPGGA,123519.00,{north},{'NS'[south]},{east},{'EW'[west]},1,08,0.9,545.4,M,46.9,M,,"
    ours = only(body)
    theirs = pynmea2.parse(sentence(body).decode("ascii").strip())
    assert ours[LAT] == pytest.approx(theirs.latitude, abs=1e-7)
    assert ours[LON] == pytest.approx(theirs.longitude, abs=1e-7)
    third = NMEAReader.parse(sentence(body))
    assert ours[LAT] == pytest.approx(third.lat, abs=1e-7)
    assert ours[LON] == pytest.approx(third.lon, abs=1e-7)
