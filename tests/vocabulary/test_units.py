"""The list of units is closed: every unit in use stands in it."""

from vocabulary import units
from vocabulary.metrics import CATALOGUE


def test_every_unit_of_the_catalogue_is_listed() -> None:
    assert {row.unit for row in CATALOGUE.values()} - {""} <= set(units.SUFFIXES)


def test_conversions_agree() -> None:
    assert units.NS_PER_S == units.NS_PER_MS * units.MS_PER_S
    assert units.S_PER_DAY == 24 * units.S_PER_H == 24 * 60 * units.S_PER_MIN


def test_integer_bounds() -> None:
    assert units.INT64_MAX - units.INT64_MIN == 2**64 - 1
    assert units.INT32_MAX == 2**31 - 1
