"""Rollups add up: what is listed is up, down or unobserved, each with its column."""

from vocabulary.measurement_words import Store
from vocabulary.rollup_rows import ROLLUPS


def test_no_rollup_is_raw() -> None:
    assert all(row.store is not Store.RAW for row in ROLLUPS)


def test_service_has_every_part_of_its_whole() -> None:
    for row in ROLLUPS:
        if row.name.startswith("service_") and row.name.endswith("hour"):
            names = {column.name for column in row.columns}
            assert names >= {"listed_ms", "up_ms", "down_ms", "unobserved_ms", "maintenance_ms"}


def test_no_rollup_has_text() -> None:
    assert all(column.kind != "string" for row in ROLLUPS for column in row.columns)
