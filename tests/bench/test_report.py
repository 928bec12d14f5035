"""The table is aligned, the map is flat and complete."""

import msgspec
import pytest

from bench.figure import Figure
from bench.report import flat_map, shown, table

FIGURES = [
    Figure(name="a.rows", value=1_234_567.0, unit="rows/s", better="higher", beside={"peer": 2.5}),
    Figure(name="a.longer_name_ms", value=0.123456, unit="ms", better="lower"),
]


@pytest.mark.parametrize(
    ("value", "text"),
    [(1_234_567.0, "1,234,567"), (1_234_567.8, "1,234,568"), (0.123456, "0.1235"), (-0.0, "0")],
)
def test_a_number_is_readable(value: float, text: str) -> None:
    assert shown(value) == text


def test_the_table_is_aligned() -> None:
    head, first, second = table(FIGURES).splitlines()
    assert head.split() == ["figure", "value", "unit", "better", "beside"]
    assert (
        first.index("rows/s") == second.index("ms", len("a.longer_name_ms")) == head.index("unit")
    )
    assert first.endswith("peer 2.5")


def test_the_map_is_flat_and_complete() -> None:
    assert msgspec.json.decode(flat_map(FIGURES)) == {
        "a.rows": {
            "value": 1_234_567.0,
            "unit": "rows/s",
            "better": "higher",
            "beside": {"peer": 2.5},
        },
        "a.longer_name_ms": {"value": 0.123456, "unit": "ms", "better": "lower", "beside": {}},
    }


def test_no_figures_make_an_empty_map() -> None:
    assert msgspec.json.decode(flat_map([])) == {}
