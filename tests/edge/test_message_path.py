"""A path counts and adds up; it never points at one client."""

import jmespath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.message_path import fault


@pytest.mark.parametrize(
    "path",
    [
        "@",
        "ts",
        "radio.rx",
        'radio."2g".rx',
        "a || b",
        "to_number(radio.rx)",
        "abs(radio.noise)",
        "length(stations)",
        "length(keys(clients))",
        "length(stations[?band=='5'])",
        "length(stations[?signal > `-70` && !sleeping])",
        "length(radios[].stations[])",
        "sum(stations[*].rx)",
        "sum(radios.*.rx)",
        "sum(values(radios)[*].rx)",
        "sum([radio.rx, other.rx])",
        "length(stations) || clients",
    ],
)
def test_totals_and_plain_values_may_be_read(path: str) -> None:
    assert fault(path) is None


@pytest.mark.parametrize(
    "path",
    [
        "stations[0].rx",
        "stations[-1].rx",
        "stations[*].rx",
        "stations[0:1].rx",
        "stations[]",
        "stations.*.rx",
        "stations[?name=='anna'].rx | [0]",
        "sum(stations[?name=='anna'].rx)",
        "sum(stations[0:1].rx)",
        "sum(stations[0].rx)",
        "length(stations) || stations[0].rx",
        "length(stations[0].frames)",
        "max_by(stations, &rx).rx",
        "min_by(stations, &rx).rx",
        "max(stations[*].rx)",
        "sort_by(stations, &rx)",
        "join(',', stations[*].name)",
        "values(stations)",
        "map(&rx, stations)",
        "reverse(stations)",
        "sum(map(&rx, stations))",
        "{a: radio.rx}",
        "to_string(@)",
        "not_null(stations[0].rx)",
    ],
)
def test_nothing_reaches_into_a_list(path: str) -> None:
    jmespath.compile(path)
    assert fault(path) == "a plain path, or length(...) or sum(...) around a list"


@pytest.mark.parametrize(
    "path",
    [
        'clients."02:00:5e:00:00:01".rx',
        'clients."02-00-5E-00-00-01".rx',
        "length(stations[?mac=='02005e000001'])",
        "length(stations[?ip=='192.0.2.7'])",
    ],
)
def test_no_path_names_an_address(path: str) -> None:
    assert fault(path) == "a path without anybody's address"


@pytest.mark.parametrize("path", ["", "radio.", "bad[", "length(", "a b", "!" * 5_000 + "a"])
def test_what_is_no_path_says_so(path: str) -> None:
    assert (fault(path) or "").startswith("a JMESPath expression")


@pytest.mark.filterwarnings("ignore:deprecated string literal")
@given(st.text(alphabet="ab.[]()*&|?@'\"`,:0!<=", max_size=30))
def test_any_text_is_judged(path: str) -> None:
    fault(path)
