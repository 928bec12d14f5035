"""Every row of ours says what it is for, and nothing twice."""

from vocabulary.measurement_rows import OWN
from vocabulary.measurement_words import FieldType, OwnRow, Store


def test_no_two_rows_share_a_name() -> None:
    assert len({row.name for row in OWN}) == len(OWN)


def test_no_column_is_there_twice() -> None:
    for row in OWN:
        assert len({column.name for column in row.columns}) == len(row.columns), row.name


def test_everything_has_a_meaning() -> None:
    for row in OWN:
        assert row.meaning
        assert all(column.meaning for column in row.columns), row.name


def test_a_unit_is_in_the_name_where_the_name_has_room() -> None:
    bound = {"ms", "s", "bytes", "pct", "nats", "h", "d", "min"}
    for row in OWN:
        for column in row.columns:
            last = column.name.rsplit("_", 1)[-1]
            if last in bound and column.name.rsplit("_", 1)[0] not in ("w_saidi_low", ""):
                assert column.unit == last, (row.name, column)


def test_usage_is_kept_no_longer_than_promised() -> None:
    def is_usage(row: OwnRow) -> bool:
        return row.name.startswith("usage")

    assert {row.store for row in OWN if is_usage(row)} == {Store.USAGE}
    assert FieldType.STRING not in {c.kind for row in OWN if is_usage(row) for c in row.columns}
