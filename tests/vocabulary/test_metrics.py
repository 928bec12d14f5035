"""The catalogue keeps its own promises, row by row."""

import math
from typing import Final

import pytest

from vocabulary.metrics import CATALOGUE, Kind, Metric, MetricCode, code_of, in_range
from vocabulary.payload import EMITTED, Datatype
from vocabulary.units import INT32_MAX, INT64_MAX

PERSONAL: Final = ("mac", "hostname", "ssid", "address", "imsi", "user", "ip")
every_row = pytest.mark.parametrize("row", CATALOGUE.values(), ids=lambda row: row.name)


@every_row
def test_the_name_ends_in_its_unit(row: Metric) -> None:
    assert row.name == f"{row.family}/{row.quantity}"
    assert row.unit == "" or row.quantity == row.unit or row.quantity.endswith("_" + row.unit)


@every_row
def test_the_range_fits_the_type(row: Metric) -> None:
    assert row.low < row.high
    if row.datatype is Datatype.INT32:
        assert row.low >= -INT32_MAX
        assert row.high <= INT32_MAX
    elif row.datatype is Datatype.INT64:
        assert row.low >= -INT64_MAX
        assert row.high <= INT64_MAX
    elif row.datatype is Datatype.BOOLEAN:
        assert (row.low, row.high) == (0, 1)


@every_row
def test_a_counter_starts_at_nought(row: Metric) -> None:
    assert row.kind is not Kind.COUNTER or row.low == 0


@every_row
def test_a_value_is_a_number_that_we_know_how_to_send(row: Metric) -> None:
    assert row.datatype in EMITTED
    assert row.datatype not in {Datatype.STRING, Datatype.DATETIME}


@every_row
def test_no_row_has_room_for_a_person(row: Metric) -> None:
    assert not set(row.quantity.split("_")) & set(PERSONAL)


@every_row
def test_the_meaning_is_one_plain_line(row: Metric) -> None:
    assert row.meaning
    assert "\n" not in row.meaning
    assert not row.meaning.endswith(".")


@every_row
def test_the_ends_of_the_range_belong_to_it(row: Metric) -> None:
    assert in_range(row, row.low)
    assert in_range(row, row.high)
    assert not in_range(row, math.nan)
    assert not in_range(row, math.inf)
    assert not in_range(row, -math.inf)


def test_codes_are_dense_and_belong_to_one_metric_each() -> None:
    assert [code_of(name) for name in CATALOGUE] == list(range(len(CATALOGUE)))
    assert [MetricCode(code_of(name)).name for name in CATALOGUE] == list(CATALOGUE)


def test_a_stranger_has_no_code() -> None:
    with pytest.raises(KeyError):
        code_of("wifi/nothing")
