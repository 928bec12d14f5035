"""A city's list: every fault at once with row, column, found and expected."""

from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge import configuration
from ingest.enrol_batch import Surroundings, configuration_of, job_of, read
from ingest.enrol_rows import GatewayRow, GatewayState
from vocabulary.enrolment import Job
from vocabulary.errors import ConfigurationInvalid

GOOD = """\
gateway_id,site_id,district,adapters,access_points
gw-1,library,north,air-1,ap-1 ap-2
gw-2,park,north,,
"""
AROUND = Surroundings("https://e:8443", "mqtts://b:8883", "host1")


def test_a_good_list() -> None:
    one, two = read("\ufeff" + GOOD, file="sites.csv", known={})
    assert (one.gateway_id, one.adapters, one.access_points) == (
        "gw-1",
        ("air-1",),
        ("ap-1", "ap-2"),
    )
    assert two.adapters == ()


def test_all_faults_at_once() -> None:
    bad = GOOD + "gw-1,park,north,,\nGW 3,,north,?,\ngw-4,park\ngw-9,park,north,,\n"
    known = {"gw-9": GatewayRow("gw-9", "park", "north", 1, GatewayState.RETIRED)}
    with pytest.raises(ConfigurationInvalid) as caught:
        read(bad, file="sites.csv", known=known)
    found = [(one.line, one.key) for one in caught.value.findings]
    assert found == [
        (4, "gateway_id"),
        (5, "gateway_id"),
        (5, "site_id"),
        (5, "adapters"),
        (6, "(row)"),
        (6, "district"),
        (7, "gateway_id"),
    ]
    assert "line 2 has not" in str(caught.value)
    assert "retired" in str(caught.value)


@pytest.mark.parametrize(
    "text", ["", "gateway_id\ngw-1\n", GOOD.replace("adapters", "adaptors"), 'a,"b\n', "x\0y"]
)
def test_no_list_at_all(text: str) -> None:
    with pytest.raises(ConfigurationInvalid):
        read(text, file="sites.csv", known={})


def test_a_gateway_named_as_the_host_is_not_taken() -> None:
    with pytest.raises(ConfigurationInvalid, match="rights"):
        read(GOOD.replace("gw-1", "host1"), file="s", known={})


def test_headers_alone() -> None:
    with pytest.raises(ConfigurationInvalid, match="no rows"):
        read("gateway_id,site_id,district\n", file="s", known={})


@given(st.text())
def test_no_text_raises_anything_else(text: str) -> None:
    with suppress(ConfigurationInvalid):
        assert read(text, file="s", known={})


def test_a_job_configures_a_gateway() -> None:
    (row, _two) = read(GOOD, file="sites.csv", known={})
    made = configuration.parse(configuration_of(row, AROUND), file="job")
    assert (made.gateway_id, made.district, made.uplink.broker) == ("gw-1", "north", AROUND.broker)
    raw = job_of(row, AROUND, code="00000000", generation=1, expires_s=5)
    assert msgspec.json.decode(raw, type=Job).access_points == ("ap-1", "ap-2")
